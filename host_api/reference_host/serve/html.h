// SPDX-License-Identifier: Apache-2.0
// The only way this host writes HTML. Markup comes from literals of this program, everything else is escaped; a text
// that is known only at run time cannot become a tag, a name of an attribute, a script or an address with a scheme:
// such code does not compile.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace pvs::host::serve {

/// A name fixed when this program is compiled: small letters, digits, '-'.
class Name {
 public:
  template <std::size_t kSize>
  consteval Name(const char (&text)[kSize]) : text_(text, kSize - 1) {  // NOLINT(google-explicit-constructor)
    for (const char c : text_) {
      if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
        throw "a name has small letters, digits and '-' only";
      }
    }
  }
  [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }

 private:
  std::string_view text_;
};

/// The name of an attribute that takes any text. Addresses and scripts are refused when this program is compiled.
class AttributeName {
 public:
  template <std::size_t kSize>
  consteval AttributeName(const char (&text)[kSize]) : name_(text) {  // NOLINT(google-explicit-constructor)
    const std::string_view name(text, kSize - 1);
    if (name.starts_with("on") || name == "style" || name == "href" || name == "src" || name == "action" ||
        name == "formaction" || name == "srcdoc") {
      throw "addresses are a Path, scripts and styles are files";
    }
  }
  [[nodiscard]] constexpr std::string_view text() const noexcept { return name_.text(); }

 private:
  Name name_;
};

/// An address of this server: a path that is part of this program, with escaped segments behind it.
class Path {
 public:
  template <std::size_t kSize>
  consteval Path(const char (&text)[kSize]) : fixed_(text, kSize - 1) {  // NOLINT(google-explicit-constructor)
    if (kSize < 2 || text[0] != '/' || (kSize > 2 && text[1] == '/')) {
      throw "an address of this server begins with one '/'";
    }
  }
  /// `segment` is percent-encoded, whatever is in it.
  [[nodiscard]] static std::string with(Path path, std::string_view segment);
  [[nodiscard]] constexpr std::string_view text() const noexcept { return fixed_; }

 private:
  std::string_view fixed_;
};

/// name="value", or a bare name.
struct Attribute {
  Attribute(AttributeName attribute, std::string_view text) : name(attribute.text()), value(text), has_value(true) {}
  explicit Attribute(AttributeName attribute) : name(attribute.text()), has_value(false) {}
  std::string_view name;
  std::string_view value;
  bool has_value;
};
using Attributes = std::initializer_list<Attribute>;

/// Collects a document. One thread.
class Html {
 public:
  /// Ends its element when it goes.
  class Element {
   public:
    Element(Html& html, std::string_view tag) : html_(&html), tag_(tag) {}
    Element(const Element&) = delete;
    Element& operator=(const Element&) = delete;
    Element(Element&&) = delete;
    Element& operator=(Element&&) = delete;
    ~Element();

   private:
    Html* html_;
    std::string_view tag_;
  };

  void doctype() { out_ += "<!doctype html>\n"; }
  /// Begins an element; it ends with the result. `more` are attributes collected at run time.
  [[nodiscard]] Element element(Name tag, Attributes attributes = {}, const std::vector<Attribute>& more = {});
  /// An element without content: input, link, meta, br, hr.
  void empty_element(Name tag, Attributes attributes, const std::vector<Attribute>& more = {});
  /// An element with a text in it.
  void leaf(Name tag, Attributes attributes, std::string_view text);
  void leaf_with(Name tag, const std::vector<Attribute>& attributes, std::string_view text);
  void text(std::string_view text);
  /// A text that may be broken after each '@', so that addresses fit into narrow columns.
  void breakable(std::string_view text);
  /// Line breaks of the text become lines on the screen, an empty line a paragraph.
  void paragraphs(std::string_view text);

  [[nodiscard]] Element form(Path action, Attributes attributes = {});
  /// `segment` behind the path, percent-encoded; `file`: the browser saves instead of showing.
  [[nodiscard]] Element link(Path path, std::string_view segment, Attributes attributes = {});
  /// A link to an element of the same page.
  [[nodiscard]] Element jump(Name id, Attributes attributes = {});
  /// A page elsewhere, in a window of its own that knows nothing of ours. Anything but http(s) becomes plain text.
  void outside_link(std::string_view url);
  void script(Path path);
  void stylesheet(Path path);
  void icon_link(Path path);
  /// One of the drawings of assets/icons.svg, without meaning of its own.
  void icon(Name symbol);

  [[nodiscard]] const std::string& str() const noexcept { return out_; }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void begin(std::string_view tag, Attributes attributes, const std::vector<Attribute>& more);
  void attribute(const Attribute& attribute);
  std::string out_;
};

/// The text with what has a meaning in HTML replaced, and with U+FFFD for broken UTF-8 and control characters, which no
/// text should have. For tests; Html calls it by itself.
[[nodiscard]] std::string escaped(std::string_view text);
[[nodiscard]] std::string percent_encoded(std::string_view text);
/// Nothing for what is no valid encoding.
[[nodiscard]] std::string percent_decoded(std::string_view text, bool plus_is_blank, bool& valid);

}  // namespace pvs::host::serve
