// SPDX-License-Identifier: Apache-2.0
#include "unit/crypto/openssl_tool.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace kvc::test_pki {
namespace {

[[noreturn]] void become(const std::vector<std::string>& command, const std::string& directory,
                         const std::vector<std::pair<std::string, std::string>>& environment, int output) {
  std::vector<char*> arguments;
  for (const auto& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  for (const auto& [name, value] : environment) {
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  if (::chdir(directory.c_str()) == 0) {
    ::execvp(arguments[0], arguments.data());
  }
  ::_exit(127);
}

}  // namespace

ScratchDirectory::ScratchDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "kvc-test-XXXXXX").string();
  path_ = ::mkdtemp(name.data()) == nullptr ? std::string() : name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) {
    std::filesystem::remove_all(path_, ignored);
  }
}

std::string ScratchDirectory::put(std::string_view name, std::string_view content) const {
  std::ofstream(file(name), std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
  return file(name);
}

std::string ScratchDirectory::get(std::string_view name) const {
  std::ifstream in(file(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

ToolResult run(const std::vector<std::string>& command, const std::string& directory,
               const std::vector<std::pair<std::string, std::string>>& environment) {
  ToolResult result;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return result;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    become(command, directory, environment, ends[1]);
  }
  ::close(ends[1]);
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    result.output.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  if (child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status)) {
    result.exit_code = WEXITSTATUS(status);
  }
  return result;
}

std::string openssl_program() {
  return std::filesystem::exists("/usr/bin/openssl") ? std::string("/usr/bin/openssl") : std::string();
}

ToolResult openssl(const std::vector<std::string>& arguments, const std::string& directory) {
  std::vector<std::string> command{openssl_program()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run(command, directory);
}

}  // namespace kvc::test_pki
