// SPDX-License-Identifier: Apache-2.0
// What the encrypted columns of the outbox hold.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "mailbox/content_cipher.h"
#include "mailbox/items.h"
#include "message/receipt.h"
#include "store/database.h"

namespace kvc::mailbox {

struct FileInfo {
  std::string name, type, description;
  std::uint64_t size = 0;
};

/// The content of a message apart from its files' bytes.
struct OutboxDetails {
  std::string user_subject, text;
  std::optional<message::Receipt> receipt;
  std::vector<FileInfo> files;
  std::optional<DeliveryFacts> delivery = std::nullopt;
  std::vector<service::MessageKind> announced = {};  ///< of the draft
};

Result<std::string> seal_details(const ContentCipher& cipher, const OutboxDetails& details, std::string_view outbox_id);
Result<OutboxDetails> open_details(const ContentCipher& cipher, std::string_view sealed, std::string_view outbox_id);

/// Stores a file in encrypted chunks, inside the caller's transaction. Error: file_unreadable.
Status store_file(Poco::Data::Session& session, const ContentCipher& cipher, std::string_view outbox_id,
                  std::int64_t part, const FileContent& content);

/// Copies the file to where letters in the making have theirs. Error: storage_corrupt.
Result<FileContent> load_file(store::Database& database, const ContentCipher& cipher, std::string_view outbox_id,
                              std::int64_t part, std::uint64_t size, FileSpool copy);

/// Reads a stored file from its start. The stream turns bad if a chunk is missing or damaged; it never ends early. It
/// can be sought to its end, to learn the size, and back to its start. `database` and `cipher` must outlive it.
std::unique_ptr<std::istream> read_file(store::Database& database, const ContentCipher& cipher,
                                        std::string_view outbox_id, std::int64_t part, std::uint64_t size);

}  // namespace kvc::mailbox
