// SPDX-License-Identifier: Apache-2.0
#include "unit/account/world.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "account/sql.h"
#include "crypto/aead.h"

namespace kvc::testing {

using kvconnect::AccountInfo;
using kvconnect::Credentials;

bool FakeEnv::sleep(Millis duration, const std::atomic<bool>& cancelled) {
  if (on_sleep) {
    on_sleep();
  }
  now_ += duration;
  return cancelled.load();
}

const char* name(Fault::Kind kind) {
  static constexpr const char* kNames[] = {"none",        "write_refused",   "death_before", "death_after",
                                           "call_unsent", "call_unanswered", "answer_lost"};
  return kNames[static_cast<int>(kind)];
}

Status FaultyDatabase::write(const std::function<Status(Poco::Data::Session&)>& work) {
  const Status broken(error::storage_failed, "the test's disk is gone");
  const std::lock_guard lock(Fault::mutex);
  if (fault_.dead) {
    return broken;
  }
  const bool now = ++fault_.writes == fault_.at;
  if (now && fault_.kind == Fault::Kind::write_refused) {
    return broken;
  }
  if (now && fault_.kind == Fault::Kind::death_before) {
    fault_.dead = true;
    return broken;
  }
  const Status done = real_->write(work);
  if (now && fault_.kind == Fault::Kind::death_after) {
    fault_.dead = true;
    return broken;
  }
  return done;
}

// ---- server ----

template <class Work>
auto FakeServer::call(const char* name, Work&& work) -> decltype(work()) {
  const Status lost(error::connection_lost, "the test's network is gone");
  const std::lock_guard lock(Fault::mutex);
  if (fault_.dead) {
    return lost;
  }
  const bool now = ++fault_.calls == fault_.at;
  if (now && fault_.kind == Fault::Kind::call_unsent) {
    fault_.dead = true;
    return lost;
  }
  calls.emplace_back(name);
  if (const auto hook = on_call) {
    hook(name);
  }
  if (auto& waiting = refusals[name]; !waiting.empty()) {
    const Status refusal = waiting.front();
    waiting.erase(waiting.begin());
    if (!refusal.ok()) {
      return refusal;
    }
  }
  if (const auto before = before_call.extract(name)) {
    before.mapped()();
  }
  auto answer = work();
  if (now && fault_.kind == Fault::Kind::call_unanswered) {
    fault_.dead = true;
    return lost;
  }
  if (now && fault_.kind == Fault::Kind::answer_lost) {
    return lost;
  }
  return answer;
}

void FakeServer::add_account(const std::string& username, const std::string& password) {
  ServerAccount& added = state.accounts[username];
  added.password = password;
  added.uid = "uid-" + username;
  added.email = username + "@kv-safenet.de";
}

Result<ServerAccount*> FakeServer::authenticate(const Credentials& credentials, bool before_change) {
  const auto found = state.accounts.find(credentials.username);
  if (found == state.accounts.end()) {
    return Status(error::wrong_credentials, "no such user");
  }
  ServerAccount& account = found->second;
  if (account.locked) {
    return Status(error::account_locked, "locked");
  }
  if (account.password != credentials.password.reveal()) {
    ++failed_logins;
    account.locked = ++account.wrong_logins >= kMaxWrongLogins;
    return Status(error::wrong_credentials, "wrong password");
  }
  account.wrong_logins = 0;
  if (account.change_needed && !before_change) {
    return Status(error::password_change_needed, "change the password first");
  }
  return &account;
}

Result<AccountInfo> FakeServer::login(const Credentials& credentials, const Cancel&) {
  return call("login", [&]() -> Result<AccountInfo> {
    KVC_ASSIGN(const ServerAccount* account, authenticate(credentials, true));
    return AccountInfo{account->uid, account->email, "2026-01-02T03:04:05+01:00", account->change_needed};
  });
}

Result<AccountInfo> FakeServer::account(const Credentials& credentials, std::string_view, const Cancel& cancel) {
  return login(credentials, cancel);
}

Status FakeServer::change_password(const Credentials& old, std::string_view, const Secret& new_password,
                                   const Cancel&) {
  return call("change_password", [&]() -> Status {
    KVC_ASSIGN(ServerAccount * account, authenticate(old, true));
    if (new_password.empty()) {
      return {error::password_empty, "empty"};
    }
    if (account->password == new_password.reveal()) {
      return {error::password_rules, "the same as before"};
    }
    account->password = std::string(new_password.reveal());
    account->change_needed = false;
    return {};
  });
}

std::string FakeServer::issue(EVP_PKEY* key, const ServerAccount& account) {
  const kvserver::KeyPtr other = issue_for_other_key ? kvserver::make_rsa_key(2048) : nullptr;
  kvserver::UserSubject subject;
  subject.email = issue_for_email.empty() ? account.email : issue_for_email;
  subject.uid = "00000000-0000-4000-8000-000000000000@99";
  subject.cn = "Test Praxis";
  subject.o = "Nur ein Test";
  const auto now = std::chrono::system_clock::to_time_t(env_.now());
  return kvserver::to_pem(pki_.issue_user(other ? other.get() : key, subject, foreign_ca, now, certificate_days).get());
}

Result<std::string> FakeServer::post_csr(const Credentials& credentials, std::string_view csr_pem, const Cancel&) {
  return call("post_csr", [&]() -> Result<std::string> {
    KVC_ASSIGN(ServerAccount * account, authenticate(credentials, false));
    ++state.csr_posts;
    kvserver::KeyPtr key;
    if (kvserver::check_csr(csr_pem, credentials.username, key) != kvserver::CsrFault::kNone) {
      return Status(error::csr_rejected, "bad request");
    }
    account->certificate.reset();
    if (!account->newest_csr.empty() && account->csrs[account->newest_csr].front() < 900) {
      account->csrs[account->newest_csr] = {901};
    }
    const std::string id = "csr-" + std::to_string(++state.csr_count);
    account->csrs[id] = csr_script;
    account->newest_csr = id;
    account->csr_certificate = issue(key.get(), *account);
    return id;
  });
}

Result<std::vector<kvconnect::CsrStatusEntry>> FakeServer::csr_status(const Credentials& credentials,
                                                                      std::string_view id, const Cancel&) {
  return call("csr_status", [&]() -> Result<std::vector<kvconnect::CsrStatusEntry>> {
    KVC_ASSIGN(ServerAccount * account, authenticate(credentials, false));
    const auto found = account->csrs.find(std::string(id));
    if (found == account->csrs.end()) {
      return Status(error::not_found, "no such request");
    }
    const int present = found->second.front();
    if (found->second.size() > 1) {
      found->second.erase(found->second.begin());
    }
    if (present == 999 && id == account->newest_csr) {
      account->certificate = account->csr_certificate;
    }
    return std::vector<kvconnect::CsrStatusEntry>{{present, "2026-01-02T03:04:05+01:00"}};
  });
}

Result<crypto::Certificate> FakeServer::certificate_by_uid(const Credentials& credentials, std::string_view uid,
                                                           const Cancel&) {
  return call("certificate_by_uid", [&]() -> Result<crypto::Certificate> {
    KVC_TRY(authenticate(credentials, false).status());
    for (const auto& [username, account] : state.accounts) {
      if (account.uid == uid && account.certificate) {
        if (certificate_hidden > 0) {
          --certificate_hidden;
          break;
        }
        return crypto::Certificate::from_pem(*account.certificate);
      }
    }
    return Status(error::no_certificate, "none");
  });
}

Status FakeServer::delete_certificate(const Credentials& credentials, std::string_view, const Cancel&) {
  return call("delete_certificate", [&]() -> Status {
    KVC_ASSIGN(ServerAccount * account, authenticate(credentials, false));
    if (!account->certificate) {
      return {error::no_certificate, "none"};
    }
    account->certificate.reset();
    return {};
  });
}

Result<bool> FakeServer::address_book(BookFormat, std::string_view, std::string&, std::ostream&, const Cancel&) {
  return Status(error::not_found, "this server has no address book");
}

namespace {

// The value of a clear header field; folded lines are not needed for what the tests send.
std::string header_value(const std::string& raw, const std::string& field) {
  const std::size_t end = raw.find("\r\n\r\n");
  const std::size_t at = ("\r\n" + raw.substr(0, end)).find("\r\n" + field + ": ");
  if (at == std::string::npos) {
    return {};
  }
  const std::size_t begin = at + field.size() + 2;
  std::string value = raw.substr(begin, raw.find("\r\n", begin) - begin);
  if (!value.empty() && value.front() == '<') {
    value = value.substr(1, value.find('>') - 1);
  }
  return value;
}

}  // namespace

Result<std::vector<transport::WaitingMail>> FakeServer::list(const Credentials& credentials, std::string_view,
                                                             std::size_t limit, const Cancel&) {
  return call("list", [&]() -> Result<std::vector<transport::WaitingMail>> {
    KVC_ASSIGN(const ServerAccount* account, authenticate(credentials, false));
    largest_list = std::max(largest_list, limit);
    std::vector<transport::WaitingMail> mails;
    for (const auto& [id, raw] : account->mails) {
      if (mails.size() < limit) {
        mails.push_back({id, header_value(raw, "From"), header_value(raw, "To"), header_value(raw, "Subject"),
                         header_value(raw, "Date"), header_value(raw, "X-KVC-Dienstkennung"),
                         header_value(raw, "In-Reply-To")});
      }
    }
    return mails;
  });
}

Status FakeServer::fetch(const Credentials& credentials, std::string_view, std::string_view message_id,
                         std::ostream& out, const Cancel& cancel) {
  if (cancel.requested()) {
    return {error::cancelled, "cancelled before a fetch"};
  }
  return call("fetch", [&]() -> Status {
    KVC_ASSIGN(const ServerAccount* account, authenticate(credentials, false));
    for (const auto& [id, raw] : account->mails) {
      if (id != message_id) {
        continue;
      }
      if (const auto broken = broken_mails.find(id); broken != broken_mails.end()) {
        return broken->second;
      }
      if (truncate_fetch_of == id) {
        truncate_fetch_of.clear();
        out << raw.substr(0, raw.size() / 2);
        return {error::connection_lost, "broke off"};
      }
      out << raw;
      return out ? Status() : Status(error::file_unwritable, "the received bytes cannot be written");
    }
    return {error::not_found, "no such mail"};
  });
}

Status FakeServer::remove(const Credentials& credentials, std::string_view, std::string_view message_id,
                          const Cancel& cancel) {
  if (cancel.requested()) {
    return {error::cancelled, "cancelled before a deletion"};
  }
  return call("remove", [&]() -> Status {
    KVC_ASSIGN(ServerAccount * account, authenticate(credentials, false));
    std::erase_if(account->mails, [&](const auto& mail) { return mail.first == message_id; });
    return {};
  });
}

Status FakeServer::submit(const Credentials& credentials, std::istream& mail, std::uint64_t size, const Cancel&) {
  return call("submit", [&]() -> Status {
    KVC_ASSIGN(const ServerAccount* sender, authenticate(credentials, false));
    std::string raw(static_cast<std::size_t>(size), '\0');
    mail.read(raw.data(), static_cast<std::streamsize>(size));
    if (mail.gcount() != static_cast<std::streamsize>(size)) {
      return {error::file_unreadable, "shorter than announced"};
    }
    const std::string id = header_value(raw, "Message-ID");
    if (id.empty()) {
      return {error::mail_rejected, "no Message-ID"};
    }
    if (!state.accepted.insert(id).second) {
      return {};  // 409
    }
    if (!crypto::same_address(header_value(raw, "From"), sender->email)) {
      return {error::forbidden, "From is another's"};
    }
    for (auto& [username, account] : state.accounts) {
      if (crypto::same_address(account.email, header_value(raw, "To"))) {
        account.mails.emplace_back(id, raw);
        state.submitted.push_back(id);
        return {};
      }
    }
    state.accepted.erase(id);
    return {error::unknown_recipient, "no such recipient"};
  });
}

Result<crypto::Certificate> FakeServer::certificate_of(const Credentials& credentials, std::string_view address,
                                                       const Cancel&) {
  return call("certificate_of", [&]() -> Result<crypto::Certificate> {
    KVC_TRY(authenticate(credentials, false).status());
    for (const auto& [username, account] : state.accounts) {
      if (crypto::same_address(account.email, address) && account.certificate) {
        return crypto::Certificate::from_pem(*account.certificate);
      }
    }
    return Status(error::no_certificate, "none");
  });
}

// ---- custody ----

Secret FakeCustody::key_of(std::string_view user_id) {
  auto found = keys_.find(user_id);
  if (found == keys_.end()) {
    Secret key = Secret::of_size(crypto::kAeadKeyBytes);
    Env::system().random({key.data(), key.size()});
    found = keys_.emplace(user_id, std::move(key)).first;
  }
  return found->second;
}

Result<std::string> FakeCustody::seal(std::string_view user_id, const Secret& plaintext, std::string_view data) {
  auto sealed = crypto::aead_seal(Env::system(), key_of(user_id), plaintext, data);
  if (const auto then = std::exchange(after_seal, nullptr)) {
    then();
  }
  return sealed;
}

Result<Secret> FakeCustody::unseal(std::string_view user_id, std::string_view sealed, std::string_view data) {
  if (locked.contains(std::string(user_id))) {
    return Status(error::session_locked, "locked");
  }
  return crypto::aead_open(key_of(user_id), sealed, data);
}

// ---- world ----

namespace {

std::filesystem::path fresh_directory() {
  static std::atomic<int> counter{0};
  const auto path = std::filesystem::temp_directory_path() /
                    ("kvc-world-" + std::to_string(::getpid()) + "-" + std::to_string(++counter));
  std::filesystem::create_directories(path);
  return path;
}

// Lives to the end of the program, then its directory goes.
struct SharedPki {
  std::filesystem::path directory = fresh_directory();
  kvserver::Pki pki{directory, 2048};
  ~SharedPki() {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
};

settings::Settings settings_of_tests() {
  settings::Settings settings;
  settings::Environment environment;
  environment.id = "test";
  environment.name = "Test";
  environment.base_url = "https://localhost:1/kvconnect/rest/";
  environment.mail_domain = "kv-safenet.de";
  settings.environments.push_back(environment);
  return settings;
}

crypto::TrustList trust_of_tests() {
  const auto& files = shared_pki().files();
  auto loaded = crypto::TrustList::load({files.root.string()}, {files.user_ca.string()});
  if (!loaded.ok()) {
    throw std::runtime_error(loaded.status().to_string());
  }
  return std::move(loaded).value();
}

}  // namespace

const kvserver::Pki& shared_pki() {
  static const SharedPki shared;
  return shared.pki;
}

World::World() : World(fresh_directory()) {}

World::World(std::filesystem::path of)
    : directory(std::move(of)),
      server(shared_pki(), env, fault),
      environments(settings_of_tests(), env, server, trust_of_tests()) {
  open();
}

namespace {

/// On a server the copy of a directory has nothing in it: the rows are copied from schema to schema.
void copy_rows(store::Database& to, const std::string& from_dsn) {
  const std::string from = from_dsn.substr(from_dsn.rfind('=') + 1);
  const Status copied = to.write([&](Poco::Data::Session& session) {
    account::Sql(session, "SET LOCAL session_replication_role = replica").run();  // the tables come in any order
    std::vector<std::string> tables;
    std::string table;
    {
      account::Sql names(session,
                         "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT "
                         "IN ('schema_version', 'store_commit')");
      names.into(table);
      while (names.next()) {
        tables.push_back(table);
      }
    }
    for (const std::string& each : tables) {
      account::Sql(session, "INSERT INTO " + each + " SELECT * FROM " + from + "." + each).run();
    }
    return Status();
  });
  if (!copied.ok()) {
    throw std::runtime_error(copied.to_string());
  }
}

}  // namespace

std::unique_ptr<World> World::with_two_accounts() {
  static const std::unique_ptr<World> original = [] {
    auto made = std::make_unique<World>();
    made->server.csr_script = {999};
    made->account_a = made->ready_account("anna", "praxis-a");
    made->account_b = made->ready_account("bert", "praxis-b");
    made->close();
    return made;
  }();
  const auto directory = fresh_directory();
  std::filesystem::copy(original->directory, directory, std::filesystem::copy_options::recursive);
  std::unique_ptr<World> copy(new World(directory));
  if (test::on_postgresql()) {
    copy_rows(*copy->database, original->dsn);
    copy->fault.writes = 0;
  }
  copy->server.state = original->server.state;
  copy->custody = original->custody;
  copy->account_a = original->account_a;
  copy->account_b = original->account_b;
  return copy;
}

World::~World() {
  close();
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
}

void World::open() {
  auto real = store::Database::open(dsn, directory.string(), env, Log::none());
  if (!real.ok()) {
    throw std::runtime_error(real.status().to_string());
  }
  database = std::make_shared<FaultyDatabase>(*real, fault);
  vault = std::make_unique<vault::Vault>(database, custody, env);
  accounts = std::make_unique<account::AccountService>(database, *vault, environments, env, Log::none());
  mailbox = std::make_unique<mailbox::MailboxService>(database, *accounts, env, Log::none());
}

void World::close() {
  mailbox.reset();
  accounts.reset();
  vault.reset();
  database.reset();
}

void World::restart() {
  close();
  fault = {};
  // The fake processes share one pid, so leases of the dead run out by time here. owner_test.cpp has the other way.
  env.advance(std::chrono::hours(1));
  open();
}

void World::set_fault(Fault::Kind kind, int at) {
  fault = {};
  fault.kind = kind;
  fault.at = at;
}

std::string World::create(const std::string& user, const std::string& username) {
  account::NewAccount data;
  data.environment_id = "test";
  data.username = username;
  data.display_name = "Konto " + username;
  data.password = Secret(std::string_view(kInitialPassword));
  data.keystore_password = Secret(std::string_view(kKeystorePassword));
  const auto id = accounts->create(user, data);
  EXPECT_TRUE(id.ok()) << id.status().to_string();
  return id.ok() ? *id : std::string();
}

std::string World::ready_account(const std::string& user, const std::string& username) {
  server.add_account(username, kInitialPassword);
  const std::string id = create(user, username);
  EXPECT_TRUE(accounts->check(user, id, cancel).ok());
  const Status changed = accounts->change_password(user, id, Secret(std::string_view(kNewPassword)), cancel);
  EXPECT_TRUE(changed.ok()) << changed.to_string();
  const auto enrolled = accounts->enroll(user, id, {}, cancel);
  EXPECT_TRUE(enrolled.ok()) << enrolled.status().to_string();
  return id;
}

account::Overview World::overview(const std::string& user, const std::string& account_id) {
  auto result = accounts->overview(user, account_id);
  EXPECT_TRUE(result.ok()) << result.status().to_string();
  return result.ok() ? std::move(result).value() : account::Overview{};
}

crypto::Identity make_identity(const std::string& address, TimePoint begin, int days, const std::string& uid) {
  auto key = crypto::PrivateKey::generate();
  EXPECT_TRUE(key.ok());
  kvserver::UserSubject subject;
  subject.email = address;
  subject.uid = uid;
  subject.cn = "Test Praxis";
  subject.o = "Nur ein Test";
  const auto issued =
      shared_pki().issue_user(key->native(), subject, false, std::chrono::system_clock::to_time_t(begin), days);
  auto certificate = crypto::Certificate::from_pem(kvserver::to_pem(issued.get()));
  EXPECT_TRUE(certificate.ok());
  return {std::move(key).value(), std::move(certificate).value()};
}

std::string raw_bytes(const std::filesystem::path& directory) {
  std::string bytes;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) {
      std::ifstream file(entry.path(), std::ios::binary);
      bytes.append(std::istreambuf_iterator<char>(file), {});
    }
  }
  return bytes;
}

}  // namespace kvc::testing
