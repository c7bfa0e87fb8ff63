// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/robots.h"

#include <Poco/AutoPtr.h>
#include <Poco/DOM/DOMParser.h>
#include <Poco/DOM/Document.h>
#include <Poco/DOM/Element.h>
#include <Poco/DOM/NodeList.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Exception.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "kvconnect_server/mime.h"
#include "kvconnect_server/smime.h"
#include "kvconnect_server/text.h"

namespace kvserver {
namespace {

constexpr std::uint64_t kLargestMail = 256U << 20;  // the robots hold a mail in memory
constexpr std::chrono::milliseconds kIdle = std::chrono::hours(1);
constexpr std::chrono::milliseconds kRecheck{500};
constexpr const char* kCompanionFile = "begleitdatei.xml";
constexpr const char* kCompanionNamespace = "http://www.kv-telematik.de/1-Click/Meldung_Einlieferung/2.0.0";
constexpr const char* kSenderSystem = "TEST ONLY KV-Connect robot;1.0";

struct Companion {
  std::string guid;
  std::vector<std::string> attachments;
};

// The Begleitdatei of a 1-Click delivery; nullopt if it is none.
std::optional<Companion> read_companion(const std::string& xml) {
  try {
    Poco::XML::DOMParser parser;
    const Poco::AutoPtr<Poco::XML::Document> document = parser.parseMemory(xml.data(), xml.size());
    const Poco::XML::Element* root = document->documentElement();
    if (root->localName() != "einlieferung" || root->namespaceURI() != kCompanionNamespace) {
      return std::nullopt;
    }
    Companion companion;
    for (const Poco::XML::Node* n = root->firstChild(); n; n = n->nextSibling()) {
      const auto* e = dynamic_cast<const Poco::XML::Element*>(n);
      if (e && e->localName() == "guid") {
        companion.guid = e->getAttribute("V");
      }
      if (e && e->localName() == "anhang") {
        companion.attachments.push_back(e->getAttribute("V"));
      }
    }
    if (companion.guid.empty() || companion.attachments.empty()) {
      return std::nullopt;
    }
    return companion;
  } catch (const Poco::Exception&) {
    return std::nullopt;
  }
}

// Dienstkennungen are compared by service and type: a newer version still gets its answer.
bool is_service(const std::string& service_id, std::string_view service, std::string_view type) {
  const std::vector<std::string> parts = split(service_id, ';');
  return parts.size() >= 2 && parts[0] == service && parts[1] == type;
}

// The sole address of a field, lower case; "" if there is not exactly one.
std::string sole_address(const MailHeader& header, std::string_view name) {
  const auto list = addresses(header.get(name));
  return list && list->size() == 1 ? lower(list->front()) : std::string();
}

// Protocol C: only if both fields are there and equal.
bool asks_for_confirmation(const MailHeader& header) {
  const std::string asked = sole_address(header, "disposition-notification-to");
  return !asked.empty() && asked == sole_address(header, "return-path");
}

void note_subject(const MailHeader& header, std::string_view wanted, std::vector<std::string>& notes) {
  if (header.get("subject") != wanted) {
    notes.push_back("the Subject is not " + std::string(wanted));
  }
}

int leaves(const MimePart& part, std::string_view type, std::string_view description) {
  int n = part.parts.empty() && part.type == type && part.description.starts_with(description) ? 1 : 0;
  for (const MimePart& inner : part.parts) {
    n += leaves(inner, type, description);
  }
  return n;
}

// Protocol D, row eArztbrief.
void note_letter(const MimePart& content, std::vector<std::string>& notes) {
  const int pdf =
      leaves(content, "application/pdf", "eAB-PDF-signed") + leaves(content, "application/pdf", "eAB-PDF-unsigned");
  if (pdf != 1) {
    notes.emplace_back("not exactly one PDF described as eAB-PDF-signed or eAB-PDF-unsigned");
  }
  if (leaves(content, "application/xml", "eAB-XML") != 1) {
    notes.emplace_back("not exactly one XML described as eAB-XML");
  }
}

}  // namespace

struct Robots::Letter {
  const Account& robot;
  const Identity& identity;
  Account sender;
  X509Ptr sender_cert;
  MailHeader header;
  std::string message_id;
  std::string service_id;
  MimePart content;
};

Robots::Robots(AccountStore& accounts, MailStore& mails, CertificateDesk& desk, const Pki& pki, Storage& storage,
               Config config)
    : accounts_(accounts), mails_(mails), desk_(desk), pki_(pki), storage_(storage), config_(std::move(config)) {}

Robots::~Robots() {
  stop();
}

void Robots::start() {
  // Their certificates are in the address book before the first request arrives.
  for (const Account& account : accounts_.all()) {
    if (!account.robot.empty()) {
      identity_of(account);
    }
  }
  wake();
  thread_ = std::thread([this] { run(); });
}

void Robots::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Robots::wake() {
  {
    const std::lock_guard lock(mutex_);
    ++asked_;
  }
  changed_.notify_all();
}

bool Robots::wait_until_idle(std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return done_ == asked_; });
}

