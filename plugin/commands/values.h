// SPDX-License-Identifier: Apache-2.0
// What a user filled in.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "pvs/v1/view.pb.h"

namespace kvc::plugin {

/// A file the host opened for reading.
struct ChosenFile {
  std::uint64_t stream_id = 0;
  std::string name, media_type;
  std::uint64_t size = 0;
};

/// The values of a form or action, moved out of the protobuf message. Every text is kept as a Secret: besides passwords
/// there is message text among them, and neither may stay in freed memory. Copies share nothing. Thread: a value.
class Values {
 public:
  using Message = google::protobuf::RepeatedPtrField<pvs::v1::NamedValue>;
  /// Empties and overwrites the texts and secrets in `values`. Of several values with one name the first counts.
  static Values take(Message& values);

  [[nodiscard]] bool has(std::string_view name) const;
  /// Text of the field, empty if there is none. Of a choice: the first id.
  [[nodiscard]] std::string text(std::string_view name) const;
  /// As text(), without blanks around it.
  [[nodiscard]] std::string trimmed(std::string_view name) const;
  [[nodiscard]] Secret secret(std::string_view name) const;
  [[nodiscard]] bool check(std::string_view name, bool otherwise) const;
  /// What is ticked in a multi-choice, each id once.
  [[nodiscard]] std::vector<std::string> ids(std::string_view name) const;
  [[nodiscard]] std::vector<ChosenFile> files(std::string_view name) const;

 private:
  std::map<std::string, Secret, std::less<>> texts_;
  std::map<std::string, bool, std::less<>> checks_;
  std::map<std::string, std::vector<std::string>, std::less<>> ids_;
  std::map<std::string, std::vector<ChosenFile>, std::less<>> files_;
};

}  // namespace kvc::plugin
