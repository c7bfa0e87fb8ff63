// SPDX-License-Identifier: Apache-2.0
// Files the user names on the command line.
#pragma once

#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "base/status.h"
#include "crypto/certificate.h"
#include "crypto/trust_list.h"
#include "message/open.h"

namespace kvc::tool {

/// [D] Key and certificate files are small; anything larger is another file named by mistake.
inline constexpr std::size_t kMaxKeyFile = 4UL * 1024 * 1024;

/// The file for reading, "-" is standard input. Error: file_unreadable, naming the file.
Result<std::shared_ptr<std::istream>> open_input(const std::string& path);

/// Why a file or directory was not written: `reason` is what errno said, 0 if it said nothing. Code: file_unwritable.
Status unwritable(const std::string& path, int reason);

/// A whole small file, in memory that is wiped. Errors: file_unreadable, too_large.
Result<Secret> read_secret(const std::string& path);

/// First line of a password file (also /dev/fd/N). No file: an empty password.
Result<Secret> read_password(const std::optional<std::string>& path);

/// Keys of a PEM or PKCS#12 file; which it is shows in the bytes. A PEM file may hold the certificate beside its key.
/// The labels are the file's name. Errors: file_unreadable, malformed, wrong_passphrase (of a missing password too).
Result<std::vector<message::DecryptionKey>> load_keys(const std::string& path, const Secret& password);

/// First certificate of a PEM file. Errors: file_unreadable, malformed.
Result<crypto::Certificate> load_certificate(const std::string& path);

/// crypto::TrustList::load() in the words of the user's language.
Result<crypto::TrustList> load_trust(const std::vector<std::string>& roots, const std::vector<std::string>& user_cas);

}  // namespace kvc::tool
