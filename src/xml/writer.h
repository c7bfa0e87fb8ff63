// SPDX-License-Identifier: Apache-2.0
// XML that we write: no value can break out of its place.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace kvc::xml {

/// Writes elements line by line, two blanks for each level, LF line ends, UTF-8. Names are ours and are taken as they
/// are; values and texts come from anywhere: they are escaped, and those XML 1.0 cannot hold (control characters,
/// broken UTF-8) make finish() fail with invalid_field. Not for several threads at once.
class Writer {
 public:
  using Attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// `<?xml version="1.0" encoding="UTF-8"?>`
  Writer();
  void open(std::string_view name, Attributes attributes = {});
  void close();
  /// An element without content.
  void leaf(std::string_view name, Attributes attributes = {});
  /// An element with text alone.
  void text(std::string_view name, std::string_view text, Attributes attributes = {});

  /// The document; all elements must be closed. Error: invalid_field, with the element's name as parameter "field".
  [[nodiscard]] Result<std::string> finish() &&;

 private:
  void begin(std::string_view name, Attributes attributes);
  void append(std::string_view element, std::string_view value);

  std::string out_;
  std::vector<std::string> open_;
  Status status_;
};

}  // namespace kvc::xml
