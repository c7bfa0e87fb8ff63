// SPDX-License-Identifier: Apache-2.0
// A practice's disk, a server in memory and a clock, all of which can fail at a chosen moment.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "account/account_service.h"
#include "kvconnect_server/pki.h"
#include "mailbox/mailbox_service.h"
#include "postgresql/cluster.h"

namespace kvc::testing {

/// Time passes only by sleep() and advance().
class FakeEnv final : public Env {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] std::chrono::steady_clock::time_point monotonic() const override {
    return std::chrono::steady_clock::time_point(now_.time_since_epoch());
  }
  bool sleep(Millis duration, const std::atomic<bool>& cancelled) override;
  void random(std::span<std::uint8_t> out) override { Env::system().random(out); }
  double jitter() override { return 0.5; }
  void advance(Millis duration) { now_ += duration; }

  std::function<void()> on_sleep;

 private:
  TimePoint now_ = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
};

/// Where a process dies. A dead process neither writes nor sends: every later write fails and every later call to the
/// server is lost before it leaves.
struct Fault {
  enum class Kind {
    none,
    write_refused,    ///< the n-th write fails once, nothing was written; the process lives on
    death_before,     ///< dies before the n-th write is committed
    death_after,      ///< dies after the n-th write was committed
    call_unsent,      ///< dies before the n-th call reaches the server
    call_unanswered,  ///< dies after the server did the n-th call
    answer_lost,      ///< the answer of the n-th call is lost, the process lives on
  };
  Kind kind = Kind::none;
  int at = 0;
  int writes = 0, calls = 0;
  bool dead = false;
  /// One thing happens after the other in this world, whichever thread does it; hooks may do more of it.
  static inline std::recursive_mutex mutex;
};
const char* name(Fault::Kind kind);

/// A real database behind the fault.
class FaultyDatabase final : public store::Database {
 public:
  FaultyDatabase(std::shared_ptr<store::Database> real, Fault& fault) : real_(std::move(real)), fault_(fault) {}
  Status write(const std::function<Status(Poco::Data::Session&)>& work) override;
  Status read(const std::function<Status(Poco::Data::Session&)>& work) override { return real_->read(work); }
  [[nodiscard]] int schema_version() const override { return real_->schema_version(); }

 private:
  std::shared_ptr<store::Database> real_;
  Fault& fault_;
};

/// What the server in memory knows of an account.
struct ServerAccount {
  std::string password, uid, email;
  bool change_needed = true;
  bool locked = false;
  int wrong_logins = 0;
  std::map<std::string, std::vector<int>> csrs;  ///< statuses still to come, the first is the present one
  std::string csr_certificate;                   ///< issued when the newest request is done
  std::string newest_csr;
  std::optional<std::string> certificate;                  ///< PEM
  std::vector<std::pair<std::string, std::string>> mails;  ///< id and raw text, oldest first
};

struct ServerState {
  std::map<std::string, ServerAccount> accounts;  ///< by username
  std::set<std::string> accepted;                 ///< all Message-IDs ever
  std::vector<std::string> submitted;             ///< one entry for each POST mails that was answered with 201
  int csr_posts = 0, csr_count = 0;
};

/// Behaves as protocol A says. A username is locked after five wrong logins.
class FakeServer final : public kvconnect::Client {
 public:
  static constexpr int kMaxWrongLogins = 5;

  FakeServer(const kvserver::Pki& pki, Env& env, Fault& fault) : pki_(pki), env_(env), fault_(fault) {}

  ServerState state;
  /// Answers instead of the server, by name of the call; one is used up per call.
  std::map<std::string, std::vector<Status>> refusals;
  /// Happens once, just before the server does a call of this name.
  std::map<std::string, std::function<void()>> before_call;
  int failed_logins = 0;  ///< refused for a wrong password, of all accounts
  std::vector<int> csr_script{100, 110, 210, 299, 399, 999};
  int certificate_days = 730;
  bool foreign_ca = false;
  std::string issue_for_email;  ///< another address than the account's
  bool issue_for_other_key = false;
  int certificate_hidden = 0;     ///< so many certificate_by_uid calls after 999 answer 404
  std::string truncate_fetch_of;  ///< this mail breaks off, once
  /// By mail: what each fetch of it is answered with. Mails are fetched side by side, so `refusals` cannot say which one.
  std::map<std::string, Status> broken_mails;
  std::vector<std::string> calls;
  std::size_t largest_list = 0;                     ///< the largest `limit` a list was asked for with
  std::function<void(const std::string&)> on_call;  ///< before the server does what the call asks for

  void add_account(const std::string& username, const std::string& password);
  [[nodiscard]] ServerAccount& account_of(const std::string& username) { return state.accounts.at(username); }

