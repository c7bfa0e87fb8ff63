// SPDX-License-Identifier: Apache-2.0
// The practice the reference host plays: who works there, and whom they treat. All of it is made up.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "json.h"
#include "pvs/v1/host.pb.h"

namespace pvs::host {

/// Text that is wiped when it goes. Moves, does not copy.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  SecretText(SecretText&& other) noexcept;
  SecretText& operator=(SecretText&& other) noexcept;
  ~SecretText() { wipe(); }
  [[nodiscard]] const std::string& reveal() const noexcept { return text_; }
  void wipe() noexcept;

 private:
  std::string text_;
};

/// A secret as a person writes it: "text", {"env": "NAME"} or {"file": "path"} (relative to `base`; one line break at
/// its end is not part of it). Throws InputError, which never holds the secret.
[[nodiscard]] SecretText resolve_secret(const Var& value, const std::filesystem::path& base, const std::string& where);

struct PracticeUser {
  v1::User user;        ///< session_unlocked is not used here
  Var password_source;  ///< resolved when it is needed, not kept
};

struct PracticeDocument {
  std::string document_id;
  std::string patient_id;
  std::string title;
  std::string media_type;
  std::filesystem::path file;
};

/// The practice file; host_api/README.md describes it.
struct Practice {
  v1::Practice practice;
  std::string locale = "de-DE";
  std::string time_zone = "Europe/Berlin";
  std::vector<PracticeUser> users;
  std::vector<v1::Patient> patients;
  std::vector<PracticeDocument> documents;
  std::filesystem::path base;  ///< folder that relative names start from

  [[nodiscard]] const PracticeUser* find_user(std::string_view user_id) const;
  [[nodiscard]] const v1::Patient* find_patient(std::string_view patient_id) const;
};

/// Throws InputError naming the key.
[[nodiscard]] Practice parse_practice(std::string_view text, const std::filesystem::path& base);
[[nodiscard]] Practice read_practice(const std::filesystem::path& file);

}  // namespace pvs::host
