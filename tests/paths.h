// SPDX-License-Identifier: Apache-2.0
// Where the tree and the data beside it lie. One small library knows, so that no other object depends on the path.
#pragma once

#include <string>

namespace kvc::test {

/// The folder of the project, without a slash at the end.
const std::string& source_dir();
/// `../shared/data`, which a newcomer's clone does not have.
const std::string& shared_data_dir();

}  // namespace kvc::test
