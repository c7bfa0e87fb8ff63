// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>

#include "kvconnect_server/sql.h"

namespace kvserver {

/// The server's database and its clock: shared by the stores below. Hold `mutex` while you use `db`.
struct Storage {
  /// Opens or creates `server.sqlite` in `directory` with its schema. Throws std::runtime_error.
  explicit Storage(const std::filesystem::path& directory);

  /// Server time in milliseconds since 1970: the machine's clock plus the configured offset.
  std::int64_t now_ms() const;

  std::recursive_mutex mutex;
  Database db;
  std::atomic<std::int64_t> clock_offset_ms{0};
};

}  // namespace kvserver
