// SPDX-License-Identifier: Apache-2.0
// Cookies and the marks against forged requests.
#pragma once

#include <string>
#include <string_view>

namespace pvs::host::serve {

/// 256 random bits in hexadecimal. Throws std::runtime_error without randomness.
[[nodiscard]] std::string new_token();
[[nodiscard]] bool is_token(std::string_view text);
/// What is kept of a cookie: who reads the memory of a table has no cookie.
[[nodiscard]] std::string token_key(std::string_view token);
/// Takes the same time wherever they differ.
[[nodiscard]] bool same_token(std::string_view a, std::string_view b);
/// Ties the hidden field of the log-in page to its cookie; `secret` is this process's.
[[nodiscard]] std::string signed_token(std::string_view secret, std::string_view token);

}  // namespace pvs::host::serve
