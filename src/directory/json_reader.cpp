// SPDX-License-Identifier: Apache-2.0
#include <Poco/Exception.h>
#include <Poco/JSON/Handler.h>
#include <Poco/JSON/Parser.h>

#include <exception>
#include <istream>
#include <new>
#include <utility>

#include "directory/book_reader.h"

namespace kvc::directory {
namespace {

constexpr int kEntryDepth = 2;  // the array, the object

/// Hears of every value of the book and keeps those of the entry it is in.
class Handler final : public Poco::JSON::Handler {
 public:
  Handler(BookStream& stream, const EntryFn& entry) : stream_(stream), entry_(entry) {}

  void reset() override {}
  void startObject() override {
    if (depth_ == 0) {
      stream_.stop({error::bad_answer, "the address book is no JSON array"});
    }
    open();
    if (depth_ == kEntryDepth) {
      current_ = Entry();
    }
  }
  void endObject() override {
    if (depth_ == kEntryDepth && !stream_.stopped()) {
      stream_.stop(entry_(std::move(current_)));
      stream_.entry_done();
    }
    close();
  }
  void startArray() override {
    open();
    in_services_ = depth_ == kEntryDepth + 1 && key_ == kJsonServices;
  }
  void endArray() override {
    in_services_ = false;
    close();
  }
  void key(const std::string& name) override {
    if (depth_ == kEntryDepth) {
      key_ = name;
    }
  }
  void null() override { take({}); }
  void value(int number) override { take(std::to_string(number)); }
  void value(unsigned number) override { take(std::to_string(number)); }
#if defined(POCO_HAVE_INT64)
  void value(Poco::Int64 number) override {
    take(std::to_string(number));
  }
  void value(Poco::UInt64 number) override {
    take(std::to_string(number));
  }
#endif
  void value(const std::string& text) override {
    take(text);
  }
  void value(double) override {
    take({});
  }
  void value(bool) override {
    take({});
  }

  [[nodiscard]] bool complete() const {
    return seen_ && depth_ == 0;
  }

 private:
  void open() {
    seen_ = true;
    ++depth_;
  }
  void close() {
    --depth_;
  }
  void take(std::string text) {
    if (depth_ == 0 || (depth_ == 1 && !text.empty())) {
      stream_.stop({error::bad_answer, "the address book is no array of objects"});
    } else if (in_services_ && depth_ == kEntryDepth + 1) {
      add_service(std::move(text));
    } else if (depth_ == kEntryDepth) {
      set(std::move(text));
    }
  }
  void add_service(std::string text) {
    if (current_.services.size() < kMaxServices) {
      current_.services.push_back(std::move(text));
    }
  }
  void set(std::string text) {
    if (key_ == kNameCertificateValidTo) {
      current_.certificate_valid_to = parse_date_time(text);
    } else if (key_ == kJsonServices) {
      add_service(std::move(text));  // a server with one service may forget the brackets
    } else if (const TextField* field = text_field(key_); field != nullptr) {
      current_.*field->member = std::move(text);
    }
  }

  BookStream& stream_;
  const EntryFn& entry_;
  Entry current_;
  std::string key_;
  int depth_ = 0;
  bool in_services_ = false;
  bool seen_ = false;
};

}  // namespace

Status read_json(BookStream& stream, const EntryFn& entry) {
  Status parsed;
  const Poco::SharedPtr<Handler> handler(new Handler(stream, entry));
  try {
    std::istream in(&stream);
    if (stream.first_block().starts_with("\xEF\xBB\xBF")) {
      in.ignore(3);  // RFC 8259 section 8.1: may be ignored
    }
    Poco::JSON::Parser parser;
    parser.setHandler(handler);
    parser.setDepth(kMaxJsonDepth);
    parser.parse(in);
  } catch (const std::bad_alloc&) {
    parsed = Status(error::out_of_memory, "not enough memory to read the address book");
  } catch (const std::exception&) {
    parsed = Status(error::bad_answer, "the address book is no well-formed JSON");
  }
  KVC_TRY(stream.outcome());
  KVC_TRY(parsed);
  return handler->complete() ? Status() : Status(error::bad_answer, "the address book ends too early");
}

}  // namespace kvc::directory
