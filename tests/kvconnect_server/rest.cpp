// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/rest.h"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/DateTimeParser.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <array>

#include "kvconnect_server/text.h"

namespace kvserver {
namespace {

// Constants the protocol leaves to the server (mark [D]).
constexpr const char* kVersion = "2.7.0";
constexpr std::size_t kMaxHeaderBytes = std::size_t{64} * 1024;
constexpr std::size_t kMaxPasswordBytes = 4096;
constexpr std::size_t kMaxCsrBytes = std::size_t{64} * 1024;
constexpr std::size_t kReadPiece = std::size_t{64} * 1024;

constexpr const char* kXml = "application/xml;charset=UTF-8";

Reply xml_reply(std::string body) {
  Reply reply;
  reply.content_type = kXml;
  reply.body = std::move(body);
  return reply;
}

Reply empty_reply(int status) {
  Reply reply;
  reply.status = status;
  reply.content_type.clear();
  return reply;
}

Reply method_not_allowed(const std::string& allowed) {
  Reply reply = text_reply(405, "Diese Methode gibt es hier nicht.");
  reply.headers.emplace_back("Allow", allowed);
  return reply;
}

Reply unauthorized() {
  Reply reply = text_reply(401, "Benutzername oder Passwort ist falsch.");
  reply.headers.emplace_back("WWW-Authenticate", "Basic realm=\"KV-Connect\", charset=\"UTF-8\"");
  return reply;
}

// The whole body of a call that carries little; nullopt if it is longer than `limit`.
std::optional<std::string> small_body(const Call& call, std::size_t limit) {
  std::string text(limit + 1, '\0');
  call.body->read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(call.body->gcount()));
  if (text.size() > limit) {
    return std::nullopt;
  }
  if (call.length && *call.length != text.size()) {
    return std::nullopt;
  }
  return text;
}

// An index of the header window; nullopt if the text is no number.
std::optional<std::int64_t> index_of(const std::string& text) {
  if (text.empty() || text.size() > 12 || text.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  return std::stoll(text);
}

std::string http_date(std::int64_t unix_s) {
  return Poco::DateTimeFormatter::format(Poco::Timestamp::fromEpochTime(unix_s), Poco::DateTimeFormat::HTTP_FORMAT);
}

std::optional<std::int64_t> parse_http_date(const std::string& text) {
  Poco::DateTime date;
  int zone = 0;
  if (text.empty() || !Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::HTTP_FORMAT, text, date, zone)) {
    return std::nullopt;
  }
  return date.timestamp().epochTime() - zone;
}

}  // namespace

Reply text_reply(int status, std::string_view text) {
  Reply reply;
  reply.status = status;
  reply.body = std::string(text) + "\n";
  return reply;
}

RestService::RestService(Storage& storage, AccountStore& accounts, MailStore& mails, CertificateDesk& desk,
                         Config config)
    : storage_(storage), accounts_(accounts), mails_(mails), desk_(desk), config_(std::move(config)) {}

Reply RestService::handle(Call& call) {
  const std::vector<std::string>& p = call.path;
  const std::string& m = call.method;
  const bool get = m == "GET";
  if (p.size() == 2 && p[0] == "server" && p[1] == "version") {
    return get ? version() : method_not_allowed("GET");
  }
  if (p.size() == 2 && p[0] == "vzd" && (p[1] == "accounts.json.zip" || p[1] == "accounts.xml.zip")) {
    return get ? address_book(call, p[1] == "accounts.xml.zip") : method_not_allowed("GET");
  }
  if (p.size() == 2 && p[0] == "login") {
    return get ? authenticated(call, &RestService::login, true) : method_not_allowed("GET");
  }
  if (p.size() >= 2 && p[0] == "accounts") {
    return route_account(call);
  }
  if (p.size() == 1 && p[0] == "mails") {
    return m == "POST" ? authenticated(call, &RestService::post_mail) : method_not_allowed("POST");
  }
  if (p.size() == 1 && p[0] == "csr") {
    return m == "POST" ? authenticated(call, &RestService::post_csr) : method_not_allowed("POST");
  }
  if (p.size() == 2 && p[0] == "csr") {
    return get ? authenticated(call, &RestService::csr_state) : method_not_allowed("GET");
  }
  if (p.size() == 1 && p[0] == "certificates") {
    return get ? authenticated(call, &RestService::find_certificate) : method_not_allowed("GET");
  }
  return text_reply(404, "Diese Adresse gibt es nicht.");
}

