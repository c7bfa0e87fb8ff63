// SPDX-License-Identifier: Apache-2.0
#include "xml/writer.h"

#include <algorithm>

#include "mime/charset.h"

namespace kvc::xml {
namespace {

/// XML 1.0 section 2.2, production Char, on well-formed UTF-8. Line breaks and tabs are characters too, but would be
/// changed by the next reader of an attribute; append() writes them as references.
bool writable(std::string_view text) {
  const bool controls = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  });
  return !controls && mime::is_utf8(text) && text.find("\xEF\xBF\xBE") == std::string_view::npos &&
         text.find("\xEF\xBF\xBF") == std::string_view::npos;
}

}  // namespace

Writer::Writer() : out_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}

void Writer::append(std::string_view element, std::string_view value) {
  if (!writable(value)) {
    if (status_.ok()) {
      status_ =
          Status(error::invalid_field, "a value holds characters XML cannot carry").with("field", std::string(element));
    }
    return;
  }
  for (const char c : value) {
    switch (c) {
      case '&':
        out_ += "&amp;";
        break;
      case '<':
        out_ += "&lt;";
        break;
      case '>':
        out_ += "&gt;";
        break;
      case '"':
        out_ += "&quot;";
        break;
      case '\t':
        out_ += "&#9;";
        break;
      case '\n':
        out_ += "&#10;";
        break;
      case '\r':
        out_ += "&#13;";
        break;
      default:
        out_ += c;
    }
  }
}

void Writer::begin(std::string_view name, Attributes attributes) {
  out_.append(open_.size() * 2, ' ').append("<").append(name);
  for (const auto& [key, value] : attributes) {
    out_.append(" ").append(key).append("=\"");
    append(name, value);
    out_ += '"';
  }
}

void Writer::open(std::string_view name, Attributes attributes) {
  begin(name, attributes);
  out_ += ">\n";
  open_.emplace_back(name);
}

void Writer::close() {
  const std::string name = std::move(open_.back());
  open_.pop_back();
  out_.append(open_.size() * 2, ' ').append("</").append(name).append(">\n");
}

void Writer::leaf(std::string_view name, Attributes attributes) {
  begin(name, attributes);
  out_ += "/>\n";
}

void Writer::text(std::string_view name, std::string_view text, Attributes attributes) {
  begin(name, attributes);
  out_ += '>';
  append(name, text);
  out_.append("</").append(name).append(">\n");
}

Result<std::string> Writer::finish() && {
  KVC_TRY(status_);
  if (!open_.empty()) {
    return Status(error::internal, "an element was not closed");
  }
  return std::move(out_);
}

}  // namespace kvc::xml
