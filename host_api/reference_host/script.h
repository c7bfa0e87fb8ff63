// SPDX-License-Identifier: Apache-2.0
// A script: what a person would do, step by step. The format is described in host_api/README.md.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "json.h"

namespace pvs::host {

/// One step, checked for form. Which keys belong to which kind stands in script.cpp.
struct Step {
  enum class Kind : unsigned char {
    none,  ///< only says, waits or expects
    invoke,
    submit,
    action,
    suggest,
    close,
    search,
    select_patient,
    choose_file,
    release_document,
    billing_ready,
    fire_schedule,
    cancel_job,
    health,
    lock,
    unlock,
    sleep,
    repeat,
  };
  Kind kind = Kind::none;
  std::string where;  ///< "step 3 (Posteingang)", for messages
  std::string say;
  std::string as;
  Var when;                ///< empty: always; else the step is left out unless the last outcome fits
  Var value;               ///< of the key that names the kind
  JsonObject::Ptr object;  ///< the whole step
  bool wait_job = false;
  Var expect;        ///< empty: none
  Var expect_event;  ///< empty: none
  std::chrono::milliseconds timeout{60000};
  std::chrono::milliseconds every{500};  ///< repeat
  std::vector<Step> steps;               ///< repeat
};

/// Throws InputError naming the step. Limits: 4 MiB, 10000 steps, repeats at most 4 deep.
[[nodiscard]] std::vector<Step> parse_script(std::string_view text);
[[nodiscard]] std::vector<Step> read_script(const std::filesystem::path& file);

}  // namespace pvs::host
