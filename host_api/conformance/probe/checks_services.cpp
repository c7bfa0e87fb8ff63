// SPDX-License-Identifier: Apache-2.0
// Every service, with good arguments, wrong ones and hostile ones. On a thread of the probe's own.
#include <array>
#include <filesystem>

#include "wire.h"

namespace probe {

namespace fs = std::filesystem;
namespace v1 = pvs::v1;

namespace {

const std::string kHostile = "../../etc/passwd\x1b[2J\r\n\u202e' OR 1=1 --%n";

/// Another user than this one; empty for a practice of one.
std::string other_user(Wire& wire, const std::string& user_id, bool unlocked) {
  v1::UserListReply users;
  wire.ask(v1::METHOD_HOST_USER_LIST, v1::UserListRequest(), users);
  for (const v1::User& user : users.users()) {
    if (user.user_id() != user_id && user.session_unlocked() == unlocked) {
      return user.user_id();
    }
  }
  return {};
}

void check_users(Wire& wire, const v1::Context& context) {
  Results& results = wire.results;
  v1::UserCurrentRequest request;
  request.set_session_id(context.session_id());
  v1::UserCurrentReply reply;
  const pvs_status status = wire.ask(v1::METHOD_HOST_USER_CURRENT, request, reply);
  results.expect("user.current", status == PVS_OK && reply.current().user().user_id() == context.user_id(),
                 "not the user of the context: " + told(status, reply.error()));
  results.expect("user.current_complete",
                 !reply.current().user().display_name().empty() && !reply.current().practice().practice_id().empty() &&
                     !reply.current().locale().empty() && !reply.current().time_zone().empty(),
                 "name, practice, locale or time zone is empty");
  results.expect("user.current_unlocked", reply.current().user().session_unlocked(),
                 "the session of the user who started this is said to be locked");
  bool numbers = reply.current().practice().sites_size() > 0;
  for (const v1::PracticeSite& site : reply.current().practice().sites()) {
    numbers = numbers && site.bsnr().size() == 9 && site.kv_code().size() == 2;
  }
  results.expect("user.sites", numbers, "the practice has no site, or one without BSNR and KV");
  request.set_session_id(kHostile);
  v1::UserCurrentReply unknown;
  wire.ask(v1::METHOD_HOST_USER_CURRENT, request, unknown);
  results.expect("user.unknown_session", !unknown.has_current(), "an unknown session has a user");
  v1::UserListReply users;
  wire.ask(v1::METHOD_HOST_USER_LIST, v1::UserListRequest(), users);
  bool listed = false;
  for (const v1::User& user : users.users()) {
    listed = listed || user.user_id() == context.user_id();
  }
  results.expect("user.list", listed, "the list of users does not have the current one");
}

void check_patient(Wire& wire, const v1::Context& context) {
  v1::PatientCurrentRequest request;
  request.set_session_id(context.session_id());
  v1::PatientCurrentReply reply;
  const pvs_status status = wire.ask(v1::METHOD_HOST_PATIENT_CURRENT, request, reply);
  wire.results.expect(
      "patient.current",
      status == PVS_OK &&
          (context.patient_id().empty() ? !reply.has_patient() : reply.patient().patient_id() == context.patient_id()),
      "not the patient of the context: " + told(status, reply.error()));
  request.set_session_id(kHostile);
  v1::PatientCurrentReply unknown;
  wire.ask(v1::METHOD_HOST_PATIENT_CURRENT, request, unknown);
  wire.results.expect("patient.unknown_session", !unknown.has_patient(), "an unknown session has a patient");
}

void check_storage(Wire& wire, const v1::Context& context) {
  v1::DirectoriesRequest request;
  request.set_user_id(context.user_id());
  v1::DirectoriesReply reply;
  const pvs_status status = wire.ask(v1::METHOD_HOST_STORAGE_DIRECTORIES, request, reply);
  const auto& found = reply.directories();
  wire.results.expect("storage.directories",
                      status == PVS_OK && !found.data().empty() && !found.cache().empty() && !found.user().empty(),
                      told(status, reply.error()));
  for (const std::string& path : {found.data(), found.cache(), found.user()}) {
    std::error_code error;
    wire.results.expect("storage.exist", fs::path(path).is_absolute() && fs::is_directory(path, error),
                        "a directory is not there, or its path is relative");
    const auto others = fs::perms::group_all | fs::perms::others_all;
    wire.results.expect("storage.private", (fs::status(path, error).permissions() & others) == fs::perms::none,
                        "other users of the machine may look into a directory");
  }
  wire.results.expect("storage.distinct",
                      found.data() != found.cache() && found.data() != found.user() && found.cache() != found.user(),
                      "two directories are the same");
  request.set_user_id(kHostile);
  v1::DirectoriesReply unknown;
  wire.ask(v1::METHOD_HOST_STORAGE_DIRECTORIES, request, unknown);
  wire.results.expect("storage.unknown_user", !unknown.has_directories() || unknown.directories().user().empty(),
                      "an unknown user has a directory");
}

void check_notifications(Wire& wire, const v1::Context& context) {
  v1::NotifyRequest note;
  note.set_notification_id("probe");
  note.add_user_ids(context.user_id());
  note.set_severity(v1::SEVERITY_INFO);
  note.set_title("Prüfung läuft");
  note.set_text("Eine Mitteilung des Prüf-Plugins.");
  note.set_command_id("probe.report");
  v1::NotifyReply reply;
  const auto tell = [&](const char* name) {
    reply.Clear();
    const pvs_status status = wire.ask(v1::METHOD_HOST_NOTIFY, note, reply);
    wire.results.expect(name, status == PVS_OK && !reply.has_error(), told(status, reply.error()));
  };
  tell("notify.show");
  tell("notify.replace");
  note.set_withdraw(true);
  tell("notify.withdraw");
  tell("notify.withdraw_again");
  v1::OpenUrlRequest url;
  for (const char* bad : {"file:///etc/passwd", "javascript:alert(1)", "", "vnd.program:run", " https://x"}) {
    url.set_url(bad);
    v1::OpenUrlReply opened;
    const pvs_status status = wire.ask(v1::METHOD_HOST_OPEN_URL, url, opened);
    wire.results.expect("open_url.only_pages", status != PVS_OK || opened.has_error(),
                        "an address that is no page is opened");
  }
}

void check_audit(Wire& wire, const v1::Context& context) {
  v1::AuditRequest entry;
  entry.set_user_id(context.user_id());
  entry.set_event("probe.tested");
  entry.set_object(kHostile);
  entry.set_success(true);
  v1::Param& detail = *entry.add_details();
  detail.set_name("zeile\nzwei");
  detail.set_value("künstlich");
  v1::AuditReply reply;
  const pvs_status status = wire.ask(v1::METHOD_HOST_AUDIT, entry, reply);
  wire.results.expect("audit.write", status == PVS_OK && !reply.has_error(), told(status, reply.error()));
}

}  // namespace

void check_services(Wire& wire, const v1::Context& context) {
  wire.results.expect("worker.is_main", wire.host->is_main(wire.ctx) == 0, "a thread of the plugin is said to be main");
  check_users(wire, context);
  check_patient(wire, context);
  check_storage(wire, context);
  check_notifications(wire, context);
  check_audit(wire, context);
}

// ---- key custody ----

namespace {

bool seal(Wire& wire, const std::string& user, const std::string& plain, const std::string& purpose, std::string& out,
          std::string& why) {
  v1::KeySealRequest request;
  request.set_user_id(user);
  request.mutable_plaintext()->set_value(plain);
  request.set_associated_data(purpose);
  v1::KeySealReply reply;
  const pvs_status status = wire.ask(v1::METHOD_HOST_KEY_SEAL, request, reply);
  why = told(status, reply.error());
  out = reply.sealed();
  return status == PVS_OK && !reply.has_error();
}

bool unseal(Wire& wire, const std::string& user, const std::string& sealed, const std::string& purpose,
            std::string& out) {
  v1::KeyUnsealRequest request;
  request.set_user_id(user);
  request.set_sealed(sealed);
  request.set_associated_data(purpose);
  v1::KeyUnsealReply reply;
  const pvs_status status = wire.ask(v1::METHOD_HOST_KEY_UNSEAL, request, reply);
  out = reply.plaintext().value();
  return status == PVS_OK && reply.has_plaintext();
}

void check_other_users(Wire& wire, const v1::Context& context, const std::string& sealed) {
  Results& results = wire.results;
  std::string out;
  std::string why;
  std::string for_other;
  const std::string locked = other_user(wire, context.user_id(), false);
  if (locked.empty()) {
    results.skip("keys.locked_user", "es gibt keinen anderen Benutzer, der abgemeldet ist");
  } else {
    results.expect("keys.seal_for_locked", seal(wire, locked, "Konto", "probe", for_other, why), why);
    results.expect("keys.locked_user", !unseal(wire, locked, for_other, "probe", out),
                   "opens for a user whose session is locked");
    results.expect("keys.other_user", !unseal(wire, context.user_id(), for_other, "probe", out),
                   "what was sealed for one user opens for another");
  }
  const std::string unlocked = other_user(wire, context.user_id(), true);
  if (unlocked.empty()) {
    results.skip("keys.other_unlocked_user", "es gibt keinen anderen Benutzer, der angemeldet ist");
  } else {
    results.expect("keys.other_unlocked_user", !unseal(wire, unlocked, sealed, "probe", out),
                   "what was sealed for one user opens for another who is logged in");
  }
  for (const std::string& nobody : {std::string(), std::string("no-such-user"), kHostile, std::string(100000, 'u')}) {
    results.expect("keys.unknown_user",
                   !seal(wire, nobody, "x", "probe", out, why) && !unseal(wire, nobody, sealed, "probe", out),
                   "seals or opens for a user who does not exist");
  }
}

}  // namespace

void check_keys(Wire& wire, const v1::Context& context) {
  Results& results = wire.results;
  std::string secret = "künstliches Geheimnis";
  secret.push_back('\0');
  secret.append("\xff\x01", 2);
  std::string sealed;
  std::string again;
  std::string why;
  std::string out;
  const std::string& user = context.user_id();
  if (!seal(wire, user, secret, "probe", sealed, why)) {
    return results.add("keys.seal", Results::Outcome::fail, why);
  }
  results.expect("keys.seal", sealed.size() > secret.size() && sealed.find("Geheimnis") == std::string::npos,
                 "the sealed bytes show what is in them");
  results.expect("keys.unseal", unseal(wire, user, sealed, "probe", out) && out == secret,
                 "what was sealed does not come back");
  results.expect("keys.fresh", seal(wire, user, secret, "probe", again, why) && again != sealed,
                 "sealing twice gives the same bytes");
  results.expect("keys.purpose", !unseal(wire, user, sealed, "other", out) && !unseal(wire, user, sealed, "", out),
                 "opens under another purpose (associated_data)");
  bool altered = true;
  for (std::size_t at = 0; at < sealed.size(); at += std::max<std::size_t>(1, sealed.size() / 16)) {
    std::string changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    altered = altered && !unseal(wire, user, changed, "probe", out);
  }
  results.expect("keys.altered", altered, "bytes that were changed still open");
  bool cut = true;
  for (std::size_t size = 0; size < sealed.size(); size += std::max<std::size_t>(1, sealed.size() / 16)) {
    cut = cut && !unseal(wire, user, sealed.substr(0, size), "probe", out);
  }
  results.expect("keys.truncated", cut && !unseal(wire, user, sealed + "x", "probe", out),
                 "bytes that were cut or made longer still open");
  const std::string large(1000000, 'g');
  results.expect(
      "keys.large",
      seal(wire, user, large, "probe", again, why) && unseal(wire, user, again, "probe", out) && out == large,
      "a megabyte does not go round: " + why);
  results.expect("keys.empty",
                 seal(wire, user, "", "", again, why) && unseal(wire, user, again, "", out) && out.empty(),
                 "an empty secret does not go round: " + why);
  v1::KeyPublicRequest request;
  request.set_user_id(user);
  v1::KeyPublicReply key;
  const pvs_status status = wire.ask(v1::METHOD_HOST_KEY_PUBLIC, request, key);
  results.expect(
      "keys.public",
      status == PVS_OK && key.subject_public_key_info().size() > 30 && key.subject_public_key_info().front() == '\x30',
      "no SubjectPublicKeyInfo in DER: " + told(status, key.error()));
  check_other_users(wire, context, sealed);
}

}  // namespace probe
