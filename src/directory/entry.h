// SPDX-License-Identifier: Apache-2.0
// One participant of the network, as the address book describes it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"

namespace kvc::directory {

/// What is missing in the book is empty here. After tidy() every text is UTF-8 of at most kMaxTextBytes without control
/// characters and direction marks, so that it can be shown as it is.
struct Entry {
  std::string uid;
  std::string address;  ///< mail address, as the book writes it; compared without regard to case
  std::string name;     ///< display name (cn)
  std::string last_name, first_name, title;
  std::string practice;  ///< organisation (o)
  std::string specialty;
  std::string street, postcode, town, phone;
  std::string kv;                     ///< two-digit code
  std::vector<std::string> services;  ///< what the participant takes (dienste)
  std::optional<TimePoint> certificate_valid_to;

  friend bool operator==(const Entry&, const Entry&) = default;
};

/// A text field and its names; every reader and the database go through this one list.
struct TextField {
  std::string_view name;       ///< in the JSON and XML book [D]
  std::string_view attribute;  ///< of the LDAP twin [C]; empty: not there
  std::string_view column;     ///< of the database
  std::string Entry::*member;
};
inline constexpr std::array kTextFields = {
    TextField{"uid", "", "uid", &Entry::uid},
    TextField{"email", "mail", "address", &Entry::address},
    TextField{"cn", "cn", "name", &Entry::name},
    TextField{"sn", "sn", "last_name", &Entry::last_name},
    TextField{"givenName", "givenName", "first_name", &Entry::first_name},
    TextField{"title", "", "title", &Entry::title},
    TextField{"o", "", "practice", &Entry::practice},
    TextField{"fachgebiet", "", "specialty", &Entry::specialty},
    TextField{"street", "street", "street", &Entry::street},
    TextField{"postalCode", "postalCode", "postcode", &Entry::postcode},
    TextField{"l", "l", "town", &Entry::town},
    TextField{"phone", "", "phone", &Entry::phone},
    TextField{"kv", "", "kv", &Entry::kv},
};

/// The field of that name in the JSON and XML book; null for an unknown one.
const TextField* text_field(std::string_view name);

/// Makes the texts safe to show and store. False if nobody can write to this entry: no address, or none that can
/// stand in a mail header.
bool tidy(Entry& entry);

/// What addresses are compared by: ASCII letters small (protocol A: "compared case-insensitively").
std::string address_key(std::string_view address);

/// xs:dateTime or xs:date; without a zone it counts as UTC. Nothing for anything else.
std::optional<TimePoint> parse_date_time(std::string_view text);

/// How old the recipient's certificate is, by the book (the certificate itself is checked when a message is sent).
struct CertificateAge {
  enum class State { unknown, valid, expires_soon, expired };
  State state = State::unknown;
  int days = 0;  ///< whole days left, or since it expired; 0 for unknown
};
/// `soon`: from so many days before the end on it "expires soon" (settings: renewal_hint_days).
CertificateAge certificate_age(const Entry& entry, TimePoint now, int soon);

}  // namespace kvc::directory
