// SPDX-License-Identifier: Apache-2.0
// Associated data: what a sealed value is tied to. Internal to vault/.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace kvc::vault {

/// Each part with its length in front (4 bytes, big endian), so that no two lists give the same bytes. The first part
/// names the kind of value and the version of its format ("kvc.secret.1").
std::string binding(std::initializer_list<std::string_view> parts);

/// Kinds of sealed values; a change of a format gets a new name.
inline constexpr std::string_view kAccountKeyKind = "kvc.account_key.1";
inline constexpr std::string_view kSecretKind = "kvc.secret.1";
inline constexpr std::string_view kContentKind = "kvc.content.1";
inline constexpr std::string_view kPassphraseKeyKind = "kvc.passphrase_key.1";
inline constexpr std::string_view kPassphraseBoxKind = "kvc.passphrase_box.1";

}  // namespace kvc::vault
