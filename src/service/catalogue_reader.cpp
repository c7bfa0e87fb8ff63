// SPDX-License-Identifier: Apache-2.0
#include "service/catalogue_reader.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>
#include <utility>

namespace kvc::service {
namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::size_t kMaxText = 1024 * 1024, kMaxLength = 200;
constexpr std::size_t kMaxDepth = 16, kMaxServices = 200, kMaxEntries = 64, kMaxReplies = 16;
constexpr int kMaxCount = 1000, kMaxHours = 10000;
constexpr std::string_view kVariant = "{variant}";

Status wrong(const std::string& path, const std::string& what) {
  return Status(error::invalid_settings, path + ": " + what).with("place", path);
}

std::string printable(std::string_view text) {
  constexpr std::size_t kShown = 40;
  std::string shown;
  for (const char c : text.substr(0, kShown)) {
    shown += c >= ' ' && c < 0x7f ? c : '?';
  }
  return shown;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

bool only_of(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
  });
}

constexpr std::string_view kCapitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool is_name(std::string_view text, std::string_view more) {
  return !text.empty() && text.size() <= 64 && only_of(text, more);
}

// One JSON object and where it stands.
class Node {
 public:
  Node(Object::Ptr object, std::string path) : object_(std::move(object)), path_(std::move(path)) {}

  [[nodiscard]] std::string at(const std::string& key) const { return path_.empty() ? key : path_ + '.' + key; }
  [[nodiscard]] bool has(const std::string& key) const { return object_->has(key); }

  [[nodiscard]] Status only(std::initializer_list<std::string_view> known) const {
    for (const auto& [key, value] : *object_) {
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        return wrong(at(printable(key)), "unknown key");
      }
    }
    return {};
  }

  [[nodiscard]] Result<std::string> text(const std::string& key) const {
    const Var value = object_->get(key);
    if (!value.isString()) {
      return wrong(at(key), "a text is needed");
    }
    auto found = value.extract<std::string>();
    if (found.empty() || found.size() > kMaxLength || has_control(found)) {
      return wrong(at(key), "a text of 1 to 200 bytes in one line is needed");
    }
    return found;
  }
  /// Empty if it is not there.
  [[nodiscard]] Result<std::string> optional_text(const std::string& key) const {
    return has(key) ? text(key) : Result<std::string>(std::string());
  }
  [[nodiscard]] Result<int> number(const std::string& key, int max) const {
    if (!has(key)) {
      return 0;
    }
    const Var value = object_->get(key);
    if (value.isEmpty() || !value.isInteger() || value.isBoolean() || value.isString()) {
      return wrong(at(key), "a whole number is needed");
    }
    try {
      const auto found = value.convert<std::int64_t>();
      if (found >= 0 && found <= max) {
        return static_cast<int>(found);
      }
    } catch (const Poco::Exception&) {
      // larger than any number we know: told below
    }
    return wrong(at(key), "a number from 0 to " + std::to_string(max) + " is needed");
  }
  [[nodiscard]] Result<bool> flag(const std::string& key) const {
    if (!has(key)) {
      return false;
    }
    const Var value = object_->get(key);
    return value.isBoolean() ? Result<bool>(value.extract<bool>()) : wrong(at(key), "true or false is needed");
  }
  /// The value of `names` that stands there.
  template <class Value, std::size_t Size>
  [[nodiscard]] Result<Value> choice(const std::string& key,
                                     const std::array<std::pair<Value, std::string_view>, Size>& names) const {
    KVC_ASSIGN(const std::string found, text(key));
    for (const auto& [value, name] : names) {
      if (found == name) {
        return value;
      }
    }
    return wrong(at(key), "unknown value");
  }
  [[nodiscard]] Result<Array::Ptr> array(const std::string& key, std::size_t max) const {
    if (!has(key)) {
      return Array::Ptr(new Array);
    }
    const Var value = object_->get(key);
    if (value.type() != typeid(Array::Ptr)) {
      return wrong(at(key), "a list is needed");
    }
    auto list = value.extract<Array::Ptr>();
    if (list->size() > max) {
      return wrong(at(key), "at most " + std::to_string(max) + " entries");
    }
    return list;
  }
  [[nodiscard]] Result<std::vector<std::string>> texts(const std::string& key) const {
    KVC_ASSIGN(const Array::Ptr list, array(key, kMaxEntries));
    return texts_of(*list, at(key));
  }
  [[nodiscard]] Result<std::vector<Node>> nodes(const std::string& key, std::size_t max) const {
    KVC_ASSIGN(const Array::Ptr list, array(key, max));
    std::vector<Node> found;
    for (std::size_t i = 0; i < list->size(); ++i) {
      const Var value = list->get(static_cast<unsigned>(i));
      const std::string place = at(key) + '[' + std::to_string(i) + ']';
      if (value.type() != typeid(Object::Ptr)) {
        return wrong(place, "an object is needed");
      }
      found.emplace_back(value.extract<Object::Ptr>(), place);
    }
    return found;
  }
  [[nodiscard]] Result<Node> node(const std::string& key) const {
    const Var value = object_->get(key);
    if (value.type() != typeid(Object::Ptr)) {
      return wrong(at(key), "an object is needed");
    }
    return Node(value.extract<Object::Ptr>(), at(key));
  }

  static Result<std::vector<std::string>> texts_of(const Array& list, const std::string& path) {
    std::vector<std::string> found;
    for (const Var& value : list) {
      if (!value.isString()) {
        return wrong(path, "a list of texts is needed");
      }
      const auto& text = value.extract<std::string>();
      if (text.empty() || text.size() > kMaxLength || has_control(text)) {
        return wrong(path, "texts of 1 to 200 bytes in one line are needed");
      }
      if (std::find(found.begin(), found.end(), text) != found.end()) {
        return wrong(path, "the same entry twice");
      }
      found.push_back(text);
    }
    return found;
  }

 private:
  Object::Ptr object_;
  std::string path_;
};