Reply RestService::route_account(Call& call) {
  const std::vector<std::string>& p = call.path;
  const std::string& m = call.method;
  const bool get = m == "GET";
  if (p.size() == 2) {
    return get ? authenticated(call, &RestService::show_account, true) : method_not_allowed("GET");
  }
  if (p.size() == 3 && p[2] == "password") {
    return m == "POST" ? authenticated(call, &RestService::change_password, true) : method_not_allowed("POST");
  }
  if (p.size() == 3 && (p[2] == "headers" || p[2] == "headers(short)")) {
    return get ? authenticated(call, &RestService::list_headers) : method_not_allowed("GET");
  }
  if (p.size() == 3 && p[2] == "mails") {
    return get ? authenticated(call, &RestService::mail_digest) : method_not_allowed("GET");
  }
  if (p.size() == 4 && p[2] == "mails") {
    if (get) {
      return authenticated(call, &RestService::read_mail);
    }
    return m == "DELETE" ? authenticated(call, &RestService::delete_mail) : method_not_allowed("GET, DELETE");
  }
  if (p.size() == 3 && p[2] == "certificate") {
    return m == "DELETE" ? authenticated(call, &RestService::delete_certificate) : method_not_allowed("DELETE");
  }
  return text_reply(404, "Diese Adresse gibt es nicht.");
}

Reply RestService::authenticated(Call& call, OwnerCall next, bool before_password_change) {
  if (!call.credentials) {
    return unauthorized();
  }
  const std::optional<Account> account = accounts_.by_username(call.credentials->username);
  if (!account || account->password_hash.empty()) {
    return unauthorized();
  }
  if (!passwords_.matches(call.credentials->password, account->password_hash)) {
    return unauthorized();
  }
  if (account->locked) {
    return text_reply(423, "Dieses Konto ist gesperrt. Bitte wenden Sie sich an Ihre KV.");
  }
  if (account->change_needed && !before_password_change) {
    return text_reply(403, "Bitte ändern Sie zuerst das Initialpasswort.");
  }
  const bool of_account = call.path[0] == "accounts";
  if (of_account && call.path[1] != account->uid) {
    return accounts_.by_uid(call.path[1]) ? text_reply(403, "Das ist nicht Ihr Konto.")
                                          : text_reply(404, "Dieses Konto gibt es nicht.");
  }
  return (this->*next)(call, *account);
}

Reply RestService::version() {
  Reply reply;
  reply.body = kVersion;
  return reply;
}

Reply RestService::login(Call& call, const Account& account) {
  if (call.path[1] != account.username) {
    return text_reply(403, "Das ist nicht Ihr Konto.");
  }
  Reply reply = empty_reply(302);
  reply.headers.emplace_back("Location", call.base_url + "accounts/" + percent_encode(account.uid));
  return reply;
}

Reply RestService::show_account(Call&, const Account& account) {
  return xml_reply(account_xml(account));
}

Reply RestService::change_password(Call& call, const Account& account) {
  if (call.media_type != "text/plain") {
    return text_reply(400, "Das Passwort wird als text/plain erwartet.");
  }
  const std::optional<std::string> password = small_body(call, kMaxPasswordBytes);
  if (!password || password->empty() || !is_utf8(*password)) {
    return text_reply(400, "Es kam kein lesbares neues Passwort an. Das bisherige gilt weiter.");
  }
  const std::string fault = password_fault(*password);
  if (!fault.empty()) {
    return text_reply(422, fault + " Das bisherige gilt weiter.");
  }
  if (passwords_.matches(*password, account.password_hash)) {
    return text_reply(422, "Das neue Passwort gleicht dem bisherigen. Das bisherige gilt weiter.");
  }
  accounts_.set_password(account.uid, hash_password(*password));
  return empty_reply(204);
}

Reply RestService::list_headers(Call& call, const Account& account) {
  std::int64_t from = 0;
  std::int64_t to = -1;
  for (const auto& [name, value] : call.query) {
    if (name != "from" && name != "to") {
      continue;
    }
    const std::optional<std::int64_t> index = index_of(value);
    if (!index) {
      return text_reply(400, "from und to sind Zahlen ab 0.");
    }
    (name == "from" ? from : to) = *index;
  }
  return xml_reply(headers_xml(mails_.headers(account.uid, from, to), call.path[2] == "headers(short)"));
}