  Result<std::string> version(const Cancel&) override { return std::string("2.7.0"); }
  Result<kvconnect::AccountInfo> login(const kvconnect::Credentials&, const Cancel&) override;
  Result<kvconnect::AccountInfo> account(const kvconnect::Credentials&, std::string_view, const Cancel&) override;
  Status change_password(const kvconnect::Credentials& old, std::string_view, const Secret&, const Cancel&) override;
  Result<std::string> post_csr(const kvconnect::Credentials&, std::string_view csr_pem, const Cancel&) override;
  Result<std::vector<kvconnect::CsrStatusEntry>> csr_status(const kvconnect::Credentials&, std::string_view,
                                                            const Cancel&) override;
  Result<crypto::Certificate> certificate_by_uid(const kvconnect::Credentials&, std::string_view,
                                                 const Cancel&) override;
  Status delete_certificate(const kvconnect::Credentials&, std::string_view, const Cancel&) override;
  Result<bool> address_book(BookFormat, std::string_view, std::string&, std::ostream&, const Cancel&) override;
  Result<std::vector<transport::WaitingMail>> list(const kvconnect::Credentials&, std::string_view, std::size_t,
                                                   const Cancel&) override;
  Status fetch(const kvconnect::Credentials&, std::string_view, std::string_view, std::ostream&,
               const Cancel&) override;
  Status remove(const kvconnect::Credentials&, std::string_view, std::string_view, const Cancel&) override;
  Status submit(const kvconnect::Credentials&, std::istream&, std::uint64_t, const Cancel&) override;
  Result<crypto::Certificate> certificate_of(const kvconnect::Credentials&, std::string_view, const Cancel&) override;

 private:
  template <class Work>
  auto call(const char* name, Work&& work) -> decltype(work());
  Result<ServerAccount*> authenticate(const kvconnect::Credentials& credentials, bool before_change);
  std::string issue(EVP_PKEY* key, const ServerAccount& account);

  const kvserver::Pki& pki_;
  Env& env_;
  Fault& fault_;
};

/// Seals under a key per user that only this object knows, as a practice system would.
class FakeCustody final : public vault::KeyCustody {
 public:
  Result<std::string> seal(std::string_view user_id, const Secret& plaintext, std::string_view data) override;
  Result<Secret> unseal(std::string_view user_id, std::string_view sealed, std::string_view data) override;
  std::set<std::string> locked;
  std::function<void()> after_seal;  ///< once, after the next seal()

 private:
  Secret key_of(std::string_view user_id);
  std::map<std::string, Secret, std::less<>> keys_;
};

class FakeEnvironments final : public account::Environments {
 public:
  FakeEnvironments(settings::Settings settings, Env& env, FakeServer& server, crypto::TrustList trust)
      : account::Environments(std::move(settings), env, Log::none()), server_(server), trust_(std::move(trust)) {}
  Result<kvconnect::Client*> client(std::string_view) override { return &server_; }
  Result<const crypto::TrustList*> trust(std::string_view) override { return &trust_; }
  crypto::TrustList& trust_list() { return trust_; }

 private:
  FakeServer& server_;
  crypto::TrustList trust_;
};

/// One CA tree for the whole program: making keys is slow.
const kvserver::Pki& shared_pki();

inline constexpr const char* kInitialPassword = "Anfang-PASSWORT-1";
inline constexpr const char* kNewPassword = "Neues-GEHEIMNIS-22";
inline constexpr const char* kKeystorePassword = "Keystore-SCHLUESSEL-33";

/// Everything of one test. restart() is the death of the process and its next start: all objects that hold state in
/// memory go, the directory stays.
class World {
 public:
  World();
  /// With two ready accounts: user anna with praxis-a, user bert with praxis-b. Cheap, made once and copied.
  static std::unique_ptr<World> with_two_accounts();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Without faults; later than any lease.
  void restart();
  /// Also counts from 0 again.
  void set_fault(Fault::Kind kind, int at);

  std::string create(const std::string& user, const std::string& username);
  /// Creates, changes the password, enrols. Expects success.
  std::string ready_account(const std::string& user, const std::string& username);
  account::Overview overview(const std::string& user, const std::string& account_id);

  std::filesystem::path directory;
  const std::string dsn = test::new_dsn();  ///< SQLite in `directory`, or PostgreSQL, as the run wants it
  FakeEnv env;
  Fault fault;
  FakeServer server;
  FakeCustody custody;
  FakeEnvironments environments;
  std::shared_ptr<store::Database> database;
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<account::AccountService> accounts;
  std::unique_ptr<mailbox::MailboxService> mailbox;
  Cancel cancel;
  std::string account_a, account_b;  ///< of with_two_accounts()

 private:
  explicit World(std::filesystem::path of);
  void open();
  void close();
};

/// A key pair the User CA of the tests certified for `address`, as another product would have obtained it.
crypto::Identity make_identity(const std::string& address, TimePoint begin, int days,
                               const std::string& uid = "00000000-0000-4000-8000-000000000000@99");

/// All bytes of all files below `directory`.
std::string raw_bytes(const std::filesystem::path& directory);

}  // namespace kvc::testing
