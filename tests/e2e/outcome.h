// SPDX-License-Identifier: Apache-2.0
// What a user has in front of him after a step, read from the output of pvs-host.
#pragma once

#include <Poco/JSON/Object.h>

#include <optional>
#include <string>
#include <vector>

namespace kvc::e2e {

using Outcome = Poco::JSON::Object::Ptr;

/// What did not work: the stable code, and the sentence the user reads.
struct Failure {
  std::string code, text;
};

/// The view's kind, empty if the outcome is no view.
std::string kind_of(const Outcome& outcome);
/// The failure of an error, of a form, or of an overview; none if it went well.
std::optional<Failure> failure_of(const Outcome& outcome);
/// Ids of the actions the user can go on with: enabled, and more than closing the view.
std::vector<std::string> ways_on(const Outcome& outcome);
/// Every text of the outcome that a user reads, with its place ("view.form.fields[0].label").
std::vector<std::pair<std::string, std::string>> shown_texts(const Outcome& outcome);

}  // namespace kvc::e2e
