// SPDX-License-Identifier: Apache-2.0
#include "commands/values.h"

#include <algorithm>

namespace kvc::plugin {
namespace {

std::vector<ChosenFile> chosen(const pvs::v1::Value::FileRefs& refs) {
  std::vector<ChosenFile> files;
  for (const auto& ref : refs.file()) {
    files.push_back({ref.stream_id(), ref.name(), ref.media_type(), ref.size()});
  }
  return files;
}

std::vector<std::string> each_once(const pvs::v1::Value::Ids& from) {
  std::vector<std::string> ids;
  for (const std::string& id : from.id()) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) {
      ids.push_back(id);
    }
  }
  return ids;
}

}  // namespace

Values Values::take(Message& values) {
  Values taken;
  for (auto& named : values) {
    pvs::v1::Value& value = *named.mutable_value();
    switch (value.kind_case()) {
      case pvs::v1::Value::kText:
        taken.texts_.try_emplace(named.name(), value.text());
        kvc::wipe(*value.mutable_text());
        break;
      case pvs::v1::Value::kSecret:
        taken.texts_.try_emplace(named.name(), value.secret());
        kvc::wipe(*value.mutable_secret());
        break;
      case pvs::v1::Value::kCheck:
        taken.checks_.try_emplace(named.name(), value.check());
        break;
      case pvs::v1::Value::kIds:
        taken.ids_.try_emplace(named.name(), each_once(value.ids()));
        if (value.ids().id_size() > 0) {
          taken.texts_.try_emplace(named.name(), value.ids().id(0));
        }
        break;
      case pvs::v1::Value::kFiles:
        taken.files_.try_emplace(named.name(), chosen(value.files()));
        break;
      case pvs::v1::Value::KIND_NOT_SET:
        break;
    }
  }
  return taken;
}

bool Values::has(std::string_view name) const {
  return texts_.contains(name) || checks_.contains(name) || ids_.contains(name) || files_.contains(name);
}

std::string Values::text(std::string_view name) const {
  const auto found = texts_.find(name);
  return found == texts_.end() ? std::string() : std::string(found->second.reveal());
}

std::string Values::trimmed(std::string_view name) const {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::string all = text(name);
  const auto first = all.find_first_not_of(kBlanks);
  return first == std::string::npos ? std::string() : all.substr(first, all.find_last_not_of(kBlanks) - first + 1);
}

Secret Values::secret(std::string_view name) const {
  const auto found = texts_.find(name);
  return found == texts_.end() ? Secret() : found->second;
}

bool Values::check(std::string_view name, bool otherwise) const {
  const auto found = checks_.find(name);
  return found == checks_.end() ? otherwise : found->second;
}

std::vector<std::string> Values::ids(std::string_view name) const {
  const auto found = ids_.find(name);
  return found == ids_.end() ? std::vector<std::string>() : found->second;
}

std::vector<ChosenFile> Values::files(std::string_view name) const {
  const auto found = files_.find(name);
  return found == files_.end() ? std::vector<ChosenFile>() : found->second;
}

}  // namespace kvc::plugin
