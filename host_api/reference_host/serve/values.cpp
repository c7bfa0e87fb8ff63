// SPDX-License-Identifier: Apache-2.0
#include "serve/values.h"

#include <openssl/crypto.h>

#include <algorithm>

namespace pvs::host::serve {
namespace {

/// Browsers send line breaks as CR LF.
std::string plain_lines(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      out += '\n';
      i += i + 1 < text.size() && text[i + 1] == '\n' ? 1U : 0U;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool may_choose(const v1::Field& field, const std::string& id) {
  return std::any_of(field.choices().begin(), field.choices().end(),
                     [&](const v1::Choice& choice) { return choice.id() == id && !choice.disabled(); });
}

/// False: nothing to send for this field.
bool take_value(Request& request, const v1::Field& field, StreamTable& streams, v1::Value& value,
                std::vector<std::uint64_t>& opened) {
  const std::string& name = field.name();
  switch (field.type()) {
    case v1::Field::TYPE_SECRET:
      value.set_secret(request.value(name));
      return !value.secret().empty();
    case v1::Field::TYPE_CHECK:
      value.set_check(request.has(name));
      return true;
    case v1::Field::TYPE_CHOICE:
      if (!request.has(name)) {
        break;
      }
      value.set_text(request.value(name));
      return may_choose(field, value.text());
    case v1::Field::TYPE_MULTI_CHOICE:
      value.mutable_ids();
      for (const auto& [sent, id] : request.values) {
        if (sent == name && may_choose(field, id)) {
          value.mutable_ids()->add_id(id);
        }
      }
      return true;
    case v1::Field::TYPE_FILE:
      request.hand_over(name, streams, *value.mutable_files(), opened);
      return value.files().file_size() > 0;
    case v1::Field::TYPE_READ_ONLY:
      break;
    default:
      if (request.has(name)) {
        value.set_text(plain_lines(request.value(name)));
        return true;
      }
  }
  value = field.value();
  return field.has_value();
}

}  // namespace

void take_values(Request& request, const v1::Form& form, StreamTable& streams, Values& values,
                 std::vector<std::uint64_t>& opened) {
  for (const v1::Field& field : form.fields()) {
    v1::NamedValue& to = *values.Add();
    to.set_name(field.name());
    if (!take_value(request, field, streams, *to.mutable_value(), opened)) {
      values.RemoveLast();
    }
  }
}

void remember_typed(const Values& values, v1::Form& form) {
  for (v1::Field& field : *form.mutable_fields()) {
    const auto typed =
        std::find_if(values.begin(), values.end(), [&](const auto& value) { return value.name() == field.name(); });
    if (typed != values.end() && field.type() != v1::Field::TYPE_SECRET && field.type() != v1::Field::TYPE_FILE) {
      *field.mutable_value() = typed->value();
    }
  }
}

void wipe_secrets(Values& values) {
  for (v1::NamedValue& named : values) {
    if (named.value().has_secret()) {
      std::string& bytes = *named.mutable_value()->mutable_secret();
      OPENSSL_cleanse(bytes.data(), bytes.size());
    }
  }
}

}  // namespace pvs::host::serve
