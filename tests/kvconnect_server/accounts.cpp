// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/accounts.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <sstream>
#include <stdexcept>

#include "kvconnect_server/json.h"
#include "kvconnect_server/password.h"
#include "kvconnect_server/text.h"

namespace kvserver {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

Display display_from(const Object& o) {
  Display d;
  const auto text = [&o](const char* key) { return json_value<std::string>(o, key, ""); };
  d.cn = text("cn");
  d.sn = text("sn");
  d.given_name = text("givenName");
  d.title = text("title");
  d.o = text("o");
  d.street = text("street");
  d.postal_code = text("postalCode");
  d.l = text("l");
  d.phone = text("phone");
  d.kv = text("kv");
  const Array::Ptr services = o.getArray("dienste");
  for (std::size_t i = 0; services && i < services->size(); ++i) {
    d.services.push_back(services->getElement<std::string>(static_cast<unsigned int>(i)));
  }
  return d;
}

std::string display_json(const Display& d) {
  Object o;
  o.set("cn", d.cn).set("sn", d.sn).set("givenName", d.given_name).set("title", d.title).set("o", d.o);
  o.set("street", d.street).set("postalCode", d.postal_code).set("l", d.l).set("phone", d.phone).set("kv", d.kv);
  Array services;
  for (const std::string& s : d.services) {
    services.add(s);
  }
  o.set("dienste", services);
  std::ostringstream out;
  o.stringify(out);
  return std::move(out).str();
}

Object::Ptr parse_object(std::string_view json) {
  Poco::JSON::Parser parser;
  return parser.parse(std::string(json)).extract<Object::Ptr>();
}

bool is_username(std::string_view name) {
  if (name.empty() || name.size() > 64) {
    return false;
  }
  for (const char c : name) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                      c == '_' || c == '-' || c == '+';
    if (!good) {
      return false;
    }
  }
  return true;
}

AccountSpec spec_from(const Object& o) {
  only_keys(o, {"username",   "password",
                "uid",        "passwordChangeNeeded",
                "locked",     "listed",
                "foreignCa",  "robot",
                "csr",        "certificateDays",
                "cn",         "sn",
                "givenName",  "title",
                "o",          "street",
                "postalCode", "l",
                "phone",      "kv",
                "dienste"},
            "accounts");
  AccountSpec s;
  s.username = o.getValue<std::string>("username");
  if (!is_username(s.username)) {
    throw std::runtime_error("accounts: \"username\" allows A-Z a-z 0-9 . _ - + only");
  }
  s.password = json_value<std::string>(o, "password", "");
  s.uid = json_value<std::string>(o, "uid", "");
  s.change_needed = json_value(o, "passwordChangeNeeded", true);
  s.locked = json_value(o, "locked", false);
  s.listed = json_value(o, "listed", true);
  s.foreign_ca = json_value(o, "foreignCa", false);
  s.robot = json_value<std::string>(o, "robot", "");
  s.csr_mode = json_value<std::string>(o, "csr", "");
  s.certificate_days = json_value(o, "certificateDays", 1095);
  s.display = display_from(o);
  if (s.display.cn.empty()) {
    s.display.cn = s.username;
  }
  if (s.display.kv.empty()) {
    s.display.kv = "99";
  }
  if (s.display.o.empty()) {
    s.display.o = "TEST ONLY";
  }
  if (s.robot != "" && s.robot != "kv" && s.robot != "colleague") {
    throw std::runtime_error("accounts: unknown \"robot\"");
  }
  if (s.csr_mode != "" && s.csr_mode != "reject" && s.csr_mode != "ca_down") {
    throw std::runtime_error("accounts: unknown \"csr\"");
  }
  return s;
}

Account account_from(const Query& q) {
  Account a;
  a.uid = q.text(0);
  a.username = q.text(1);
  a.email = q.text(2);
  a.password_hash = q.text(3);
  a.password_changed = q.number(4);
  a.change_needed = q.number(5) != 0;
  a.locked = q.number(6) != 0;
  a.listed = q.number(7) != 0;
  a.robot = q.text(8);
  a.csr_mode = q.text(9);
  a.foreign_ca = q.number(10) != 0;
  a.certificate_days = static_cast<int>(q.number(11));
  a.display = display_from(*parse_object(q.text(12)));
  return a;
}

