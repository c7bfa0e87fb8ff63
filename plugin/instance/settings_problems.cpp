// SPDX-License-Identifier: Apache-2.0
#include "instance/settings_problems.h"

#include "views/build.h"

namespace kvc::plugin {

void add_settings_errors(const Texts& texts, const settings::Loaded& loaded, pvs::v1::Errors& errors, Log& log) {
  for (const settings::Problem& problem : loaded.problems) {
    const std::string where = problem.key_path.empty() ? texts("settings.whole") : problem.key_path;
    if (problem.warning) {
      log.write(LogLevel::warning, "settings", problem.key_path + ": " + problem.problem);
      continue;
    }
    pvs::v1::Error& out = *errors.add_error();
    out = views::to_error(texts, Status(error::invalid_settings, problem.key_path + ": " + problem.problem));
    out.set_field(problem.key_path);
    out.set_text_key("settings." + problem.problem);
    Args args = problem.params;
    args.emplace_back("key", where);
    out.set_text(where + ": " + texts("settings." + problem.problem, args));
    for (const auto& [name, value] : args) {
      auto& param = *out.add_params();
      param.set_name(name);
      param.set_value(value);
    }
  }
}

}  // namespace kvc::plugin
