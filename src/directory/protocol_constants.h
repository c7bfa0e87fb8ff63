// SPDX-License-Identifier: Apache-2.0
// What the address book looks like on the wire (protocol A, "Address book JSON", marked [D] there; LDAP twin [C]) and
// our own limits, in one place: a correction of the protocol is one line here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kvc::directory {

// Names in the JSON and XML book. [D]
inline constexpr std::string_view kXmlRoot = "accounts";
inline constexpr std::string_view kXmlEntry = "account";  // uid is an attribute of it
inline constexpr std::string_view kNameUid = "uid";
inline constexpr std::string_view kNameCertificateValidTo = "certificateValidTo";  // xs:dateTime
inline constexpr std::string_view kJsonServices = "dienste";                       // array of texts
inline constexpr std::string_view kXmlService = "dienst";                          // repeated
// Not in the protocol's list, but the one field doctors search by that a server may add. [D]
inline constexpr std::string_view kNameSpecialty = "fachgebiet";

// The LDAP twin. [C]
inline constexpr std::string_view kLdapBase = "ou=users,dc=kv-safenet,dc=de";
inline constexpr std::string_view kLdapAddress = "mail";  // asked for with (mail=*): others cannot be written to [D]
inline constexpr std::uint32_t kLdapPageSize = 500;       // RFC 2696; below the size limit of common servers [D]
inline constexpr std::uint16_t kLdapsPort = 636;

// Our limits against a hostile or broken server.
inline constexpr std::size_t kMaxZipEntries = 64;                     ///< files in one zip
inline constexpr std::uint64_t kMaxUnpacked = 1024ULL * 1024 * 1024;  ///< of the one file, declared and real
inline constexpr std::uint64_t kMaxBytesPerEntry = 256ULL * 1024;     ///< of the file, from one entry to the next
inline constexpr std::size_t kMaxEntries = 2'000'000;                 ///< good and bad ones together
inline constexpr std::size_t kMaxTextBytes = 300;                     ///< of one field; the rest is cut off
inline constexpr std::size_t kMaxAddressBytes = 254;                  ///< RFC 5321 section 4.5.3.1.3
inline constexpr std::size_t kMaxServices = 64;                       ///< of one entry
inline constexpr std::size_t kMaxLdapMessage = 1024UL * 1024;         ///< one entry, or one result
inline constexpr std::size_t kMaxLdapPages = 100'000;
inline constexpr int kMaxJsonDepth = 16;
inline constexpr std::size_t kReadBlock = 16UL * 1024;

// Time.
inline constexpr std::chrono::milliseconds kLdapConnect{10'000};
inline constexpr std::chrono::milliseconds kLdapAnswer{60'000};  ///< silence of the server after which we give up

}  // namespace kvc::directory
