// SPDX-License-Identifier: Apache-2.0
// The doctor's sentences.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "settings/settings.h"

namespace kvc::doctor {

/// One thing that can be found, in both languages. An empty advice means that nothing is to be done.
struct Wording {
  std::string_view outcome;
  std::string_view german, german_advice;
  std::string_view english, english_advice;
};

/// All outcomes of all stages.
std::span<const Wording> wordings();
/// Null for an outcome that has none.
const Wording* find_wording(std::string_view outcome);

/// "environments[0].base_url: Die Adresse muss mit https:// beginnen."
std::string sentence(const settings::Problem& problem, bool english);

using Params = std::vector<std::pair<std::string, std::string>>;

/// What is said of the database file: "file.gone" and "file.emptied" ({file}, {backup}), "file.empty" and
/// "file.not_permitted" ({file}).
std::string file_sentence(std::string_view finding, const Params& params, bool english);

}  // namespace kvc::doctor
