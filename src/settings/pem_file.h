// SPDX-License-Identifier: Apache-2.0
// A look at a file that should hold certificates; the real reading is the crypto layer's.
#pragma once

#include <string>

namespace kvc::settings {

enum class PemFile { good, unreadable, not_a_certificate };

/// Regular, readable, at most 1 MiB, and at least one PEM certificate in it, every one of them parseable.
PemFile look_at_pem_file(const std::string& file);

/// Is there, is a regular file, can be opened.
bool readable_file(const std::string& file);

}  // namespace kvc::settings
