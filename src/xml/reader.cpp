// SPDX-License-Identifier: Apache-2.0
#include "xml/reader.h"

#include <Poco/Exception.h>
#include <Poco/SAX/Attributes.h>
#include <Poco/SAX/DefaultHandler.h>
#include <Poco/SAX/InputSource.h>
#include <Poco/SAX/Locator.h>
#include <Poco/SAX/SAXException.h>
#include <Poco/SAX/SAXParser.h>

#include <algorithm>
#include <istream>
#include <streambuf>

#include "base/guard.h"

namespace kvc::xml {
namespace {

using Poco::XML::XMLString;

Status at_line(const ErrorCode& code, const char* why, int line) {
  return Status(code, std::string(why) + " (line " + std::to_string(line) + ")").with("line", std::to_string(line));
}

/// True if a document type declaration (or anything else that is no comment and no processing instruction) stands
/// before the root element: the only place XML 1.0 allows one.
bool declares_document_type(std::string_view xml) {
  if (xml.starts_with("\xEF\xBB\xBF")) {
    xml.remove_prefix(3);
  }
  for (;;) {
    const std::size_t open = xml.find('<');
    if (open == std::string_view::npos) {
      return false;
    }
    xml.remove_prefix(open);
    std::string_view end;
    if (xml.starts_with("<?")) {
      end = "?>";
    } else if (xml.starts_with("<!--")) {
      end = "-->";
    } else {
      return xml.starts_with("<!");
    }
    const std::size_t close = xml.find(end, 2);
    if (close == std::string_view::npos) {
      return false;  // not well-formed: the parser says so
    }
    xml.remove_prefix(close + end.size());
  }
}

/// Between the parser and the handler: limits, and nothing thrown through the parser's C code.
class Gate : public Poco::XML::DefaultHandler {
 public:
  Gate(const Limits& limits, Handler& handler) : limits_(limits), handler_(handler) {}

  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] bool failed() const { return !status_.ok(); }
  [[nodiscard]] int line() const { return locator_ == nullptr ? 0 : locator_->getLineNumber(); }

  void setDocumentLocator(const Poco::XML::Locator* locator) override { locator_ = locator; }
  void startElement(const XMLString& ns, const XMLString& name, const XMLString&,
                    const Poco::XML::Attributes& attributes) override {
    pass([&] { return start(ns, name, attributes); });
  }
  void endElement(const XMLString& ns, const XMLString& name, const XMLString&) override {
    pass([&] {
      text_bytes_.pop_back();
      return handler_.end(ns, name);
    });
  }
  void characters(const Poco::XML::XMLChar text[], int start, int length) override {
    pass([&]() -> Status {
      if (text_bytes_.empty()) {
        return {};
      }
      const auto size = static_cast<std::size_t>(length);
      if (size > limits_.text_bytes - text_bytes_.back()) {
        return too_large("a text of the XML document is too large");
      }
      text_bytes_.back() += size;
      return handler_.text({text + start, size});
    });
  }

 private:
  template <class Work>
  void pass(const Work& work) {
    if (!failed()) {
      status_ = guarded([&]() -> Status { return work(); });
    }
  }
  Status too_large(const char* why) const { return at_line(error::too_large, why, line()); }

  Status start(const XMLString& ns, const XMLString& name, const Poco::XML::Attributes& attributes) {
    if (text_bytes_.size() >= static_cast<std::size_t>(limits_.depth)) {
      return too_large("the XML document is nested too deeply");
    }
    if (++elements_ > limits_.elements) {
      return too_large("the XML document has too many elements");
    }
    const int count = attributes.getLength();
    if (static_cast<std::size_t>(count) > limits_.attributes) {
      return too_large("an element of the XML document has too many attributes");
    }
    std::vector<Attribute> copied;
    for (int i = 0; i < count; ++i) {
      if (attributes.getValue(i).size() > limits_.text_bytes) {
        return too_large("an attribute of the XML document is too large");
      }
      copied.push_back({attributes.getURI(i), attributes.getLocalName(i), attributes.getValue(i)});
    }
    text_bytes_.push_back(0);
    return handler_.start(ns, name, copied, line());
  }

  const Limits& limits_;
  Handler& handler_;
  const Poco::XML::Locator* locator_ = nullptr;
  std::vector<std::size_t> text_bytes_;  ///< of each open element
  std::size_t elements_ = 0;
  Status status_;
};

/// The document in small pieces, which end when the gate has seen enough: the parser itself cannot be stopped.
class Pieces : public std::streambuf {
 public:
  Pieces(std::string_view document, const Gate& gate) : rest_(document), gate_(gate) {}

 protected:
  int_type underflow() override {
    constexpr std::size_t kPiece = 4096;
    const std::string_view piece = gate_.failed() ? std::string_view() : rest_.substr(0, kPiece);
    rest_.remove_prefix(piece.size());
    char* begin = const_cast<char*>(piece.data());  // NOLINT: a get area is never written to
    setg(begin, begin, begin + piece.size());
    return piece.empty() ? traits_type::eof() : traits_type::to_int_type(piece.front());
  }

 private:
  std::string_view rest_;
  const Gate& gate_;
};

Status run(std::string_view document, Gate& gate) {
  Pieces pieces(document, gate);
  std::istream stream(&pieces);
  Poco::XML::InputSource source(stream);
  try {
    Poco::XML::SAXParser parser;
    parser.setFeature(Poco::XML::XMLReader::FEATURE_NAMESPACES, true);
    parser.setFeature(Poco::XML::XMLReader::FEATURE_EXTERNAL_GENERAL_ENTITIES, false);
    parser.setFeature(Poco::XML::XMLReader::FEATURE_EXTERNAL_PARAMETER_ENTITIES, false);
    parser.setContentHandler(&gate);
    parser.parse(&source);
  } catch (const Poco::XML::SAXParseException& e) {
    return gate.failed() ? gate.status() : at_line(error::malformed, "the XML is not well-formed", e.getLineNumber());
  } catch (const Poco::Exception&) {
    return gate.failed() ? gate.status() : Status(error::malformed, "the XML is not well-formed");
  }
  return gate.status();
}

}  // namespace

Status parse(std::string_view document, const Limits& limits, Handler& handler) {
  if (document.size() > limits.bytes) {
    return {error::too_large, "the XML document is too large"};
  }
  // UTF-16 and UTF-32 hide a DOCTYPE from the look below; nobody in the network writes them.
  if (document.find('\0') != std::string_view::npos || document.starts_with("\xFF\xFE") ||
      document.starts_with("\xFE\xFF")) {
    return {error::malformed, "the XML document is not in an ASCII-compatible encoding"};
  }
  if (declares_document_type(document)) {
    return {error::malformed, "the XML document has a document type declaration"};
  }
  return guarded([&] {
    Gate gate(limits, handler);
    return run(document, gate);
  });
}

}  // namespace kvc::xml
