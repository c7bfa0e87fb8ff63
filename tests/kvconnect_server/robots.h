// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "kvconnect_server/accounts.h"
#include "kvconnect_server/certificates.h"
#include "kvconnect_server/mailbox.h"
#include "kvconnect_server/pki.h"
#include "kvconnect_server/server.h"

namespace kvserver {

/// Accounts that answer by themselves: a KV (MDN and Rueckmeldung to 1-Click
/// deliveries, Status to eDokumentation) and a colleague (MDN if asked,
/// and a short answer, to letters and eNachrichten). One thread works through their mailboxes. A mail is deleted only
/// after its answers are stored, and the answers' Message-IDs derive from the mail's, so a restart never doubles one.
class Robots {
 public:
  struct Config {
    std::filesystem::path key_directory;
    std::filesystem::path spool_directory;
    std::string mail_domain;
    std::function<void(std::string_view)> log;
  };
  Robots(AccountStore& accounts, MailStore& mails, CertificateDesk& desk, const Pki& pki, Storage& storage,
         Config config);
  ~Robots();

  void start();
  void stop();
  /// Tells the thread to look again. Any thread.
  void wake();
  bool wait_until_idle(std::chrono::milliseconds timeout) const;
  std::vector<RobotEvent> events() const;

 private:
  struct Letter;  // a mail the robot opened
  void run();
  void work_through(const Account& robot);
  const Identity& identity_of(const Account& robot);
  void handle(const Account& robot, const std::string& message_id);
  void answer(const Letter& letter, RobotEvent& event);
  void answer_delivery(const Letter& letter, RobotEvent& event);
  void answer_documentation(const Letter& letter, RobotEvent& event);
  void answer_colleague(const Letter& letter, RobotEvent& event);
  void confirm(const Letter& letter, const std::string& service_id, const std::string& subject,
               const std::string& disposition = "displayed");
  void send(const Letter& letter, const std::string& service_id, const std::string& subject, bool in_reply,
            bool ask_confirmation, const std::string& entity);
  void report(RobotEvent event);

  AccountStore& accounts_;
  MailStore& mails_;
  CertificateDesk& desk_;
  const Pki& pki_;
  Storage& storage_;
  Config config_;
  std::map<std::string, Identity> identities_;  // only the thread uses it
  std::set<std::string> stuck_;                 // mails that wait for a certificate of their sender

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<RobotEvent> events_;
  std::size_t asked_ = 0;  // wake() calls
  std::size_t done_ = 0;   // wake() calls the thread has dealt with
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace kvserver
