// SPDX-License-Identifier: Apache-2.0
#include "directory/ldap_message.h"

#include <algorithm>

#include "directory/ber.h"
#include "directory/protocol_constants.h"

namespace kvc::directory {
namespace {

// RFC 4511 section 4 and appendix B.
constexpr unsigned char kSearchRequest = 0x63;
constexpr unsigned char kUnbindRequest = 0x42;
constexpr unsigned char kSearchEntry = 0x64;
constexpr unsigned char kSearchDone = 0x65;
constexpr unsigned char kSearchReference = 0x73;
constexpr unsigned char kExtendedResponse = 0x78;
constexpr unsigned char kReferral = 0xA3;
constexpr unsigned char kControls = 0xA0;
constexpr unsigned char kFilterPresent = 0x87;
constexpr std::uint32_t kWholeSubtree = 2;
constexpr std::uint32_t kNeverDereference = 0;
constexpr std::uint32_t kNoLimit = 0;
constexpr std::string_view kNo("\x00", 1);
constexpr std::string_view kYes = "\xFF";
constexpr std::string_view kPagedResults = "1.2.840.113556.1.4.319";  // RFC 2696

Status bad(const char* why) {
  return {error::bad_answer, why};
}

bool same_name(std::string_view a, std::string_view b) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return small(x) == small(y); });
}

void set(Entry& entry, std::string_view description, std::string_view value) {
  const std::string_view name = description.substr(0, description.find(';'));  // options: "cn;lang-de"
  for (const TextField& field : kTextFields) {
    if (!field.attribute.empty() && same_name(field.attribute, name) && (entry.*field.member).empty()) {
      entry.*field.member = value;
    }
  }
}

bool read_attributes(ber::Reader list, Entry& entry) {
  while (!list.at_end()) {
    std::string_view attribute;
    std::string_view description;
    std::string_view values;
    if (!list.take(ber::kSequence, attribute)) {
      return false;
    }
    ber::Reader reader(attribute);
    if (!reader.take(ber::kOctets, description) || !reader.take(ber::kSet, values)) {
      return false;
    }
    std::string_view first;
    if (!values.empty() && !ber::Reader(values).take(ber::kOctets, first)) {
      return false;
    }
    set(entry, description, first);
  }
  return true;
}

Result<LdapAnswer> read_entry(ber::Reader reader, LdapAnswer answer) {
  std::string_view name;
  std::string_view attributes;
  if (!reader.take(ber::kOctets, name) || !reader.take(ber::kSequence, attributes) ||
      !read_attributes(ber::Reader(attributes), answer.entry)) {
    return bad("an entry of the LDAP server is malformed");
  }
  answer.entry.uid = answer.entry.address;  // the twin has no uid [C]; addresses are as unique
  return answer;
}

bool read_page(std::string_view value, std::string& cookie) {
  ber::Reader outer(value);
  std::string_view content;
  std::string_view next;
  if (!outer.take(ber::kSequence, content)) {
    return false;
  }
  ber::Reader reader(content);
  if (!reader.skip() || !reader.take(ber::kOctets, next)) {  // the estimated size comes first
    return false;
  }
  cookie = next;
  return true;
}

/// The cookie of the paged results control among the controls; others are not of interest.
bool read_controls(std::string_view controls, std::string& cookie) {
  ber::Reader list(controls);
  while (!list.at_end()) {
    std::string_view control;
    std::string_view type;
    std::string_view value;
    if (!list.take(ber::kSequence, control)) {
      return false;
    }
    ber::Reader reader(control);
    if (!reader.take(ber::kOctets, type) || (reader.peek() == ber::kBoolean && !reader.skip()) ||
        (!reader.at_end() && !reader.take(ber::kOctets, value)) ||
        (type == kPagedResults && !read_page(value, cookie))) {
      return false;
    }
  }
  return true;
}