Reply RestService::mail_digest(Call&, const Account& account) {
  const std::string boundary = "digest-" + random_uuid();
  Reply reply;
  reply.content_type = "multipart/digest; boundary=\"" + boundary + "\"";
  reply.stream = [this, boundary, uid = account.uid](const std::function<void(std::string_view)>& sink) {
    for (const std::string& id : mails_.message_ids(uid)) {
      const std::optional<StoredMail> mail = mails_.find(uid, id);
      if (!mail) {
        continue;
      }
      sink("--" + boundary + "\r\nContent-Type: message/rfc822\r\n\r\n");
      mails_.read(*mail, sink);
      sink("\r\n");
    }
    sink("--" + boundary + "--\r\n");
  };
  return reply;
}

Reply RestService::read_mail(Call& call, const Account& account) {
  const std::optional<StoredMail> mail = mails_.find(account.uid, call.path[3]);
  if (!mail) {
    return text_reply(404, "Diese Nachricht liegt nicht im Postfach.");
  }
  Reply reply;
  reply.stream_length = mail->size;
  reply.stream = [this, mail = *mail](const std::function<void(std::string_view)>& sink) { mails_.read(mail, sink); };
  return reply;
}

Reply RestService::delete_mail(Call& call, const Account& account) {
  if (!mails_.remove(account.uid, call.path[3])) {
    return text_reply(404, "Diese Nachricht liegt nicht im Postfach.");
  }
  return empty_reply(204);
}

std::optional<Reply> RestService::receive(Call& call, Spool& spool) const {
  const std::uint64_t limit = config_.max_mail_bytes;
  const auto too_large = [] { return text_reply(413, "Diese Nachricht ist größer, als der Server annimmt."); };
  if (limit != 0 && call.length && *call.length > limit) {
    return too_large();
  }
  std::string piece(kReadPiece, '\0');
  while (call.body->read(piece.data(), static_cast<std::streamsize>(piece.size())), call.body->gcount() > 0) {
    spool.append(std::string_view(piece.data(), static_cast<std::size_t>(call.body->gcount())));
    if (limit != 0 && spool.size() > limit) {
      return too_large();
    }
  }
  const bool cut = call.length ? spool.size() != *call.length : call.sender_gone();
  if (cut) {
    return text_reply(400, "Die Nachricht kam nicht vollständig an.");
  }
  return std::nullopt;
}

std::optional<Reply> RestService::check_mail(const MailHeader& header, const Account& sender) const {
  for (const char* once : {"from", "to", "date", "message-id"}) {
    if (header.count(once) != 1) {
      return text_reply(400, std::string("Das Kopffeld ") + once + " muss genau einmal vorkommen.");
    }
  }
  if (header.count("bcc") != 0) {
    return text_reply(400, "Bcc gehört nicht in den Kopf einer Nachricht.");
  }
  if (bare_message_id(header.get("message-id")).empty()) {
    return text_reply(400, "Die Message-ID ist nicht lesbar.");
  }
  if (date_as_xs(header.get("date")).empty()) {
    return text_reply(400, "Das Datum ist nicht lesbar.");
  }
  const auto from = addresses(header.get("from"));
  if (!from || from->size() != 1) {
    return text_reply(400, "Der Absender ist nicht lesbar.");
  }
  if (lower(from->front()) != lower(sender.email)) {
    return text_reply(403, "Der Absender der Nachricht ist nicht die Adresse dieses Kontos.");
  }
  return std::nullopt;
}

Reply RestService::post_mail(Call& call, const Account& account) {
  if (call.media_type != "text/plain") {
    return text_reply(400, "Die Nachricht wird als text/plain erwartet.");
  }
  Spool spool(config_.spool_directory);
  if (std::optional<Reply> refused = receive(call, spool)) {
    return *refused;
  }
  const std::string head = spool.read(0, kMaxHeaderBytes);
  const std::optional<std::size_t> length = header_length(head);
  const std::optional<MailHeader> header =
      length ? MailHeader::parse(std::string_view(head).substr(0, *length)) : std::nullopt;
  if (!header) {
    return text_reply(400, "Das ist keine lesbare Nachricht.");
  }
  if (std::optional<Reply> refused = check_mail(*header, account)) {
    return *refused;
  }
  const auto known = [] { return text_reply(409, "Diese Nachricht wurde bereits angenommen."); };
  if (mails_.was_accepted(bare_message_id(header->get("message-id")))) {
    return known();
  }
  const auto to = addresses(header->get("to"));
  const auto cc = addresses(header->get("cc"));
  if (!to || to->empty() || !cc) {
    return text_reply(400, "Die Empfänger sind nicht lesbar.");
  }
  std::vector<std::string> uids;
  for (const auto* list : {&*to, &*cc}) {
    for (const std::string& address : *list) {
      const std::optional<Account> recipient = accounts_.by_email(address);
      if (!recipient) {
        return text_reply(404, "Diesen Empfänger gibt es nicht: " + xml_safe(address));
      }
      if (std::find(uids.begin(), uids.end(), recipient->uid) == uids.end()) {
        uids.push_back(recipient->uid);
      }
    }
  }
  if (!mails_.accept(*header, uids, spool)) {
    return known();
  }
  if (config_.mail_arrived) {
    config_.mail_arrived();
  }
  return empty_reply(201);
}

