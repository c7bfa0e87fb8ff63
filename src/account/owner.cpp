// SPDX-License-Identifier: Apache-2.0
#include "account/owner.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <vector>

namespace kvc::account {
namespace {

constexpr std::size_t kParts = 5;
constexpr std::size_t kLongestName = 63;

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Processes see each other only inside one boot and one pid namespace.
std::string machine() {
  std::array<char, 64> ns{};
  const ssize_t length = ::readlink("/proc/self/ns/pid", ns.data(), ns.size());
  const std::string boot = first_line("/proc/sys/kernel/random/boot_id");
  if (length <= 0 || boot.empty()) {
    return {};
  }
  return boot + '.' + std::string(ns.data(), static_cast<std::size_t>(length));
}

// Field 22 of proc(5) "stat"; the name in field 2 may hold blanks and brackets, so counting starts behind the last one.
std::string start_time(const std::string& pid) {
  const std::string stat = first_line("/proc/" + pid + "/stat");
  std::size_t at = stat.rfind(')');
  if (at == std::string::npos) {
    return {};
  }
  constexpr int kFieldsBetween = 20;
  for (int field = 0; field < kFieldsBetween; ++field) {
    at = stat.find(' ', at + 1);
    if (at == std::string::npos) {
      return {};
    }
  }
  return stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
}

/// The host's name up to the first dot; what would not be a part of an owner's name, or no word for people, becomes
/// '-'.
std::string workstation() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) {
    return {};
  }
  std::string text = name.data();
  text = text.substr(0, std::min(text.find('.'), kLongestName));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_'; },
      '-');
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t to = text.find('/'); to != std::string_view::npos; to = text.find('/', from)) {
    parts.emplace_back(text.substr(from, to - from));
    from = to + 1;
  }
  parts.emplace_back(text.substr(from));
  return parts;
}

}  // namespace

std::string new_owner(Env& env) {
  const std::string pid = std::to_string(::getpid());
  return machine() + '/' + pid + '/' + start_time(pid) + '/' + new_uuid(env) + '/' + workstation();
}

std::string workstation_of(std::string_view owner) {
  const std::vector<std::string> parts = split(owner);
  return parts.size() == kParts ? parts.back() : std::string();
}

bool owner_gone(std::string_view owner) {
  const std::vector<std::string> parts = split(owner);
  // Those of versions before this one name no workstation.
  if ((parts.size() != kParts && parts.size() != kParts - 1) || parts[0].empty() || parts[2].empty() ||
      parts[0] != machine()) {
    return false;
  }
  return start_time(parts[1]) != parts[2];
}

}  // namespace kvc::account
