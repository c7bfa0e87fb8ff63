// SPDX-License-Identifier: Apache-2.0
#include "json.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>
#include <Poco/JSON/Stringifier.h>
#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace pvs::host {
namespace {

constexpr std::size_t kMaxDocument = 4194304;
constexpr int kMaxDepth = 64;

}  // namespace

JsonObject::Ptr new_object() {
  return new JsonObject(Poco::JSON_PRESERVE_KEY_ORDER);
}

Var parse_document(std::string_view text, const std::string& what) {
  if (text.size() > kMaxDocument) {
    throw InputError(what + " is larger than 4 MiB");
  }
  try {
    Poco::JSON::Parser parser;
    parser.setDepth(kMaxDepth);
    return parser.parse(std::string(text));
  } catch (const Poco::Exception& e) {
    throw InputError(what + " is not JSON: " + e.displayText());
  }
}

std::string read_small_file(const std::filesystem::path& path, std::size_t limit) {
  std::error_code error;
  std::ifstream file;
  if (std::filesystem::is_regular_file(path, error)) {
    file.open(path, std::ios::binary);
  }
  if (!file.is_open()) {
    throw InputError("cannot read the file " + path.string());
  }
  // Piece by piece: a buffer of the largest size allowed, once freed, makes glibc keep as much in every heap. And into
  // the text itself: the file may be a password's, and what passed through an array would stay on the stack.
  constexpr std::size_t kPiece = 8192;
  std::string text;
  while (file && text.size() <= limit) {
    const std::size_t before = text.size();
    text.resize(before + std::min(kPiece, limit + 1 - before));
    file.read(text.data() + before, static_cast<std::streamsize>(text.size() - before));
    text.resize(before + static_cast<std::size_t>(file.gcount()));
  }
  if (text.size() > limit) {
    throw InputError("the file " + path.string() + " is larger than " + std::to_string(limit) + " bytes");
  }
  return text;
}

std::string to_line(const Var& value) {
  std::ostringstream out;
  Poco::JSON::Stringifier::condense(value, out);
  return out.str();
}

JsonObject::Ptr as_object(const Var& value, const std::string& where) {
  if (!is_object(value)) {
    throw InputError(where + " must be an object");
  }
  return value.extract<JsonObject::Ptr>();
}

JsonArray::Ptr as_array(const Var& value, const std::string& where) {
  if (!is_array(value)) {
    throw InputError(where + " must be a list");
  }
  return value.extract<JsonArray::Ptr>();
}

std::string as_text(const Var& value, const std::string& where) {
  if (!value.isString()) {
    throw InputError(where + " must be a text");
  }
  return value.extract<std::string>();
}

std::int64_t as_integer(const Var& value, const std::string& where) {
  if (!value.isInteger() || value.isBoolean()) {
    throw InputError(where + " must be a whole number");
  }
  try {
    return value.convert<std::int64_t>();
  } catch (const Poco::Exception&) {
    throw InputError(where + " is out of range");
  }
}

bool as_bool(const Var& value, const std::string& where) {
  if (!value.isBoolean()) {
    throw InputError(where + " must be true or false");
  }
  return value.extract<bool>();
}

std::vector<std::string> as_texts(const Var& value, const std::string& where) {
  std::vector<std::string> texts;
  for (const Var& item : *as_array(value, where)) {
    texts.push_back(as_text(item, where + "[" + std::to_string(texts.size()) + "]"));
  }
  return texts;
}

std::string text_or(const JsonObject& object, const std::string& key, const std::string& fallback,
                    const std::string& where) {
  return object.has(key) ? as_text(object.get(key), where + "." + key) : fallback;
}

void refuse_unknown_keys(const JsonObject& object, const std::set<std::string>& known, const std::string& where) {
  for (const auto& [key, value] : object) {
    if (!known.contains(key)) {
      throw InputError(where + " has an unknown key \"" + key + "\"");
    }
  }
}

std::string encode_base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string decode_base64(std::string_view text, const std::string& where) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  const int size = text.size() % 4 != 0 ? -1
                                        : EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                                          reinterpret_cast<const unsigned char*>(text.data()),
                                                          static_cast<int>(text.size()));
  if (size < 0) {
    throw InputError(where + " is not base64");
  }
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace pvs::host
