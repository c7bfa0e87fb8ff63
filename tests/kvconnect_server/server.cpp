// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/server.h"

#include <Poco/Exception.h>

#include <stdexcept>

#include "kvconnect_server/accounts.h"
#include "kvconnect_server/certificates.h"
#include "kvconnect_server/faults.h"
#include "kvconnect_server/file_lock.h"
#include "kvconnect_server/http.h"
#include "kvconnect_server/mailbox.h"
#include "kvconnect_server/rest.h"
#include "kvconnect_server/robots.h"
#include "kvconnect_server/storage.h"

namespace kvserver {

// In the order of their dependence: destruction runs backwards, so the network stops first.
struct Server::Parts {
  explicit Parts(const Options& o)
      : lock(o.data_dir / "lock", false, "the server cannot start: another one uses this data directory"),
        pki(o.ca_dir.empty() ? o.data_dir / "ca" : o.ca_dir, o.ca_bits),
        storage(o.data_dir),
        accounts(storage, o.mail_domain),
        mails(storage),
        desk(storage, accounts, pki, o.csr_step.count()),
        robots(accounts, mails, desk, pki, storage, {o.data_dir / "robots", o.data_dir, o.mail_domain, o.log}),
        service(storage, accounts, mails, desk,
                {o.mail_domain, o.data_dir, o.max_mail_bytes, [this] { robots.wake(); }}),
        http(service, faults, o.log) {}

  FileLock lock;
  Pki pki;
  Storage storage;
  AccountStore accounts;
  MailStore mails;
  CertificateDesk desk;
  FaultPlan faults;
  Robots robots;
  RestService service;
  HttpFrontend http;
};

Server::Server(Options options) : options_(std::move(options)) {}

Server::~Server() {
  stop();
}

void Server::start() {
  if (parts_) {
    return;
  }
  try {
    std::filesystem::create_directories(options_.data_dir);
    std::filesystem::permissions(options_.data_dir, std::filesystem::perms::owner_all);
    auto parts = std::make_unique<Parts>(options_);
    parts->storage.clock_offset_ms = std::chrono::milliseconds(options_.clock_offset).count();
    if (!options_.accounts_file.empty()) {
      parts->accounts.apply(parse_accounts(read_file(options_.accounts_file)));
    }
    if (!options_.accounts_json.empty()) {
      parts->accounts.apply(parse_accounts(options_.accounts_json));
    }
    if (!options_.faults_file.empty()) {
      parts->faults.follow(options_.faults_file);
    }
    if (options_.robots) {
      parts->robots.start();
    }
    parts->http.start(options_.port, parts->pki.server_chain_file(), parts->pki.server_key_file());
    parts_ = std::move(parts);
  } catch (const Poco::Exception& e) {
    throw std::runtime_error("the server cannot start: " + e.displayText());
  }
}

void Server::stop() {
  if (!parts_) {
    return;
  }
  parts_->http.stop();
  parts_->robots.stop();
  parts_.reset();
}

std::uint16_t Server::port() const {
  return parts_ ? parts_->http.port() : std::uint16_t{0};
}

std::string Server::base_url() const {
  return "https://localhost:" + std::to_string(port()) + "/kvconnect/rest/";
}

CaFiles Server::ca_files() const {
  if (!parts_) {
    throw std::runtime_error("the server does not run");
  }
  return parts_->pki.files();
}

void Server::apply_accounts(std::string_view json) {
  if (!parts_) {
    throw std::runtime_error("the server does not run");
  }
  parts_->accounts.apply(parse_accounts(json));
  parts_->robots.wake();
}

void Server::set_locked(std::string_view username, bool locked) {
  if (parts_) {
    parts_->accounts.set_locked(username, locked);
  }
}

void Server::set_faults(std::string_view json) {
  if (parts_) {
    parts_->faults.load(json);
  }
}

std::string Server::reload_faults() {
  return parts_ ? parts_->faults.refresh(true) : std::string();
}

void Server::set_clock_offset(std::chrono::seconds offset) {
  options_.clock_offset = offset;
  if (parts_) {
    parts_->storage.clock_offset_ms = std::chrono::milliseconds(offset).count();
  }
}

std::size_t Server::mailbox_size(std::string_view username) const {
  if (!parts_) {
    return 0;
  }
  const std::optional<Account> account = parts_->accounts.by_username(username);
  return account ? parts_->mails.message_ids(account->uid).size() : 0;
}

std::vector<RobotEvent> Server::robot_events() const {
  return parts_ ? parts_->robots.events() : std::vector<RobotEvent>();
}

bool Server::wait_for_robots(std::chrono::milliseconds timeout) const {
  return !parts_ || !options_.robots || parts_->robots.wait_until_idle(timeout);
}

}  // namespace kvserver
