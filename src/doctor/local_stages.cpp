// SPDX-License-Identifier: Apache-2.0
// Stages that need no network: manifest, settings, certificates, storage.
#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/read_file.h"
#include "crypto/trust_list.h"
#include "doctor/stages.h"
#include "doctor/texts.h"
#include "store/backup.h"
#include "store/database.h"

namespace kvc::doctor {
namespace {

namespace fs = std::filesystem;
using Poco::JSON::Object;

constexpr std::size_t kMaxManifest = 1024 * 1024;
constexpr std::size_t kMaxJsonDepth = 32;

Finding found(Health health, std::string outcome, std::string detail = {}) {
  Finding finding;
  finding.health = health;
  finding.outcome = std::move(outcome);
  finding.detail = std::move(detail);
  return finding;
}

bool issued_by(const crypto::Certificate& certificate, const crypto::Certificate& issuer) {
  EVP_PKEY* key = X509_get0_pubkey(issuer.native());
  const bool right =
      key != nullptr &&
      X509_NAME_cmp(X509_get_issuer_name(certificate.native()), X509_get_subject_name(issuer.native())) == 0 &&
      X509_verify(certificate.native(), key) == 1;
  ERR_clear_error();
  return right;
}

/// The worse of two findings wins, of two warnings the one about what is over already; the sentences of both stay.
void raise(Finding& finding, Health health, const std::string& outcome) {
  const bool worse_kind = outcome == "certificates.expired" && finding.outcome == "certificates.expiring";
  if (health > finding.health || worse_kind) {
    finding.health = health;
    finding.outcome = outcome;
  }
}

void note_end(Finding& finding, const crypto::Certificate& certificate, const std::string& file_list, TimePoint now) {
  const auto left = certificate.not_after() - now;
  const auto days = std::chrono::duration_cast<std::chrono::hours>(left).count() / 24;
  finding.facts.emplace_back(file_list + " " + certificate.subject(), std::to_string(days) + " d");
  if (left <= TimePoint::duration::zero()) {
    raise(finding, Health::warning, "certificates.expired");
    finding.findings.push_back(certificate.subject() + ": " + std::to_string(days) + " d");
  } else if (left < kCaNotice) {
    raise(finding, Health::warning, "certificates.expiring");
    finding.findings.push_back(certificate.subject() + ": " + std::to_string(days) + " d");
  }
}

/// Writes and removes a file: permissions alone do not tell of read-only mounts and quotas.
bool writable(const fs::path& directory, Env& env) {
  const fs::path file = directory / (".kvconnect-doctor-" + new_uuid(env));
  std::ofstream out(file, std::ios::binary);
  out << std::string(4096, ' ');
  out.close();
  const bool written = out.good();
  std::error_code ignored;
  fs::remove(file, ignored);
  return written;
}

const char* storage_outcome(const Status& status) {
  if (status.is(error::storage_too_new)) {
    return "storage.too_new";
  }
  if (status.is(error::storage_corrupt)) {
    return "storage.corrupt";
  }
  if (status.is(error::storage_busy)) {
    return "storage.busy";
  }
  if (status.is(error::storage_unreachable)) {
    return "storage.unreachable";
  }
  if (status.is(error::invalid_settings)) {
    return "storage.refused";
  }
  return status.is(error::storage_full) ? "storage.full" : "storage.failed";
}

/// Whether there is something to open. An empty file is none: opening it would make a database of it. With backups the
/// opening refuses a file that is gone or empty, so what it says is heard.
bool worth_opening(Finding& finding, const std::string& file, bool english) {
  std::error_code failure;
  const bool exists = fs::exists(file, failure);
  if (failure) {
    return true;
  }
  if (exists && (!fs::is_regular_file(file, failure) || fs::file_size(file, failure) > 0 || failure)) {
    if (::faccessat(AT_FDCWD, file.c_str(), R_OK | W_OK, AT_EACCESS) != 0 && errno == EACCES) {
      finding.findings.push_back(file_sentence("file.not_permitted", {{"file", file}}, english));
    }
    return true;
  }
  const auto backups = store::backups_of(file);
  if (!backups.empty()) {
    finding.findings.push_back(file_sentence(exists ? "file.emptied" : "file.gone",
                                             {{"file", file}, {"backup", backups.front().file}}, english));
    return true;
  }
  if (finding.health == Health::good) {
    finding.outcome = "storage.new";
  }
  if (exists) {
    raise(finding, Health::warning, "storage.new");
    finding.findings.push_back(file_sentence("file.empty", {{"file", file}}, english));
  }
  return false;
}

void open_database(Finding& finding, const settings::Settings& settings, const std::string& directory, bool english,
                   Env& env, Log& log) {
  const auto file = store::database_file(settings.storage_dsn, directory);
  if (file && !worth_opening(finding, *file, english)) {
    return;
  }
  const auto database = store::Database::open(settings.storage_dsn, directory, env, log);
  if (!database.ok()) {
    const Status status = database.status();
    finding.health = status.is(error::storage_busy) ? Health::warning : Health::bad;
    finding.outcome = storage_outcome(status);
    finding.detail = status.to_string();
    return;
  }
  finding.facts.emplace_back("schema_version", std::to_string((*database)->schema_version()));
}

}  // namespace

Finding examine_manifest(const std::string& file) {
  std::error_code failure;
  std::ifstream in(file, std::ios::binary);
  if (!fs::is_regular_file(file, failure) || !in) {
    return found(Health::bad, "manifest.unreadable", "no readable file");
  }
  const std::string text = read_at_most(in, kMaxManifest);
  if (text.size() > kMaxManifest) {
    return found(Health::bad, "manifest.malformed", "larger than any manifest");
  }
  try {
    Poco::JSON::Parser parser;
    parser.setDepth(kMaxJsonDepth);
    const auto root = parser.parse(text).extract<Object::Ptr>();
    Finding finding = found(Health::good, "manifest.good");
    for (const char* key : {"id", "version"}) {
      if (!root->has(key) || !root->get(key).isString()) {
        return found(Health::bad, "manifest.malformed", std::string("without ") + key);
      }
      finding.facts.emplace_back(key, root->getValue<std::string>(key));
    }
    return finding;
  } catch (const Poco::Exception&) {
    return found(Health::bad, "manifest.malformed", "no JSON object");
  }
}

Finding examine_settings(const settings::Loaded& loaded, bool english) {
  Finding finding = found(Health::good, "settings.good");
  for (const settings::Problem& problem : loaded.problems) {
    finding.findings.push_back(sentence(problem, english));
  }
  if (!loaded.ok()) {
    finding.health = Health::bad;
    finding.outcome = "settings.bad";
  } else if (!loaded.problems.empty()) {
    finding.health = Health::warning;
    finding.outcome = "settings.warning";
  } else if (loaded.settings.environments.empty()) {
    finding.health = Health::warning;
    finding.outcome = "settings.empty";
  }
  finding.facts.emplace_back("environments", std::to_string(loaded.settings.environments.size()));
  return finding;
}

Finding examine_certificates(const settings::Environment& environment, TimePoint now) {
  const auto trust = crypto::TrustList::load(environment.message_roots, environment.user_cas);
  if (!trust.ok()) {
    return found(Health::bad, "certificates.unreadable", trust.status().to_string());
  }
  Finding finding = found(Health::good, "certificates.good");
  for (const crypto::Certificate& root : trust->roots) {
    note_end(finding, root, "message_roots", now);
  }
  for (const crypto::Certificate& ca : trust->user_cas) {
    note_end(finding, ca, "user_cas", now);
    const bool chained = std::any_of(trust->roots.begin(), trust->roots.end(),
                                     [&](const crypto::Certificate& root) { return issued_by(ca, root); });
    if (!chained) {
      raise(finding, Health::bad, "certificates.no_chain");
      finding.findings.push_back(ca.subject());
    }
  }
  return finding;
}

Finding examine_storage(const settings::Settings& settings, const std::string& directory, bool english, Env& env,
                        Log& log) {
  std::error_code failure;
  if (!fs::is_directory(directory, failure)) {
    return found(Health::bad, "storage.no_directory");
  }
  const fs::space_info space = fs::space(directory, failure);
  Finding finding = found(Health::good, "storage.good");
  if (!failure && space.capacity > 0) {  // some network file systems tell nothing
    finding.facts.emplace_back("free_mib", std::to_string(space.available / (1024 * 1024)));
    if (space.available < kNoSpace) {
      raise(finding, Health::bad, "storage.full");
      return finding;
    }
    if (space.available < kLowSpace) {
      raise(finding, Health::warning, "storage.low_space");
    }
  }
  if (!writable(directory, env)) {
    raise(finding, Health::bad, "storage.not_writable");
    return finding;
  }
  open_database(finding, settings, directory, english, env, log);
  return finding;
}

}  // namespace kvc::doctor
