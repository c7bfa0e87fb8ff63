// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvserver {

/// What goes wrong with one request (README.md, "Fault plan").
struct Fault {
  enum class Kind {
    kNone,              ///< only the delay
    kStatus,            ///< this status instead of processing
    kResetBefore,       ///< connection reset, nothing processed
    kResetAfter,        ///< processed and stored, then connection reset without an answer
    kTruncate,          ///< the announced length, but only the first bytes of the body
    kDrip,              ///< the body in small pieces with pauses
    kWrongCertificate,  ///< GET certificates answers another account's certificate
    kGarbageXml,        ///< a body that is no XML
  };
  Kind kind = Kind::kNone;
  int status = 500;
  std::string body;
  std::string content_type;
  std::string retry_after;
  std::int64_t delay_ms = 0;
  std::optional<std::int64_t> bytes;
  std::int64_t interval_ms = 20;
};

/// The rules of a fault plan and how often each was met. Thread-safe.
class FaultPlan {
 public:
  FaultPlan();
  ~FaultPlan();

  /// Replaces the rules and forgets the counts. Throws std::runtime_error if the JSON is no plan; the old rules stay.
  void load(std::string_view json);
  /// Follows a file: it is read again when it changes, see next(). Throws like load() if it cannot be read now.
  void follow(std::filesystem::path file);
  /// Reads the followed file again if it changed; a text naming the fault if it is unreadable (the old rules stay).
  std::string refresh(bool even_if_unchanged = false);
  /// The fault for this request, if any, and counts it. `path` is relative to the base URL, as sent, without query.
  std::optional<Fault> next(std::string_view method, std::string_view path, std::string_view user);

 private:
  struct Rule;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Rule>> rules_;
  std::filesystem::path file_;
  std::string seen_;  // modification time, size and inode of the file when it was read
};

}  // namespace kvserver