std::vector<RobotEvent> Robots::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

void Robots::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    // Nothing tells when a sender gets the certificate a mail waits for, so that is looked up now and then.
    const auto pause = stuck_.empty() ? kIdle : kRecheck;
    changed_.wait_for(lock, pause, [this] { return stopping_ || done_ != asked_; });
    const std::size_t asked = asked_;
    lock.unlock();
    try {
      for (const Account& account : accounts_.all()) {
        if (!account.robot.empty()) {
          work_through(account);
        }
      }
    } catch (const std::exception& e) {
      if (config_.log) {
        config_.log(std::string("robots: ") + e.what());
      }
    }
    lock.lock();
    done_ = asked;
    changed_.notify_all();
  }
}

const Identity& Robots::identity_of(const Account& robot) {
  Identity& identity = identities_[robot.username];
  if (identity.cert) {
    return identity;
  }
  std::filesystem::create_directories(config_.key_directory);
  const std::filesystem::path key_file = config_.key_directory / (robot.username + ".key.pem");
  identity.key = read_key_file(key_file);
  const std::optional<StoredCertificate> known = desk_.published(robot.uid);
  if (identity.key && known) {
    identity.cert = cert_from_pem(known->pem);
  }
  const bool usable = identity.cert && X509_check_private_key(identity.cert.get(), identity.key.get()) == 1 &&
                      not_after(identity.cert.get()) > storage_.now_ms() / 1000;
  if (usable) {
    return identity;
  }
  identity.key = make_rsa_key(2048);
  write_key_file(key_file, identity.key.get());
  identity.cert = desk_.issue_directly(robot, identity.key.get());
  return identity;
}

void Robots::work_through(const Account& robot) {
  identity_of(robot);
  for (const std::string& id : mails_.message_ids(robot.uid)) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        return;
      }
    }
    try {
      handle(robot, id);
    } catch (const std::exception& e) {
      report({robot.username, id, "refused", e.what(), {}});
      mails_.remove(robot.uid, id);
    }
  }
}

void Robots::report(RobotEvent event) {
  if (config_.log) {
    std::string line = "robot " + event.robot + " <" + event.message_id + "> " + event.outcome + ": " + event.detail;
    for (const std::string& note : event.notes) {
      line += "; note: " + note;
    }
    config_.log(line);
  }
  const std::lock_guard lock(mutex_);
  events_.push_back(std::move(event));
}

void Robots::handle(const Account& robot, const std::string& message_id) {
  const std::optional<StoredMail> stored = mails_.find(robot.uid, message_id);
  if (!stored) {
    return;
  }
  RobotEvent event{robot.username, message_id, "refused", "", {}};
  std::string mail;
  if (stored->size <= kLargestMail) {
    mails_.read(*stored, [&mail](std::string_view piece) { mail += piece; });
  }
  const OpenedMail opened =
      open_mail(mail, identity_of(robot), pki_.user_ca(), static_cast<std::time_t>(storage_.now_ms() / 1000));
  event.notes = opened.notes;
  event.detail = opened.fault;
  const std::optional<MimePart> content = opened.fault.empty() ? parse_mime(opened.entity) : std::nullopt;
  if (opened.fault.empty() && !content) {
    event.detail = "the signed content cannot be read";
  }
  if (content) {
    const MailHeader header = *MailHeader::parse(std::string_view(mail).substr(0, *header_length(mail)));
    const std::optional<Account> sender = accounts_.by_email(sole_address(header, "from"));
    const auto cert = sender ? desk_.published(sender->uid) : std::nullopt;
    if (!cert) {
      // The sender renews just now: the mail waits until there is a certificate to answer with.
      if (stuck_.insert(message_id).second) {
        event.outcome = "waiting";
        event.detail = "the sender has no certificate";
        report(event);
      }
      return;
    }
    answer({robot, identity_of(robot), *sender, cert_from_pem(cert->pem), header, message_id,
            header.get("x-kvc-dienstkennung"), *content},
           event);
  }
  mails_.remove(robot.uid, message_id);
  stuck_.erase(message_id);
  report(event);
}

