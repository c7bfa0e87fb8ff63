// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/guard.h"
#include "xml/reader.h"

namespace kvc::xml {
namespace {

/// Builds the tree; the depth limit of parse() bounds every recursion over it.
class Builder : public Handler {
 public:
  Status start(std::string_view ns, std::string_view name, const std::vector<Attribute>& attributes,
               int line) override {
    Element element;
    element.ns = ns;
    element.name = name;
    element.attributes = attributes;
    element.line = line;
    open_.push_back(std::move(element));
    return {};
  }
  Status end(std::string_view, std::string_view) override {
    Element done = std::move(open_.back());
    open_.pop_back();
    (open_.empty() ? root_ : open_.back().children.emplace_back()) = std::move(done);
    return {};
  }
  Status text(std::string_view piece) override {
    open_.back().text += piece;
    return {};
  }
  Element take() { return std::move(root_); }

 private:
  std::vector<Element> open_;
  Element root_;
};

}  // namespace

const std::string* Element::attribute(std::string_view wanted) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const Attribute& a) { return a.ns.empty() && a.name == wanted; });
  return found == attributes.end() ? nullptr : &found->value;
}

std::string_view Element::value(std::string_view wanted) const {
  const std::string* found = attribute(wanted);
  return found == nullptr ? std::string_view() : std::string_view(*found);
}

const Element* Element::child(std::string_view wanted) const {
  const auto found =
      std::find_if(children.begin(), children.end(), [&](const Element& e) { return e.ns == ns && e.name == wanted; });
  return found == children.end() ? nullptr : &*found;
}

std::vector<const Element*> Element::all(std::string_view wanted) const {
  std::vector<const Element*> found;
  for (const Element& element : children) {
    if (element.ns == ns && element.name == wanted) {
      found.push_back(&element);
    }
  }
  return found;
}

const Element* Element::at(std::string_view path) const {
  const Element* element = this;
  while (element != nullptr && !path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    element = element->child(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return element;
}

Result<Element> read(std::string_view document, const Limits& limits) {
  return guarded([&]() -> Result<Element> {
    Builder builder;
    KVC_TRY(parse(document, limits, builder));
    return builder.take();
  });
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace kvc::xml