/// `behind` is what follows the operation in its message.
Result<LdapAnswer> read_result(ber::Reader reader, ber::Reader behind, LdapAnswer answer) {
  std::string_view matched;
  std::string_view diagnostics;
  if (!reader.take_number(ber::kEnumerated, answer.result) || !reader.take(ber::kOctets, matched) ||
      !reader.take(ber::kOctets, diagnostics) || (reader.peek() == kReferral && !reader.skip())) {
    return bad("a result of the LDAP server is malformed");
  }
  answer.diagnostics = diagnostics;
  std::string_view controls;
  if (behind.peek() == kControls && (!behind.take(kControls, controls) || !read_controls(controls, answer.cookie))) {
    return bad("the page of the LDAP server is malformed");
  }
  return answer;
}

}  // namespace

std::string ldap_search_request(int message_id, std::string_view cookie) {
  using namespace ber;  // NOLINT(google-build-using-namespace): the names of the elements
  std::string attributes;
  for (const TextField& field : kTextFields) {
    attributes += field.attribute.empty() ? std::string() : element(kOctets, field.attribute);
  }
  const std::string search = element(kOctets, kLdapBase) + number(kWholeSubtree, kEnumerated) +
                             number(kNeverDereference, kEnumerated) + number(kNoLimit) + number(kNoLimit) +
                             element(kBoolean, kNo) + element(kFilterPresent, kLdapAddress) +
                             element(kSequence, attributes);
  const std::string page = element(kSequence, number(kLdapPageSize) + element(kOctets, cookie));
  const std::string control =
      element(kSequence, element(kOctets, kPagedResults) + element(kBoolean, kYes) + element(kOctets, page));
  return element(kSequence, number(static_cast<std::uint32_t>(message_id)) + element(kSearchRequest, search) +
                                element(kControls, control));
}

std::string ldap_unbind_request(int message_id) {
  return ber::element(ber::kSequence,
                      ber::number(static_cast<std::uint32_t>(message_id)) + ber::element(kUnbindRequest, {}));
}

Result<std::size_t> ldap_message_size(std::string_view head) {
  if (!head.empty() && static_cast<unsigned char>(head[0]) != ber::kSequence) {
    return bad("the server does not speak LDAP");
  }
  const std::int64_t size = ber::element_size(head);
  if (size < 0) {
    return bad("an answer of the LDAP server has no plausible length");
  }
  if (static_cast<std::uint64_t>(size) > kMaxLdapMessage) {
    return bad("an answer of the LDAP server is too large");
  }
  return static_cast<std::size_t>(size);
}

Result<LdapAnswer> parse_ldap_message(std::string_view message) {
  KVC_ASSIGN(const std::size_t size, ldap_message_size(message));
  if (size == 0 || size != message.size()) {
    return bad("an answer of the LDAP server is truncated");
  }
  LdapAnswer answer;
  std::string_view content;
  std::string_view operation;
  ber::Reader outer(message);
  if (!outer.take(ber::kSequence, content)) {
    return bad("an answer of the LDAP server is malformed");
  }
  ber::Reader reader(content);
  const bool numbered = reader.take_number(ber::kInteger, answer.message_id);
  const unsigned char kind = reader.peek();
  if (!numbered || !reader.take(kind, operation)) {
    return bad("an answer of the LDAP server is malformed");
  }
  switch (kind) {
    case kSearchEntry:
      return read_entry(ber::Reader(operation), std::move(answer));
    case kSearchReference:
      answer.kind = LdapAnswer::Kind::reference;
      return answer;
    case kSearchDone:
      answer.kind = LdapAnswer::Kind::done;
      return read_result(ber::Reader(operation), reader, std::move(answer));
    case kExtendedResponse:
      answer.kind = LdapAnswer::Kind::disconnection;
      return read_result(ber::Reader(operation), reader, std::move(answer));
    default:
      return bad("the LDAP server answers what nobody asked");
  }
}

}  // namespace kvc::directory
