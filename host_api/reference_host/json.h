// SPDX-License-Identifier: Apache-2.0
// JSON as the reference host uses it: reading files with limits, and building objects whose keys keep their order.
#pragma once

#include <Poco/Dynamic/Var.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pvs::host {

using Poco::Dynamic::Var;
using JsonArray = Poco::JSON::Array;
using JsonObject = Poco::JSON::Object;

/// Something a person wrote is wrong: a script, a practice file, an argument. The text says where and what.
struct InputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An object that keeps the order in which keys are set.
[[nodiscard]] JsonObject::Ptr new_object();

/// Parses a document of at most 4 MiB, nested at most 64 deep. Throws InputError with `what` in front.
[[nodiscard]] Var parse_document(std::string_view text, const std::string& what);

/// Reads a whole regular file of at most `limit` bytes. Throws InputError.
[[nodiscard]] std::string read_small_file(const std::filesystem::path& path, std::size_t limit);

/// One line without line breaks. Integers stay integers, text is escaped as JSON demands.
[[nodiscard]] std::string to_line(const Var& value);

/// Typed access; each throws InputError naming `where` when the value has another type.
[[nodiscard]] JsonObject::Ptr as_object(const Var& value, const std::string& where);
[[nodiscard]] JsonArray::Ptr as_array(const Var& value, const std::string& where);
[[nodiscard]] std::string as_text(const Var& value, const std::string& where);
[[nodiscard]] std::int64_t as_integer(const Var& value, const std::string& where);
[[nodiscard]] bool as_bool(const Var& value, const std::string& where);
[[nodiscard]] std::vector<std::string> as_texts(const Var& value, const std::string& where);
[[nodiscard]] std::string text_or(const JsonObject& object, const std::string& key, const std::string& fallback,
                                  const std::string& where);

[[nodiscard]] inline bool is_object(const Var& value) {
  return value.type() == typeid(JsonObject::Ptr);
}
[[nodiscard]] inline bool is_array(const Var& value) {
  return value.type() == typeid(JsonArray::Ptr);
}

/// Throws InputError for a key of `object` that is not in `known`: a typing mistake must not pass as "nothing to do".
void refuse_unknown_keys(const JsonObject& object, const std::set<std::string>& known, const std::string& where);

/// Bytes as base64 (RFC 4648), and back. decode_base64 throws InputError.
[[nodiscard]] std::string encode_base64(std::string_view bytes);
[[nodiscard]] std::string decode_base64(std::string_view text, const std::string& where);

}  // namespace pvs::host
