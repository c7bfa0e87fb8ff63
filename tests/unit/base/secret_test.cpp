// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/secret_memory.h"

namespace kvc {
namespace {

std::string text(const Secret& secret) {
  return std::string(secret.reveal());
}

TEST(Secret, ValueSemantics) {
  const Secret a(std::string_view("Passwort"));
  Secret copy = a;
  EXPECT_TRUE(copy == a);
  EXPECT_NE(copy.bytes().data(), a.bytes().data());
  const Secret moved = std::move(copy);
  EXPECT_EQ(text(moved), "Passwort");
  copy = Secret(std::string_view("neu"));
  EXPECT_EQ(text(copy), "neu");
  copy = a;
  EXPECT_EQ(text(copy), "Passwort");
  const Secret& same = copy;
  copy = same;
  EXPECT_EQ(text(copy), "Passwort");
  copy.wipe();
  EXPECT_TRUE(copy.empty());
  EXPECT_TRUE(copy == Secret());
  EXPECT_FALSE(copy == a);
  EXPECT_FALSE(Secret(std::string_view("Passworu")) == a);
}

TEST(Secret, AnyBytesAndSizes) {
  const std::string binary("\0\xff\0", 3);
  EXPECT_EQ(text(Secret(binary)), binary);
  EXPECT_TRUE(Secret(std::string_view()).empty());
  for (const std::size_t size : {1UL, 31UL, 32UL, 33UL, 16'384UL, 16'385UL, 1'000'000UL}) {
    Secret zero = Secret::of_size(size);
    EXPECT_EQ(zero.size(), size);
    EXPECT_EQ(std::count(zero.bytes().begin(), zero.bytes().end(), 0), static_cast<std::ptrdiff_t>(size));
    std::fill_n(zero.data(), size, std::uint8_t{0xaa});
  }
  for (int i = 0; i < 1000; ++i) {
    const Secret reused = Secret::of_size(100);
    EXPECT_EQ(std::count(reused.bytes().begin(), reused.bytes().end(), 0), 100);
    Secret dirty(std::string(100, 'x'));
  }
}

TEST(Secret, CannotBePrintedByAccident) {
  static_assert(!std::is_convertible_v<Secret, std::string>);
  static_assert(!std::is_convertible_v<Secret, std::string_view>);
  static_assert(!std::is_convertible_v<std::string, Secret>);
}

TEST(Secret, AbsurdSizeThrows) {
  EXPECT_THROW(Secret::of_size(SIZE_MAX - 5), std::bad_alloc);
}

TEST(Secret, ManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (std::size_t i = 1; i < 3000; ++i) {
        const std::string value(i % 300 + 1, static_cast<char>('a' + t));
        const Secret secret(value);
        const Secret copy = secret;
        ASSERT_EQ(text(copy), value);
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
}

#if !defined(__SANITIZE_ADDRESS__)
TEST(SecretMemory, IsOverwrittenWhenGivenBack) {
  for (const std::size_t size : {32UL, 100UL, 5000UL}) {
    std::uint8_t* memory = secret_memory::allocate(size);
    std::memset(memory, 0x5a, size);
    secret_memory::release(memory, size);
    // Small blocks stay mapped; the first bytes now chain the free blocks.
    const volatile std::uint8_t* left = memory;
    for (std::size_t i = sizeof(void*); i < size; ++i) {
      ASSERT_NE(left[i], 0x5a) << i;
    }
  }
}
#endif

/// "VmFlags" of the mapping that holds `address`.
std::string flags_of(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) {
      inside = from <= wanted && wanted < to;
    } else if (inside && line.compare(0, 8, "VmFlags:") == 0) {
      return line + " ";
    }
  }
  return {};
}

TEST(SecretMemory, IsExcludedFromCoreFiles) {
  for (const std::size_t size : {8UL, 2000UL, 100'000UL}) {
    const Secret secret = Secret::of_size(size);
    const auto flags = flags_of(secret.bytes().data());
    if (flags.empty()) {
      GTEST_SKIP() << "this kernel does not tell the flags of mappings";
    }
    EXPECT_NE(flags.find(" dd "), std::string::npos) << flags;
  }
}

// Both sanitizers make mlock do nothing, and core files of terabytes.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(SecretMemory, SmallSecretsAreLocked) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur < 1'000'000) {
    GTEST_SKIP() << "this process may not lock memory";
  }
  const Secret secret = Secret::of_size(32);
  const auto flags = flags_of(secret.bytes().data());
  if (flags.empty()) {
    GTEST_SKIP() << "this kernel does not tell the flags of mappings";
  }
  EXPECT_NE(flags.find(" lo "), std::string::npos) << flags;
}

/// What the crashing process keeps in ordinary memory; put together at run time, because it must not stand in the
/// program.
std::string control_mark() {
  std::string word = "lortnok-kraM";
  std::reverse(word.begin(), word.end());
  return word + "-" + std::to_string(4711 * 3);
}

/// Letter `i` of the secret: the control mark's, one further in the alphabet.
char secret_letter(const std::string& control, std::size_t i) {
  const volatile char* letters = control.data();
  return static_cast<char>(letters[i] + 1);
}

[[noreturn]] void crash(const std::string& directory) {
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_CORE, &unlimited) != 0 || ::chdir(directory.c_str()) != 0) {
    ::_exit(1);
  }
  auto* control = new std::string(control_mark());
  auto* secret = new Secret(Secret::of_size(control->size()));
  for (std::size_t i = 0; i < control->size(); ++i) {
    volatile std::uint8_t* out = secret->data();
    out[i] = static_cast<std::uint8_t>(secret_letter(*control, i));
  }
  ::signal(SIGABRT, SIG_DFL);
  ::raise(SIGABRT);
  ::_exit(2);
}

TEST(SecretMemory, CoreFileHoldsNoSecret) {
  std::string pattern;
  std::getline(std::ifstream("/proc/sys/kernel/core_pattern"), pattern);
  if (pattern.empty() || pattern.find_first_of("|/") != std::string::npos) {
    GTEST_SKIP() << "core files of this machine go elsewhere: " << pattern;
  }
  std::string name = (std::filesystem::temp_directory_path() / "kvc-core-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    crash(name);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  std::string core;
  for (const auto& entry : std::filesystem::directory_iterator(name)) {
    std::ifstream in(entry.path(), std::ios::binary);
    core.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::filesystem::remove_all(name);
  if (!WIFSIGNALED(status) || core.empty()) {
    GTEST_SKIP() << "no core file was written";
  }
  const std::string control = control_mark();
  std::string secret;
  for (std::size_t i = 0; i < control.size(); ++i) {
    secret += secret_letter(control, i);
  }
  EXPECT_NE(core.find(control), std::string::npos) << "the core file shows ordinary memory";
  EXPECT_EQ(core.find(secret), std::string::npos) << "the core file shows a secret";
}

#endif

TEST(WipeString, OverwritesTheWholeBuffer) {
  std::string password(200, 'p');
  const char* buffer = password.data();
  password.resize(10);  // the other 190 are still there, behind the end
  wipe(password);
  EXPECT_TRUE(password.empty());
  ASSERT_EQ(password.data(), buffer);
  const volatile char* left = buffer;
  for (std::size_t i = 0; i < 200; ++i) {
    ASSERT_NE(left[i], 'p') << i;
  }
  std::string empty;
  wipe(empty);
}

}  // namespace
}  // namespace kvc