constexpr const char* kColumns =
    "SELECT uid, username, email, password_hash, password_changed, change_needed, locked, listed, robot, csr_mode, "
    "foreign_ca, certificate_days, display FROM account ";

}  // namespace

std::vector<AccountSpec> parse_accounts(std::string_view json) {
  try {
    const Array::Ptr list = parse_object(json)->getArray("accounts");
    if (!list) {
      throw std::runtime_error("accounts: an object with the array \"accounts\" is expected");
    }
    std::vector<AccountSpec> specs;
    for (std::size_t i = 0; i < list->size(); ++i) {
      const Object::Ptr o = list->getObject(static_cast<unsigned int>(i));
      if (!o) {
        throw std::runtime_error("accounts: every account is an object");
      }
      specs.push_back(spec_from(*o));
    }
    return specs;
  } catch (const Poco::Exception& e) {
    // The parser's text can quote the file, and the file holds passwords: name the kind of fault only.
    throw std::runtime_error(std::string("accounts: the JSON cannot be read (") + e.className() + ")");
  }
}

AccountStore::AccountStore(Storage& storage, std::string mail_domain)
    : storage_(storage), mail_domain_(std::move(mail_domain)) {}

void AccountStore::apply(const std::vector<AccountSpec>& specs) {
  const std::lock_guard lock(storage_.mutex);
  Transaction transaction(storage_.db);
  for (const AccountSpec& s : specs) {
    if (!by_username(s.username)) {
      const std::string uid = s.uid.empty() ? random_uuid() + "@" + s.display.kv : s.uid;
      Query(storage_.db, "INSERT INTO account VALUES(?,?,?,?,?,?,0,0,'','',0,0,'{}')")
          .bind(uid)
          .bind(s.username)
          .bind(s.username + "@" + mail_domain_)
          .bind(s.password.empty() ? std::string() : hash_password(s.password))
          .bind(storage_.now_ms())
          .bind(std::int64_t{s.change_needed})
          .run();
    }
    Query(storage_.db,
          "UPDATE account SET locked=?, listed=?, robot=?, csr_mode=?, foreign_ca=?, certificate_days=?, display=? "
          "WHERE username=?")
        .bind(std::int64_t{s.locked})
        .bind(std::int64_t{s.listed})
        .bind(s.robot)
        .bind(s.csr_mode)
        .bind(std::int64_t{s.foreign_ca})
        .bind(std::int64_t{s.certificate_days})
        .bind(display_json(s.display))
        .bind(s.username)
        .run();
  }
  transaction.commit();
}

std::optional<Account> AccountStore::find(const char* where, std::string_view value) const {
  const std::lock_guard lock(storage_.mutex);
  Query q(storage_.db, std::string(kColumns) + where);
  q.bind(value);
  if (!q.step()) {
    return std::nullopt;
  }
  return account_from(q);
}

std::optional<Account> AccountStore::by_username(std::string_view username) const {
  return find("WHERE username=?", username);
}
std::optional<Account> AccountStore::by_uid(std::string_view uid) const {
  return find("WHERE uid=?", uid);
}
std::optional<Account> AccountStore::by_email(std::string_view email) const {
  return find("WHERE email=?", email);
}

std::vector<Account> AccountStore::all() const {
  const std::lock_guard lock(storage_.mutex);
  Query q(storage_.db, std::string(kColumns) + "ORDER BY username");
  std::vector<Account> list;
  while (q.step()) {
    list.push_back(account_from(q));
  }
  return list;
}

void AccountStore::set_password(std::string_view uid, std::string_view hash) {
  const std::lock_guard lock(storage_.mutex);
  Query(storage_.db, "UPDATE account SET password_hash=?, password_changed=?, change_needed=0 WHERE uid=?")
      .bind(hash)
      .bind(storage_.now_ms())
      .bind(uid)
      .run();
}

void AccountStore::set_locked(std::string_view username, bool locked) {
  const std::lock_guard lock(storage_.mutex);
  Query(storage_.db, "UPDATE account SET locked=? WHERE username=?").bind(std::int64_t{locked}).bind(username).run();
}

}  // namespace kvserver
