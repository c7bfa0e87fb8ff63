// SPDX-License-Identifier: Apache-2.0
// A real LDAP server of one's own: in a private folder, on a free port of the loopback, as the user who runs the test.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "unit/kvconnect/test_pki.h"

namespace kvc::test {

class Slapd {
 public:
  struct Options {
    int people = 1203;  ///< more than two pages
    std::string certificate_for = "DNS:localhost,IP:127.0.0.1";
    bool whole_book = true;  ///< false: the server's size limit ends it early
  };
  /// Where the server's program is; empty if it is not installed.
  static std::string program();

  explicit Slapd(const Options& options);
  ~Slapd();
  Slapd(const Slapd&) = delete;
  Slapd& operator=(const Slapd&) = delete;

  void stop();  ///< its files stay

  [[nodiscard]] bool running() const { return pid_ > 0; }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const std::string& root_file() const { return root_file_; }

 private:
  void write_files(const Options& options);
  bool load_data();
  void start();

  TempDir dir_;
  std::uint16_t port_ = 0;
  std::string url_, root_file_, config_file_, ldif_file_;
  pid_t pid_ = -1;
};

}  // namespace kvc::test