void Robots::answer(const Letter& letter, RobotEvent& event) {
  const bool confirmation = letter.content.find_type("message/disposition-notification") != nullptr;
  event.outcome = confirmation ? "noted" : "ignored";
  event.detail = letter.service_id;
  if (confirmation || !letter.sender.robot.empty()) {
    return;
  }
  if (letter.robot.robot == "kv" && is_service(letter.service_id, "1ClickAbrechnung", "Lieferung")) {
    answer_delivery(letter, event);
  }
  if (letter.robot.robot == "kv" && letter.service_id.starts_with("eDokumentation-") &&
      split(letter.service_id, ';').size() >= 2 && split(letter.service_id, ';')[1] == "Lieferung") {
    answer_documentation(letter, event);
  }
  const bool readable = is_service(letter.service_id, "Arztbrief", "VHitG-Versand") ||
                        is_service(letter.service_id, "eNachricht", "Lieferung");
  if (letter.robot.robot == "colleague" && readable) {
    answer_colleague(letter, event);
  }
}

void Robots::answer_delivery(const Letter& letter, RobotEvent& event) {
  if (letter.header.count("disposition-notification-to") != 0) {
    event.notes.emplace_back("1-Click asks for an MDN");
  }
  note_subject(letter.header, "1ClickAbrechnung-Lieferung", event.notes);
  if (letter.header.count("cc") != 0) {
    event.notes.emplace_back("1-Click with Cc");
  }
  if (sole_address(letter.header, "to").empty()) {
    event.notes.emplace_back("1-Click to several recipients");
  }
  confirm(letter, "1ClickAbrechnung;Eingangsbestaetigung;V2.0", "1ClickAbrechnung-Eingangsbestaetigung");
  event.outcome = "answered";
  event.detail = "Eingangsbestaetigung";
  const MimePart* file = letter.content.find_file(kCompanionFile);
  const std::optional<Companion> companion = file ? read_companion(file->bytes) : std::nullopt;
  if (!companion) {
    event.notes.emplace_back("no readable begleitdatei.xml");
    return;
  }
  std::vector<std::string> lines{"TEST ONLY - Rueckmeldung", "GUID " + companion->guid};
  for (const std::string& name : companion->attachments) {
    const bool there = letter.content.find_file(name) != nullptr;
    if (!there) {
      event.notes.push_back("announced but not attached: " + name);
    }
    lines.push_back(name + (there ? ": angenommen" : ": fehlt"));
  }
  // Without In-Reply-To, as KVs do it: the sender has to find its delivery by the GUID.
  send(letter, "1ClickAbrechnung;Rueckmeldung;V2.0", "1ClickAbrechnung-Rueckmeldung", false, false,
       mixed_entity({{"text/plain; charset=UTF-8", "", "", "Rückmeldung zu Ihrer Lieferung (TEST ONLY).\r\n"},
                     {"application/xml", kCompanionFile, "", file->bytes},
                     {"application/pdf", "rueckmeldung.pdf", "", small_pdf(lines)}},
                    "mixed-" + uuid_from(letter.message_id)));
  event.detail += ", Rueckmeldung";
}

