// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/storage.h"

namespace kvserver {
namespace {

// All times are server times in milliseconds since 1970.
constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS account(
  uid TEXT PRIMARY KEY,
  username TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE,
  password_hash TEXT NOT NULL,
  password_changed INTEGER NOT NULL,
  change_needed INTEGER NOT NULL,
  locked INTEGER NOT NULL,
  listed INTEGER NOT NULL,
  robot TEXT NOT NULL,
  csr_mode TEXT NOT NULL,
  foreign_ca INTEGER NOT NULL,
  certificate_days INTEGER NOT NULL,
  display TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS csr(
  id TEXT PRIMARY KEY,
  uid TEXT NOT NULL REFERENCES account(uid),
  pem TEXT NOT NULL,
  created INTEGER NOT NULL,
  step INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  cancelled INTEGER,
  serial TEXT);
CREATE INDEX IF NOT EXISTS csr_of_account ON csr(uid);
CREATE TABLE IF NOT EXISTS certificate(
  serial TEXT PRIMARY KEY,
  uid TEXT NOT NULL REFERENCES account(uid),
  pem TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_to INTEGER NOT NULL,
  published INTEGER NOT NULL,
  removed INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS certificate_of_account ON certificate(uid);
CREATE TABLE IF NOT EXISTS message_id(
  id TEXT PRIMARY KEY,
  accepted INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS mail(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  size INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS mail_chunk(
  mail INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE(mail, seq));
CREATE TABLE IF NOT EXISTS inbox(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL REFERENCES account(uid),
  message_id TEXT NOT NULL,
  mail INTEGER NOT NULL REFERENCES mail(id),
  header TEXT NOT NULL,
  UNIQUE(uid, message_id));
CREATE INDEX IF NOT EXISTS inbox_of_mail ON inbox(mail);
CREATE INDEX IF NOT EXISTS inbox_in_order ON inbox(uid, seq);
CREATE TABLE IF NOT EXISTS meta(
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL);
)sql";

std::filesystem::path private_file(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  return directory / "server.sqlite";
}

}  // namespace

Storage::Storage(const std::filesystem::path& directory) : db(private_file(directory)) {
  std::filesystem::permissions(directory / "server.sqlite",
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  db.run(kSchema);
}

std::int64_t Storage::now_ms() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count() + clock_offset_ms.load();
}

}  // namespace kvserver
