// SPDX-License-Identifier: Apache-2.0
// Stages that ask the server: reachability and TLS, clock, login.
#include "doctor/stages.h"
#include "kvconnect/client.h"
#include "kvconnect/probe.h"

namespace kvc::doctor {
namespace {

struct Outcome {
  const ErrorCode* code;
  const char* outcome;
};

constexpr Outcome kServerOutcomes[] = {
    {&error::timeout, "server.timeout"},
    {&error::connection_lost, "server.lost"},
    {&error::tls_not_trusted, "server.not_trusted"},
    {&error::tls_wrong_host, "server.wrong_host"},
    {&error::tls_expired, "server.expired"},
    {&error::tls_failed, "server.no_tls"},
    {&error::bad_answer, "server.no_kvconnect"},
    {&error::not_found, "server.no_kvconnect"},
    {&error::too_large, "server.no_kvconnect"},
    {&error::server_error, "server.error"},
    {&error::server_busy, "server.error"},
    {&error::cancelled, "skipped.cancelled"},
};

constexpr Outcome kLoginOutcomes[] = {
    {&error::wrong_credentials, "login.wrong_credentials"},
    {&error::account_locked, "login.locked"},
    {&error::forbidden, "login.forbidden"},
    {&error::cancelled, "skipped.cancelled"},
};

template <std::size_t N>
std::string outcome_of(const Outcome (&table)[N], const Status& status, const char* otherwise) {
  for (const Outcome& one : table) {
    if (status.is(*one.code)) {
      return one.outcome;
    }
  }
  return otherwise;
}

std::string param(const Status& status, const std::string& name) {
  for (const auto& [key, value] : status.params()) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

Finding failed(const Status& status, std::string outcome) {
  Finding finding;
  finding.health = status.is(error::cancelled) ? Health::skipped : Health::bad;
  finding.outcome = std::move(outcome);
  finding.detail = status.detail();
  for (const auto& [name, value] : status.params()) {
    finding.facts.emplace_back(name, value);
  }
  return finding;
}

kvconnect::ServerConfig config_of(const settings::Environment& environment) {
  kvconnect::ServerConfig config;
  config.base_url = environment.base_url;
  config.tls_roots = environment.tls_roots;
  config.use_system_roots = environment.use_system_tls_roots;
  config.max_attempts = 1;  // a diagnosis shows the first failure, it does not wait it out
  return config;
}

void note_certificate(Finding& finding, const crypto::Certificate& certificate, TimePoint now) {
  const auto left = certificate.not_after() - now;
  finding.facts.emplace_back("certificate", kvconnect::describe(certificate));
  finding.facts.emplace_back("certificate_days_left",
                             std::to_string(std::chrono::duration_cast<std::chrono::hours>(left).count() / 24));
  if (left < kServerCertificateNotice) {
    finding.health = Health::warning;
    finding.outcome = "server.expiring";
  }
}

}  // namespace

Finding examine_server(const settings::Environment& environment, Env& env, const Cancel& cancel,
                       std::optional<std::chrono::seconds>& skew) {
  const auto seen = kvconnect::probe(config_of(environment), cancel);
  if (!seen.ok()) {
    const Status status = seen.status();
    if (status.is(error::unreachable)) {
      return failed(status, param(status, "reason") == "name" ? "server.unknown_name" : "server.unreachable");
    }
    return failed(status, outcome_of(kServerOutcomes, status, "server.failed"));
  }
  Finding finding;
  finding.outcome = "server.good";
  finding.facts = {{"address", seen->address},
                   {"version", seen->version},
                   {"tls", seen->tls.protocol},
                   {"cipher", seen->tls.cipher},
                   {"milliseconds", std::to_string(seen->duration.count())}};
  if (seen->tls.certificate) {
    note_certificate(finding, *seen->tls.certificate, env.now());
  }
  if (seen->date) {
    skew = std::chrono::duration_cast<std::chrono::seconds>(*seen->date - env.now());
  }
  return finding;
}

Finding examine_clock(std::optional<std::chrono::seconds> skew) {
  Finding finding;
  if (!skew) {
    finding.health = Health::warning;
    finding.outcome = "clock.unknown";
    return finding;
  }
  const bool skewed = *skew > kClockTolerance || *skew < -kClockTolerance;
  finding.health = skewed ? Health::warning : Health::good;
  finding.outcome = skewed ? "clock.skewed" : "clock.good";
  finding.facts.emplace_back("server_minus_local_seconds", std::to_string(skew->count()));
  return finding;
}

Finding examine_login(const settings::Environment& environment, const transport::Credentials& credentials, Env& env,
                      Log& log, const Cancel& cancel) {
  const auto client = kvconnect::Client::create(config_of(environment), env, log);
  if (!client.ok()) {
    return failed(client.status(), "login.failed");
  }
  const auto account = (*client)->login(credentials, cancel);
  if (!account.ok()) {
    return failed(account.status(), outcome_of(kLoginOutcomes, account.status(), "login.failed"));
  }
  Finding finding;
  finding.health = account->password_change_needed ? Health::warning : Health::good;
  finding.outcome = account->password_change_needed ? "login.password_change_needed" : "login.good";
  finding.facts.emplace_back("email", account->email);
  return finding;
}

}  // namespace kvc::doctor
