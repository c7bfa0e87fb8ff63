// SPDX-License-Identifier: Apache-2.0
#include <Poco/Exception.h>
#include <Poco/SAX/Attributes.h>
#include <Poco/SAX/DefaultHandler.h>
#include <Poco/SAX/InputSource.h>
#include <Poco/SAX/SAXParser.h>

#include <exception>
#include <istream>
#include <new>
#include <utility>

#include "directory/book_reader.h"

namespace kvc::directory {
namespace {

using Poco::XML::XMLString;

constexpr int kEntryDepth = 2;  // <accounts>, <account>

/// Throws nothing, because it is called through expat: a fault stops the stream, and the rest is not listened to.
class Handler final : public Poco::XML::DefaultHandler {
 public:
  Handler(BookStream& stream, const EntryFn& entry) : stream_(stream), entry_(entry) {}

  void startElement(const XMLString&, const XMLString& local, const XMLString&,
                    const Poco::XML::Attributes& attributes) override {
    ++depth_;
    if (depth_ == 1 && local != kXmlRoot) {
      stream_.stop({error::bad_answer, "the address book is XML of another kind"});
    }
    if (depth_ == kEntryDepth) {
      in_entry_ = local == kXmlEntry;
      current_ = Entry();
      current_.uid = in_entry_ ? attributes.getValue("", XMLString(kNameUid)) : XMLString();
    }
    text_.clear();
  }
  void endElement(const XMLString&, const XMLString& local, const XMLString&) override {
    if (in_entry_ && depth_ == kEntryDepth + 1) {
      set(local);
    } else if (depth_ == kEntryDepth) {
      finish();
    }
    text_.clear();
    --depth_;
  }
  void characters(const Poco::XML::XMLChar text[], int start, int length) override {
    // The budget per entry limits what comes together here.
    if (in_entry_ && depth_ == kEntryDepth + 1) {
      text_.append(text + start, static_cast<std::size_t>(length));
    }
  }

 private:
  void set(const XMLString& name) {
    if (name == kNameCertificateValidTo) {
      current_.certificate_valid_to = parse_date_time(text_);
    } else if (name == kXmlService) {
      if (current_.services.size() < kMaxServices) {
        current_.services.push_back(std::move(text_));
      }
    } else if (const TextField* field = text_field(name); field != nullptr) {
      current_.*field->member = std::move(text_);
    }
  }
  void finish() {
    if (in_entry_ && !stream_.stopped()) {
      stream_.stop(entry_(std::move(current_)));
    }
    in_entry_ = false;
    stream_.entry_done();
  }

  BookStream& stream_;
  const EntryFn& entry_;
  Entry current_;
  std::string text_;
  int depth_ = 0;
  bool in_entry_ = false;
};

/// Nothing but comments and processing instructions may stand before the root element here, and all of that within the
/// first block: a DOCTYPE, which XML 1.0 allows only there, is never reached by the parser.
Status check_prolog(std::string_view block) {
  if (block.find('\0') != std::string_view::npos || block.starts_with("\xFF\xFE") || block.starts_with("\xFE\xFF")) {
    return {error::bad_answer, "the address book is not in an ASCII-compatible encoding"};
  }
  for (;;) {
    block.remove_prefix(std::min(block.find('<'), block.size()));
    const std::string_view end = block.starts_with("<?") ? "?>" : block.starts_with("<!--") ? "-->" : "";
    if (end.empty()) {
      break;
    }
    const std::size_t close = block.find(end, end.size() == 3 ? 4 : 2);
    block.remove_prefix(close == std::string_view::npos ? block.size() : close + end.size());
  }
  if (block.empty()) {
    return {error::bad_answer, "the address book has no root element"};
  }
  return block.starts_with("<!") ? Status(error::bad_answer, "the address book has a document type declaration")
                                 : Status();
}

}  // namespace

Status read_xml(BookStream& stream, const EntryFn& entry) {
  stream.stop(check_prolog(stream.first_block()));
  KVC_TRY(stream.outcome());
  Status parsed;
  try {
    Handler handler(stream, entry);
    std::istream in(&stream);
    Poco::XML::InputSource source(in);
    Poco::XML::SAXParser parser;
    parser.setFeature(Poco::XML::XMLReader::FEATURE_NAMESPACES, true);
    parser.setFeature(Poco::XML::XMLReader::FEATURE_EXTERNAL_GENERAL_ENTITIES, false);
    parser.setFeature(Poco::XML::XMLReader::FEATURE_EXTERNAL_PARAMETER_ENTITIES, false);
    parser.setContentHandler(&handler);
    parser.parse(&source);
  } catch (const std::bad_alloc&) {
    parsed = Status(error::out_of_memory, "not enough memory to read the address book");
  } catch (const std::exception&) {
    parsed = Status(error::bad_answer, "the address book is no well-formed XML");
  }
  KVC_TRY(stream.outcome());
  return parsed;
}

}  // namespace kvc::directory
