// SPDX-License-Identifier: Apache-2.0
// The openssl command line as an independent party. Library kvc_test_pki.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kvc::test_pki {

/// Private directory for one test, removed at the end.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  /// Writes a file and gives its path.
  std::string put(std::string_view name, std::string_view content) const;
  [[nodiscard]] std::string get(std::string_view name) const;

 private:
  std::string path_;
};

struct ToolResult {
  int exit_code = -1;
  std::string output;  ///< standard output and error together
};

/// Runs a program without a shell, in `directory`, with extra variables in its environment.
ToolResult run(const std::vector<std::string>& command, const std::string& directory,
               const std::vector<std::pair<std::string, std::string>>& environment = {});

/// /usr/bin/openssl; empty if there is none (tests then GTEST_SKIP).
std::string openssl_program();

/// openssl with these arguments.
ToolResult openssl(const std::vector<std::string>& arguments, const std::string& directory);

}  // namespace kvc::test_pki
