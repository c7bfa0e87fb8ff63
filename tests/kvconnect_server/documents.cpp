// SPDX-License-Identifier: Apache-2.0
// The XML, JSON and ZIP bodies the server answers with.
#include <Poco/DateTime.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/SAX/AttributesImpl.h>
#include <Poco/Timestamp.h>
#include <Poco/XML/XMLWriter.h>
#include <Poco/Zip/Compress.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

#include "kvconnect_server/rest.h"
#include "kvconnect_server/text.h"

namespace kvserver {
namespace {

class XmlBody {
 public:
  XmlBody() : writer_(out_, Poco::XML::XMLWriter::WRITE_XML_DECLARATION) { writer_.startDocument(); }

  void open(const std::string& name, const Poco::XML::AttributesImpl& attributes = {}) {
    writer_.startElement("", name, "", attributes);
  }
  void close(const std::string& name) { writer_.endElement("", name, ""); }
  void element(const std::string& name, const std::string& value) {
    open(name);
    writer_.characters(xml_safe(value));
    close(name);
  }
  // For text of our own making that has lines: a PEM.
  void element_with_lines(const std::string& name, const std::string& value) {
    open(name);
    writer_.characters(value);
    close(name);
  }
  std::string finish() {
    writer_.endDocument();
    return std::move(out_).str();
  }

 private:
  std::ostringstream out_;
  Poco::XML::XMLWriter writer_;
};

// One line of the address book: field name and value, services apart.
struct DirectoryEntry {
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::string> services;
};

std::vector<DirectoryEntry> directory(const std::vector<Account>& accounts,
                                      const std::vector<StoredCertificate>& certificates) {
  std::map<std::string, std::int64_t> valid_to;
  for (const StoredCertificate& c : certificates) {
    valid_to[c.uid] = c.valid_to;
  }
  std::vector<DirectoryEntry> entries;
  for (const Account& a : accounts) {
    if (!a.listed) {
      continue;
    }
    const Display& d = a.display;
    const auto until = valid_to.find(a.uid);
    entries.push_back({{{"uid", a.uid},
                        {"email", a.email},
                        {"cn", d.cn},
                        {"sn", d.sn},
                        {"givenName", d.given_name},
                        {"title", d.title},
                        {"o", d.o},
                        {"street", d.street},
                        {"postalCode", d.postal_code},
                        {"l", d.l},
                        {"phone", d.phone},
                        {"kv", d.kv},
                        {"certificateValidTo", until == valid_to.end() ? "" : xs_date_time(until->second)}},
                       d.services});
  }
  return entries;
}

}  // namespace

std::string account_xml(const Account& account) {
  XmlBody xml;
  Poco::XML::AttributesImpl uid;
  uid.addAttribute("", "uid", "uid", "CDATA", account.uid);
  xml.open("account", uid);
  xml.element("email", account.email);
  xml.element("passwordLastChange", xs_date_time(account.password_changed));
  xml.element("passwordChangeNeeded", account.change_needed ? "true" : "false");
  xml.close("account");
  return xml.finish();
}

std::string headers_xml(const std::vector<HeaderEntry>& entries, bool brief) {
  static constexpr std::array<std::string_view, 4> kBrief{"message-id", "from", "date", "x-kvc-dienstkennung"};
  XmlBody xml;
  xml.open("headers");
  for (const HeaderEntry& entry : entries) {
    xml.open("header");
    for (const auto& [name, value] : entry) {
      if (brief && std::find(kBrief.begin(), kBrief.end(), name) == kBrief.end()) {
        continue;
      }
      xml.element(name, value);
    }
    xml.close("header");
  }
  xml.close("headers");
  return xml.finish();
}

std::string certificate_xml(const StoredCertificate& certificate) {
  XmlBody xml;
  xml.open("certificate");
  xml.element("id", certificate.serial);
  xml.element("email", certificate.email);
  xml.element_with_lines("body", certificate.pem);
  xml.element("validFrom", xs_date_time(certificate.valid_from));
  xml.element("validTo", xs_date_time(certificate.valid_to));
  xml.close("certificate");
  return xml.finish();
}

std::string csr_status_xml(const std::vector<CsrState>& states) {
  XmlBody xml;
  xml.open("csr-status");
  xml.open("status-entries");
  for (const CsrState& state : states) {
    Poco::XML::AttributesImpl attributes;
    attributes.addAttribute("", "status", "status", "CDATA", std::to_string(state.status));
    attributes.addAttribute("", "time", "time", "CDATA", xs_date_time(state.time));
    xml.open("status-entry", attributes);
    xml.close("status-entry");
  }
  xml.close("status-entries");
  xml.close("csr-status");
  return xml.finish();
}

std::string directory_json(const std::vector<Account>& accounts, const std::vector<StoredCertificate>& certificates) {
  Poco::JSON::Array list;
  for (const DirectoryEntry& entry : directory(accounts, certificates)) {
    Poco::JSON::Object o(Poco::JSON_PRESERVE_KEY_ORDER);
    for (const auto& [name, value] : entry.fields) {
      o.set(name, value);
    }
    Poco::JSON::Array services;
    for (const std::string& s : entry.services) {
      services.add(s);
    }
    o.set("dienste", services);
    list.add(o);
  }
  std::ostringstream out;
  list.stringify(out);
  return std::move(out).str();
}

std::string directory_xml(const std::vector<Account>& accounts, const std::vector<StoredCertificate>& certificates) {
  XmlBody xml;
  xml.open("accounts");
  for (const DirectoryEntry& entry : directory(accounts, certificates)) {
    Poco::XML::AttributesImpl uid;
    uid.addAttribute("", "uid", "uid", "CDATA", entry.fields.front().second);
    xml.open("account", uid);
    for (std::size_t i = 1; i < entry.fields.size(); ++i) {
      xml.element(entry.fields[i].first, entry.fields[i].second);
    }
    for (const std::string& s : entry.services) {
      xml.element("dienst", s);
    }
    xml.close("account");
  }
  xml.close("accounts");
  return xml.finish();
}

std::string zip_of(const std::string& name, const std::string& content, std::int64_t unix_ms) {
  std::ostringstream out;
  std::istringstream in(content);
  Poco::Zip::Compress zip(out, true);
  zip.addFile(in, Poco::DateTime(Poco::Timestamp(unix_ms * 1000)), Poco::Path(name));
  zip.close();
  return std::move(out).str();
}

}  // namespace kvserver
