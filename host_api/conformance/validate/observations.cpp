// SPDX-License-Identifier: Apache-2.0
#include "observations.h"

#include <algorithm>

namespace pvs::conformance {

namespace {
constexpr std::size_t kKept = 8;
}

Observations& Observations::get() {
  static auto* const one = new Observations;
  return *one;
}

void Observations::note(Aspect aspect, std::string text) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[static_cast<std::size_t>(aspect)];
  if (std::find(entry.texts.begin(), entry.texts.end(), text) != entry.texts.end()) {
    return;  // the same again says nothing new
  }
  if (entry.texts.size() < kKept) {
    entry.texts.push_back(std::move(text));
  } else {
    ++entry.more;
  }
}

std::vector<std::string> Observations::of(Aspect aspect) const {
  const std::lock_guard lock(mutex_);
  const Entry& entry = entries_[static_cast<std::size_t>(aspect)];
  std::vector<std::string> texts = entry.texts;
  if (entry.more != 0) {
    texts.push_back("and " + std::to_string(entry.more) + " more of the kind");
  }
  return texts;
}

}  // namespace pvs::conformance
