// SPDX-License-Identifier: Apache-2.0
#include "serve/html.h"

namespace pvs::host::serve {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// Length of the valid UTF-8 sequence at the beginning of `text`, 0 if there is none. Overlong forms, surrogates and
/// numbers beyond U+10FFFF are none.
std::size_t sequence_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && at(i) >= low && at(i) <= high;
  };
  const unsigned first = at(0);
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xC2 && first <= 0xDF) {
    return follows(1) ? 2 : 0;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

void append_character(std::string& out, std::string_view character) {
  const auto c = static_cast<unsigned char>(character[0]);
  switch (c) {
    case '&':
      out += "&amp;";
      return;
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '"':
      out += "&quot;";
      return;
    case '\'':
      out += "&#39;";
      return;
    default:
      break;
  }
  const bool control = (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F ||
                       (character.size() == 2 && c == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0);
  out += control ? kReplacement : character;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (text[0] == '\r') {
      // A line break of a mail or of Windows is one; alone it is one too.
      out += text.substr(1).starts_with('\n') ? "" : "\n";
      text.remove_prefix(1);
    } else if (length == 0) {
      out += kReplacement;
      text.remove_prefix(1);
    } else {
      append_character(out, text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
        c == '~' || (c == '.' && text.size() > 2)) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

std::string percent_decoded(std::string_view text, bool plus_is_blank, bool& valid) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        valid = false;
        return {};
      }
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

std::string Path::with(Path path, std::string_view segment) {
  return std::string(path.text()) + percent_encoded(segment);
}

Html::Element::~Element() {
  html_->out_ += "</";
  html_->out_ += tag_;
  html_->out_ += '>';
}

void Html::attribute(const Attribute& attribute) {
  out_ += ' ';
  out_ += attribute.name;
  if (attribute.has_value) {
    out_ += "=\"";
    out_ += escaped(attribute.value);
    out_ += '"';
  }
}

void Html::begin(std::string_view tag, Attributes attributes, const std::vector<Attribute>& more) {
  out_ += '<';
  out_ += tag;
  for (const Attribute& one : attributes) {
    attribute(one);
  }
  for (const Attribute& one : more) {
    attribute(one);
  }
}

Html::Element Html::element(Name tag, Attributes attributes, const std::vector<Attribute>& more) {
  begin(tag.text(), attributes, more);
  out_ += '>';
  return {*this, tag.text()};
}

void Html::empty_element(Name tag, Attributes attributes, const std::vector<Attribute>& more) {
  begin(tag.text(), attributes, more);
  out_ += '>';
}

void Html::leaf(Name tag, Attributes attributes, std::string_view content) {
  const Element element_here = element(tag, attributes);
  text(content);
}

void Html::leaf_with(Name tag, const std::vector<Attribute>& attributes, std::string_view content) {
  const Element element_here = element(tag, {}, attributes);
  text(content);
}

void Html::text(std::string_view text) {
  out_ += escaped(text);
}

void Html::breakable(std::string_view text) {
  while (!text.empty()) {
    const std::size_t at = text.find('@');
    const std::size_t length = at == std::string_view::npos ? text.size() : at + 1;
    out_ += escaped(text.substr(0, length));
    text.remove_prefix(length);
    out_ += text.empty() ? "" : "<wbr>";
  }
}

void Html::paragraphs(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find("\n\n");
    const std::string_view paragraph = text.substr(0, end);
    if (!paragraph.empty()) {
      leaf("p", {{"class", "text"}}, paragraph);  // the style keeps single line breaks
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  }
}

Html::Element Html::form(Path action, Attributes attributes) {
  begin("form", {{"method", "post"}, {"accept-charset", "utf-8"}}, {});
  out_ += " action=\"";
  out_ += action.text();
  out_ += '"';
  for (const Attribute& one : attributes) {
    attribute(one);
  }
  out_ += '>';
  return {*this, "form"};
}

Html::Element Html::link(Path path, std::string_view segment, Attributes attributes) {
  out_ += "<a href=\"";
  out_ += Path::with(path, segment);
  out_ += '"';
  for (const Attribute& one : attributes) {
    attribute(one);
  }
  out_ += '>';
  return {*this, "a"};
}

Html::Element Html::jump(Name id, Attributes attributes) {
  out_ += "<a href=\"#";
  out_ += id.text();
  out_ += '"';
  for (const Attribute& one : attributes) {
    attribute(one);
  }
  out_ += '>';
  return {*this, "a"};
}

void Html::outside_link(std::string_view url) {
  if (!url.starts_with("https://") && !url.starts_with("http://")) {
    text(url);
    return;
  }
  out_ += "<a target=\"_blank\" rel=\"noopener noreferrer\" href=\"";
  out_ += escaped(url);
  out_ += "\">";
  text(url);
  out_ += "</a>";
}

void Html::script(Path path) {
  out_ += "<script defer src=\"";
  out_ += path.text();
  out_ += "\"></script>";
}

void Html::stylesheet(Path path) {
  out_ += "<link rel=\"stylesheet\" href=\"";
  out_ += path.text();
  out_ += "\">";
}

void Html::icon_link(Path path) {
  out_ += "<link rel=\"icon\" type=\"image/svg+xml\" href=\"";
  out_ += path.text();
  out_ += "\">";
}

void Html::icon(Name symbol) {
  out_ += "<svg class=\"icon\" aria-hidden=\"true\" focusable=\"false\"><use href=\"/assets/icons.svg#";
  out_ += symbol.text();
  out_ += "\"></use></svg>";
}

}  // namespace pvs::host::serve
