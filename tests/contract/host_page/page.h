// SPDX-License-Identifier: Apache-2.0
// `pvs-host serve` as a process of its own, with a made-up practice.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contract/host_page/browser.h"
#include "e2e/harness.h"

namespace kvc::page_test {

inline constexpr const char* kDoctorPassword = "Canary-DOCTOR-login";
inline constexpr const char* kAssistantPassword = "Canary-ASSISTANT-login";

class Page {
 public:
  /// `settings`: of the plugin; empty: a server nobody answers at. `more`: further options.
  explicit Page(const std::string& settings = "", const std::vector<std::string>& more = {});
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Browser browser() const { return Browser(port_); }
  /// A browser in which the doctor is logged in.
  [[nodiscard]] Browser doctor() const;
  [[nodiscard]] std::filesystem::path data() const { return directory_.path() / "data"; }
  [[nodiscard]] e2e::Process& process() { return *process_; }
  [[nodiscard]] std::string printed() const;
  [[nodiscard]] std::string complaints() const;

 private:
  e2e::TempDir directory_;
  std::unique_ptr<e2e::Process> process_;
  std::uint16_t port_ = 0;
};

}  // namespace kvc::page_test