Reply RestService::post_csr(Call& call, const Account& account) {
  const std::optional<std::string> pem = small_body(call, kMaxCsrBytes);
  if (call.media_type != "text/plain" || !pem) {
    return text_reply(400, "Ein PEM als text/plain wird erwartet.");
  }
  const std::optional<std::string> id = desk_.submit(account, *pem);
  if (!id) {
    return text_reply(400, "Das ist kein lesbarer Zertifikatsantrag (PKCS#10, PEM).");
  }
  Reply reply;
  reply.status = 201;
  reply.body = call.base_url + "csr/" + *id;
  reply.headers.emplace_back("Location", reply.body);
  return reply;
}

Reply RestService::csr_state(Call& call, const Account& account) {
  const auto states = desk_.states(account, call.path[1]);
  if (!states) {
    return text_reply(404, "Diesen Antrag gibt es nicht.");
  }
  return xml_reply(csr_status_xml(*states));
}

Reply RestService::find_certificate(Call& call, const Account&) {
  const auto uid = call.query.find("uid");
  const auto email = call.query.find("email");
  const bool by_uid = uid != call.query.end();
  if (by_uid == (email != call.query.end())) {
    return text_reply(400, "Entweder uid oder email wird erwartet.");
  }
  const auto owner = by_uid ? accounts_.by_uid(uid->second) : accounts_.by_email(email->second);
  std::optional<StoredCertificate> found;
  if (owner) {
    found = desk_.published(owner->uid);
  }
  if (owner && call.wrong_certificate) {
    found = desk_.published_not_of(owner->uid);
  }
  if (!found) {
    return text_reply(404, "Für dieses Konto gibt es kein Zertifikat.");
  }
  return xml_reply(certificate_xml(*found));
}

Reply RestService::delete_certificate(Call&, const Account& account) {
  if (!desk_.remove(account.uid)) {
    return text_reply(404, "Für dieses Konto gibt es kein Zertifikat.");
  }
  return empty_reply(204);
}

Reply RestService::address_book(const Call& call, bool xml) {
  const std::vector<Account> accounts = accounts_.all();
  const std::vector<StoredCertificate> certificates = desk_.all_published();
  const std::string json = directory_json(accounts, certificates);
  const std::int64_t changed = directory_changed(json);
  const std::optional<std::int64_t> since = parse_http_date(call.if_modified_since);
  Reply reply = empty_reply(304);
  reply.headers.emplace_back("Last-Modified", http_date(changed));
  if (since && *since >= changed) {
    return reply;
  }
  reply.status = 200;
  reply.content_type = "application/zip";
  const std::string content = xml ? directory_xml(accounts, certificates) : json;
  reply.body = zip_of(xml ? "accounts.xml" : "accounts.json", content, changed * 1000);
  return reply;
}

// The address book is dated by its content. HTTP dates know whole seconds only, so a change in the second of the last
// answer gets the next one: a client that asks with If-Modified-Since never misses it.
std::int64_t RestService::directory_changed(const std::string& content) {
  const std::lock_guard lock(storage_.mutex);
  const std::string digest = hex(sha256(content));
  std::int64_t changed = 0;
  Query q(storage_.db, "SELECT value FROM meta WHERE key='directory'");
  if (q.step()) {
    const std::vector<std::string> parts = split(q.text(0), ' ');
    changed = std::stoll(parts[0]);
    if (parts[1] == digest) {
      return changed;
    }
  }
  changed = std::max(storage_.now_ms() / 1000, changed + 1);
  Query(storage_.db, "INSERT OR REPLACE INTO meta VALUES('directory', ?)")
      .bind(std::to_string(changed) + " " + digest)
      .run();
  return changed;
}

}  // namespace kvserver