void Robots::answer_documentation(const Letter& letter, RobotEvent& event) {
  const std::string service_id = split(letter.service_id, ';')[0] + ";Status;V2.0";
  event.outcome = "answered";
  event.detail.clear();
  if (asks_for_confirmation(letter.header)) {
    confirm(letter, "eDokumentation;Eingangsbestaetigung;V2.0", "eDokumentation-Eingangsbestaetigung", "processed");
    event.detail = "Eingangsbestaetigung, ";
  }
  note_subject(letter.header, letter.service_id, event.notes);
  if (!letter.content.find_file(kCompanionFile)) {
    event.notes.emplace_back("no begleitdatei.xml");
  }
  send(letter, service_id, service_id, true, false,
       mixed_entity({{"text/plain; charset=UTF-8", "", "", "Status zu Ihrer Lieferung (TEST ONLY).\r\n"},
                     {"application/pdf", "status.pdf", "", small_pdf({"TEST ONLY - Status", "angenommen"})}},
                    "mixed-" + uuid_from(letter.message_id)));
  event.detail += "Status";
}

void Robots::answer_colleague(const Letter& letter, RobotEvent& event) {
  const bool letter_service = is_service(letter.service_id, "Arztbrief", "VHitG-Versand");
  event.outcome = "answered";
  note_subject(letter.header, letter_service ? "Arztbrief" : "eNachricht", event.notes);
  if (letter_service) {
    note_letter(letter.content, event.notes);
  }
  if (asks_for_confirmation(letter.header)) {
    const std::string service = letter_service ? "Arztbrief" : "eNachricht";
    confirm(letter, service + ";Eingangsbestaetigung;" + (letter_service ? "V1.2" : "V2.0"),
            service + "-Eingangsbestaetigung");
    event.detail = "Eingangsbestaetigung, ";
  } else {
    event.detail.clear();
  }
  send(letter, "eNachricht;Lieferung;V2.0", "eNachricht", true, true,
       mixed_entity(
           {{"text/plain; charset=UTF-8", "", "",
             "Vielen Dank für Ihre Nachricht, sie ist angekommen.\r\nTEST ONLY " + letter.robot.display.cn + "\r\n"}},
           "mixed-" + uuid_from(letter.message_id)));
  event.detail += "eNachricht";
}

void Robots::confirm(const Letter& letter, const std::string& service_id, const std::string& subject,
                     const std::string& disposition) {
  const std::string fields = "Reporting-UA: " + std::string(kSenderSystem) + "\r\nFinal-Recipient: rfc822;" +
                             letter.robot.email + "\r\nOriginal-Message-ID: <" + letter.message_id +
                             ">\r\nDisposition: automatic-action/MDN-sent-automatically;" + disposition + "\r\n";
  send(letter, service_id, subject, true, false,
       notification_entity("Die Nachricht wurde vom System des Empfängers abgeholt. Ob sie gelesen wurde, ist damit "
                           "nicht gesagt.\r\n",
                           fields, "report-" + uuid_from(letter.message_id)));
}

void Robots::send(const Letter& letter, const std::string& service_id, const std::string& subject, bool in_reply,
                  bool ask_confirmation, const std::string& entity) {
  const std::string id = uuid_from(letter.robot.email + letter.message_id + service_id) + "@" + config_.mail_domain;
  const Poco::Timestamp now(storage_.now_ms() * 1000);
  std::string header = "From: " + letter.robot.email + "\r\nTo: " + letter.sender.email +
                       "\r\nDate: " + Poco::DateTimeFormatter::format(now, "%w, %d %b %Y %H:%M:%S +0000") +
                       "\r\nSubject: " + subject + "\r\nMessage-ID: <" + id + ">\r\n";
  if (in_reply) {
    header += "In-Reply-To: <" + letter.message_id + ">\r\n";
  }
  header += "X-KVC-Dienstkennung: " + service_id + "\r\nX-KVC-Sendersystem: " + kSenderSystem + "\r\n";
  if (ask_confirmation) {
    header += "Disposition-Notification-To: " + letter.robot.email + "\r\nReturn-Path: " + letter.robot.email + "\r\n";
  }
  header += "MIME-Version: 1.0\r\n";
  const Dialect dialect = letter.robot.robot == "kv" ? Dialect::kLegacy : Dialect::kModern;
  const std::string mail = seal_mail(header, entity, letter.identity, letter.sender_cert.get(), dialect);
  Spool spool(config_.spool_directory);
  spool.append(mail);
  // False means a former life of this robot already sent it: nothing is left to do.
  mails_.accept(*MailHeader::parse(std::string_view(mail).substr(0, *header_length(mail))), {letter.sender.uid}, spool);
}

}  // namespace kvserver