constexpr std::array<std::pair<Mark, std::string_view>, 3> kMarks{
    {{Mark::certain, "C"}, {Mark::inferred, "I"}, {Mark::defined, "D"}}};
constexpr std::array<std::pair<Recipients, std::string_view>, 4> kRecipients{
    {{Recipients::any, "any"},
     {Recipients::address_book, "address_book"},
     {Recipients::kvca, "kvca"},
     {Recipients::local_part, "local_part"}}};
constexpr std::array<std::pair<ReceiptPolicy, std::string_view>, 3> kPolicies{
    {{ReceiptPolicy::never, "never"},
     {ReceiptPolicy::displayed, "displayed"},
     {ReceiptPolicy::processed, "processed"}}};
constexpr std::array<std::pair<Expected, std::string_view>, 4> kExpected{{{Expected::always, "always"},
                                                                          {Expected::if_requested, "if_requested"},
                                                                          {Expected::announced, "announced"},
                                                                          {Expected::maybe, "maybe"}}};
constexpr std::array<std::pair<LinkBy, std::string_view>, 3> kLinks{
    {{LinkBy::in_reply_to, "in_reply_to"},
     {LinkBy::original_message_id, "original_message_id"},
     {LinkBy::guid, "guid"}}};

Result<Title> read_title(const Node& parent) {
  KVC_ASSIGN(const Node node, parent.node("title"));
  KVC_TRY(node.only({"de", "en"}));
  Title title;
  KVC_ASSIGN(title.de, node.text("de"));
  KVC_ASSIGN(title.en, node.text("en"));
  return title;
}

Result<MessageKind> read_kind(const Node& node) {
  KVC_ASSIGN(const std::string text, node.text("kind"));
  const auto kind = message_kind(text);
  return kind ? Result<MessageKind>(*kind) : wrong(node.at("kind"), "unknown value");
}

bool is_media_type(std::string_view text) {
  const auto slash = text.find('/');
  const auto is_half = [](std::string_view half) {
    return !half.empty() && only_of(half, std::string(kCapitals) + ".+-");
  };
  return slash != std::string_view::npos && is_half(text.substr(0, slash)) && is_half(text.substr(slash + 1));
}

Result<PartRule> read_part(const Node& node) {
  KVC_TRY(node.only({"role", "title", "names", "descriptions", "types", "min", "max", "text"}));
  PartRule part;
  KVC_ASSIGN(part.role, node.text("role"));
  if (!is_name(part.role, "_") || part.role.front() < 'a') {
    return wrong(node.at("role"), "small letters, digits and _ are allowed");
  }
  KVC_ASSIGN(part.title, read_title(node));
  KVC_ASSIGN(part.names, node.texts("names"));
  KVC_ASSIGN(part.descriptions, node.texts("descriptions"));
  KVC_ASSIGN(part.types, node.texts("types"));
  if (!std::all_of(part.types.begin(), part.types.end(), is_media_type)) {
    return wrong(node.at("types"), "media types are needed");
  }
  KVC_ASSIGN(part.min, node.number("min", kMaxCount));
  KVC_ASSIGN(part.max, node.number("max", kMaxCount));
  if (part.max != 0 && part.max < part.min) {
    return wrong(node.at("max"), "less than min");
  }
  KVC_ASSIGN(part.text, node.flag("text"));
  return part;
}

