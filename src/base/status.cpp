// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

namespace kvc {

const std::vector<ErrorCode>& all_error_codes() {
  static const std::vector<ErrorCode> codes = {
#define KVC_ERROR(identifier, cat, key) error::identifier,
#include "base/error_codes.def"
#undef KVC_ERROR
  };
  return codes;
}

Status::Status(const ErrorCode& code, std::string detail)
    : rep_(std::make_unique<Rep>(Rep{code, std::move(detail), {}, std::chrono::milliseconds{0}})) {}

Status::Status(const Status& other) : rep_(other.rep_ ? std::make_unique<Rep>(*other.rep_) : nullptr) {}

Status& Status::operator=(const Status& other) {
  if (this != &other) {
    rep_ = other.rep_ ? std::make_unique<Rep>(*other.rep_) : nullptr;
  }
  return *this;
}

const std::string& Status::detail() const noexcept {
  static const std::string none;
  return rep_ ? rep_->detail : none;
}

const std::vector<std::pair<std::string, std::string>>& Status::params() const noexcept {
  static const std::vector<std::pair<std::string, std::string>> none;
  return rep_ ? rep_->params : none;
}

std::chrono::milliseconds Status::retry_after() const noexcept {
  return rep_ ? rep_->retry_after : std::chrono::milliseconds{0};
}

Status&& Status::with(std::string name, std::string value) && {
  if (rep_) {
    rep_->params.emplace_back(std::move(name), std::move(value));
  }
  return std::move(*this);
}

Status&& Status::retry_in(std::chrono::milliseconds delay) && {
  if (rep_) {
    rep_->retry_after = delay;
  }
  return std::move(*this);
}

std::string Status::to_string() const {
  return rep_ ? std::string(rep_->code.key) + ": " + rep_->detail : std::string("ok");
}

}  // namespace kvc
