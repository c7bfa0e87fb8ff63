// SPDX-License-Identifier: Apache-2.0
// How every operation of the core reports: a value, never an exception that crosses a module.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace kvc {

/// Who can do something about an error. Numbers are those of pvs.v1.Category.
enum class Category : std::uint8_t {
  ok = 0,
  usage = 1,     ///< the caller or user gave something unusable
  auth = 2,      ///< the KV-Connect server did not accept the login
  network = 3,   ///< no connection, or no connection that may be trusted
  protocol = 4,  ///< the server answered against the protocol, or refused
  crypto = 5,    ///< bytes do not decrypt, parse or verify
  policy = 6,    ///< well-formed, but forbidden by our rules
  storage = 7,   ///< database or file system
  host = 8,      ///< the practice system refused or lacks a service
  internal = 9,  ///< our own mistake
  cancelled = 10,
};

/// One entry of error_codes.def. Compare by address or key.
struct ErrorCode {
  Category category;
  const char* key;
  friend bool operator==(const ErrorCode& a, const ErrorCode& b) { return std::string_view(a.key) == b.key; }
};

namespace error {
#define KVC_ERROR(identifier, cat, key) inline constexpr ErrorCode identifier{Category::cat, key};
#include "base/error_codes.def"
#undef KVC_ERROR
}  // namespace error

/// All codes, for tests and documentation.
const std::vector<ErrorCode>& all_error_codes();

/// Outcome of an operation: OK costs one null pointer, an error carries what a user may be told.
///
/// `detail` and the parameters must be safe to show and to log: no password, no key, no patient data, no message
/// content. Thread: a value, like std::string.
class [[nodiscard]] Status {
 public:
  Status() noexcept = default;
  /// `detail` is one technical sentence in English for the expert; the user's sentence comes from the catalogue by key.
  Status(const ErrorCode& code, std::string detail);
  Status(const Status& other);
  Status(Status&&) noexcept = default;
  Status& operator=(const Status& other);
  Status& operator=(Status&&) noexcept = default;
  ~Status() = default;

  [[nodiscard]] bool ok() const noexcept { return rep_ == nullptr; }
  /// REQUIRES: !ok()
  [[nodiscard]] const ErrorCode& code() const noexcept { return rep_->code; }
  [[nodiscard]] Category category() const noexcept { return ok() ? Category::ok : rep_->code.category; }
  [[nodiscard]] bool is(const ErrorCode& code) const noexcept { return !ok() && rep_->code == code; }
  [[nodiscard]] const std::string& detail() const noexcept;
  /// Named values for the catalogue's placeholders, e.g. {"field", "username"}.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& params() const noexcept;
  /// When a retry makes sense, as the server said it (Retry-After); zero if it did not.
  [[nodiscard]] std::chrono::milliseconds retry_after() const noexcept;

  Status&& with(std::string name, std::string value) &&;
  Status&& retry_in(std::chrono::milliseconds delay) &&;

  /// "key: detail", for logs and test failures.
  [[nodiscard]] std::string to_string() const;

 private:
  struct Rep {
    ErrorCode code;
    std::string detail;
    std::vector<std::pair<std::string, std::string>> params;
    std::chrono::milliseconds retry_after{0};
  };
  std::unique_ptr<Rep> rep_;
};

/// A value or the Status that says why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::in_place_index<0>, std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : value_(std::in_place_index<1>, std::move(status)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const noexcept { return value_.index() == 0; }
  [[nodiscard]] Status status() const {
    if (ok()) {
      return {};
    }
    return std::get<1>(value_);
  }
  /// REQUIRES: ok()
  [[nodiscard]] T& value() & { return std::get<0>(value_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(value_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(value_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Status> value_;
};

}  // namespace kvc

#define KVC_CONCAT_(a, b) a##b
#define KVC_CONCAT(a, b) KVC_CONCAT_(a, b)

/// Leaves the function with the Status if it is an error.
#define KVC_TRY(expression)                    \
  do {                                         \
    ::kvc::Status kvc_status_ = (expression);  \
    if (!kvc_status_.ok()) return kvc_status_; \
  } while (false)

/// KVC_ASSIGN(auto key, load_key(...)): declares `key` from a Result, or leaves the function with its Status.
#define KVC_ASSIGN(declaration, expression) KVC_ASSIGN_(declaration, expression, KVC_CONCAT(kvc_result_, __LINE__))
#define KVC_ASSIGN_(declaration, expression, name) \
  auto name = (expression);                        \
  if (!name.ok()) return name.status();            \
  declaration = std::move(name).value()