Status read_parts(const Node& node, MessageRule& message) {
  KVC_ASSIGN(const auto parts, node.nodes("parts", kMaxEntries));
  for (const Node& entry : parts) {
    KVC_ASSIGN(auto part, read_part(entry));
    if (message.part(part.role) != nullptr) {
      return wrong(entry.at("role"), "the same role twice");
    }
    message.parts.push_back(std::move(part));
  }
  KVC_ASSIGN(const Array::Ptr sets, node.array("any_of", kMaxEntries));
  for (const Var& value : *sets) {
    if (value.type() != typeid(Array::Ptr)) {
      return wrong(node.at("any_of"), "a list of lists is needed");
    }
    KVC_ASSIGN(auto roles, Node::texts_of(*value.extract<Array::Ptr>(), node.at("any_of")));
    if (roles.empty() || roles.size() > kMaxEntries ||
        std::any_of(roles.begin(), roles.end(), [&](const auto& role) { return message.part(role) == nullptr; })) {
      return wrong(node.at("any_of"), "a set names a role that is none");
    }
    message.any_of.push_back(std::move(roles));
  }
  return {};
}

bool is_element(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.find(';') == std::string_view::npos && !has_control(text);
}

Result<MessageRule> read_message(const Node& node) {
  KVC_TRY(node.only({"kind", "id", "mark", "read_versions", "subject", "title", "parts", "any_of"}));
  MessageRule message;
  KVC_ASSIGN(message.kind, read_kind(node));
  KVC_ASSIGN(const std::string id, node.text("id"));
  auto parsed = ServiceId::parse(id);
  if (!parsed.ok() || parsed->type.empty() || std::count(id.begin(), id.end(), ';') < 2) {
    return wrong(node.at("id"), "service;type;version is needed");
  }
  message.id = std::move(parsed).value();
  KVC_ASSIGN(message.mark, node.choice("mark", kMarks));
  KVC_ASSIGN(message.read_versions, node.texts("read_versions"));
  if (!std::all_of(message.read_versions.begin(), message.read_versions.end(), is_element)) {
    return wrong(node.at("read_versions"), "versions have no semicolon and at most 64 bytes");
  }
  KVC_ASSIGN(message.subject, node.text("subject"));
  if (std::any_of(message.subject.begin(), message.subject.end(), [](char c) { return c < ' ' || c > '~'; })) {
    return wrong(node.at("subject"), "only ASCII is allowed");
  }
  KVC_ASSIGN(message.title, read_title(node));
  KVC_TRY(read_parts(node, message));
  return message;
}

Result<ReplyRule> read_reply(const Node& node) {
  KVC_TRY(node.only({"kind", "by", "expected", "deadline_hours", "working_days", "mark"}));
  ReplyRule reply;
  KVC_ASSIGN(reply.kind, read_kind(node));
  KVC_ASSIGN(const auto by, node.texts("by"));
  for (const std::string& text : by) {
    const auto* found =
        std::find_if(kLinks.begin(), kLinks.end(), [&](const auto& entry) { return entry.second == text; });
    if (found == kLinks.end()) {
      return wrong(node.at("by"), "unknown value");
    }
    reply.by.push_back(found->first);
  }
  if (reply.by.empty()) {
    return wrong(node.at("by"), "at least one entry is needed");
  }
  KVC_ASSIGN(reply.expected, node.choice("expected", kExpected));
  KVC_ASSIGN(reply.deadline_hours, node.number("deadline_hours", kMaxHours));
  KVC_ASSIGN(reply.working_days, node.flag("working_days"));
  KVC_ASSIGN(reply.mark, node.choice("mark", kMarks));
  return reply;
}

void put(std::string& text, std::string_view variant) {
  for (std::size_t at = text.find(kVariant); at != std::string::npos; at = text.find(kVariant, at + variant.size())) {
    text.replace(at, kVariant.size(), variant);
  }
}

// A message that speaks of {variant} becomes one message for each.
void add_variants(const MessageRule& message, Service& service) {
  const bool one = message.id.text().find(kVariant) == std::string::npos;
  if (one || service.variants.empty()) {
    service.messages.push_back(message);
    return;
  }
  for (const std::string& variant : service.variants) {
    MessageRule made = message;
    made.variant = variant;
    for (std::string* text :
         {&made.id.service, &made.id.type, &made.id.version, &made.subject, &made.title.de, &made.title.en}) {
      put(*text, variant);
    }
    service.messages.push_back(std::move(made));
  }
}

Status read_recipients(const Node& node, Service& service) {
  KVC_ASSIGN(service.recipients, node.choice("recipients", kRecipients));
  if ((service.recipients == Recipients::local_part) != node.has("local_part")) {
    return wrong(node.at("local_part"), "goes with recipients local_part, and only with it");
  }
  KVC_ASSIGN(service.local_part, node.optional_text("local_part"));
  if (!service.local_part.empty() && !is_name(service.local_part, std::string(kCapitals) + "._-")) {
    return wrong(node.at("local_part"), "only letters, digits, . _ and - are allowed");
  }
  return {};
}

