// SPDX-License-Identifier: Apache-2.0
// XML that others wrote: the one way it is read in this project.
//
// A sender is trusted neither with our memory nor with our disk: a document type declaration is refused (so there are
// no entities to expand and none to fetch; RFC 3470 section 4.14), and size, depth, elements, attributes and texts are
// limited. Namespaces are resolved. Thread: [any]; nothing is shared between calls.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace kvc::xml {

/// [D] What a document may cost. The defaults fit everything the services send; a reader of larger files says so.
struct Limits {
  std::size_t bytes = 4UL * 1024 * 1024;
  std::size_t elements = 100000;
  int depth = 64;
  std::size_t attributes = 64;             ///< of one element
  std::size_t text_bytes = 1024UL * 1024;  ///< of one element's own text, and of one attribute's value
};

struct Attribute {
  std::string ns, name, value;
};

/// What parse() finds, in the order of the document. `name` is the local name, `line` counts from 1. The views live for
/// the call. An error ends the reading and is what parse() returns.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual Status start(std::string_view ns, std::string_view name, const std::vector<Attribute>& attributes,
                       int line) = 0;
  virtual Status end(std::string_view ns, std::string_view name) = 0;
  /// A piece of character data; an element's text may come in several.
  virtual Status text(std::string_view piece) = 0;
};

/// Reads a whole document. Encodings: what the declaration says, of those that contain ASCII (UTF-8, ISO-8859-1, -15,
/// windows-1252 ...); handlers get UTF-8. Errors: malformed (detail and the parameter "line" say where; never a text of
/// the document), too_large for a limit, and whatever the handler returns.
Status parse(std::string_view document, const Limits& limits, Handler& handler);

/// An element with everything below it. Comments and processing instructions are left out.
struct Element {
  std::string ns, name;
  std::vector<Attribute> attributes;
  std::string text;  ///< its own character data, joined, not trimmed
  std::vector<Element> children;
  int line = 0;

  /// The value of the attribute without a namespace; null if there is none.
  [[nodiscard]] const std::string* attribute(std::string_view wanted) const;
  /// The same, empty if there is none.
  [[nodiscard]] std::string_view value(std::string_view wanted) const;
  /// The first child of that local name in this element's namespace; null if there is none.
  [[nodiscard]] const Element* child(std::string_view wanted) const;
  [[nodiscard]] std::vector<const Element*> all(std::string_view wanted) const;
  /// The first descendant along local names, "recordTarget/patientRole/patient"; null if a step is missing.
  [[nodiscard]] const Element* at(std::string_view path) const;
};

/// The whole document as its root element. Errors as parse().
Result<Element> read(std::string_view document, const Limits& limits = {});

/// White space of XML taken off both ends.
std::string_view trimmed(std::string_view text);

}  // namespace kvc::xml