Status read_variants(const Node& node, Service& service) {
  KVC_ASSIGN(service.variants, node.texts("variants"));
  if (node.has("variants") && service.variants.empty()) {
    return wrong(node.at("variants"), "at least one entry is needed");
  }
  for (const std::string& variant : service.variants) {
    if (!is_name(variant, std::string(kCapitals) + "_-")) {
      return wrong(node.at("variants"), "only letters, digits, _ and - are allowed");
    }
  }
  return {};
}

Result<Service> read_service(const Node& node) {
  KVC_TRY(node.only({"key", "title", "mark", "variants", "recipients", "local_part", "receipt", "answered_by",
                     "messages", "replies"}));
  Service service;
  KVC_ASSIGN(service.key, node.text("key"));
  if (!is_name(service.key, "_-") || service.key.front() == '_' || service.key.front() == '-') {
    return wrong(node.at("key"), "small letters, digits, _ and - are allowed");
  }
  KVC_ASSIGN(service.title, read_title(node));
  KVC_ASSIGN(service.mark, node.choice("mark", kMarks));
  KVC_TRY(read_variants(node, service));
  KVC_TRY(read_recipients(node, service));
  KVC_ASSIGN(service.receipt, node.choice("receipt", kPolicies));
  KVC_ASSIGN(service.answered_by, node.optional_text("answered_by"));
  if (!service.answered_by.empty() && !is_name(service.answered_by, "_-")) {
    return wrong(node.at("answered_by"), "the key of a service is needed");
  }
  if (!node.has("messages")) {
    return wrong(node.at("messages"), "is missing");
  }
  KVC_ASSIGN(const auto messages, node.nodes("messages", kMaxEntries));
  for (const Node& entry : messages) {
    KVC_ASSIGN(const auto message, read_message(entry));
    add_variants(message, service);
  }
  KVC_ASSIGN(const auto replies, node.nodes("replies", kMaxReplies));
  for (const Node& entry : replies) {
    KVC_ASSIGN(auto reply, read_reply(entry));
    if (service.reply(reply.kind) != nullptr) {
      return wrong(entry.at("kind"), "the same kind twice");
    }
    service.replies.push_back(std::move(reply));
  }
  return service;
}

Result<Node> root_of(std::string_view json) {
  if (json.size() > kMaxText) {
    return Status(error::invalid_settings, "the catalogue of services is larger than a mebibyte");
  }
  try {
    Poco::JSON::Parser parser;
    parser.setDepth(kMaxDepth);
    const Var root = parser.parse(std::string(json));
    if (root.type() == typeid(Object::Ptr)) {
      return Node(root.extract<Object::Ptr>(), "");
    }
  } catch (const Poco::Exception&) {
    // told below, without the parser's words: they quote the text
  }
  return Status(error::invalid_settings, "the catalogue of services is no JSON object");
}

}  // namespace

Result<ReadCatalogue> read_catalogue(std::string_view json) {
  KVC_ASSIGN(const Node root, root_of(json));
  KVC_TRY(root.only({"$schema", "receipt_type", "services"}));
  ReadCatalogue read;
  KVC_ASSIGN(read.receipt_type, root.optional_text("receipt_type"));
  if (!read.receipt_type.empty() && !is_element(read.receipt_type)) {
    return wrong("receipt_type", "no semicolon and at most 64 bytes");
  }
  if (!root.has("services")) {
    return wrong("services", "is missing");
  }
  KVC_ASSIGN(const auto services, root.nodes("services", kMaxServices));
  for (const Node& entry : services) {
    KVC_ASSIGN(auto service, read_service(entry));
    read.services.push_back(std::move(service));
  }
  return read;
}

Status check_ids(const std::vector<Service>& services) {
  std::set<std::string> keys;
  std::set<std::pair<std::string, std::string>> ids;
  for (const Service& service : services) {
    if (!keys.insert(service.key).second) {
      return wrong("services." + service.key, "the same key twice");
    }
    for (const MessageRule& message : service.messages) {
      if (!ids.emplace(message.id.service, message.id.type).second) {
        return wrong("services." + service.key, "two messages begin with the same two elements of a Dienstkennung");
      }
    }
  }
  return {};
}

Status check_answers(const std::vector<Service>& services) {
  for (const Service& service : services) {
    const auto answers = [&](const Service& other) {
      return other.key == service.answered_by && other.message(MessageKind::delivery) != nullptr;
    };
    if (!service.answered_by.empty() && std::none_of(services.begin(), services.end(), answers)) {
      return wrong("services." + service.key + ".answered_by", "there is no such service with a delivery");
    }
  }
  return {};
}

}  // namespace kvc::service
