// SPDX-License-Identifier: Apache-2.0
#include "mailbox/inbox_details.h"

#include <iterator>

#include "mailbox/record.h"

namespace kvc::mailbox {
namespace {

// Records written before migration 0006 have the first four fields alone.
constexpr std::size_t kOldFields = 4, kFixedFields = 5;

std::string place_of(const InboxRow& row) {
  return "inbox." + row.id + ".details";
}

}  // namespace

Result<std::string> seal_details(const ContentCipher& cipher, const InboxDetails& details, const InboxRow& row) {
  std::vector<std::string_view> fields{details.from, details.subject, details.service_id, details.in_reply_to,
                                       details.guid};
  fields.insert(fields.end(), details.file_names.begin(), details.file_names.end());
  return cipher.seal(pack(fields), place_of(row));
}

Result<InboxDetails> open_details(const ContentCipher& cipher, const InboxRow& row) {
  InboxDetails details;
  if (row.details.empty()) {
    return details;
  }
  KVC_ASSIGN(const Secret record, cipher.open(row.details, place_of(row)));
  KVC_ASSIGN(auto fields, unpack(record));
  if (fields.size() < kOldFields) {
    return Status(error::storage_corrupt, "the stored facts of a mail in the inbox are damaged");
  }
  details.from = std::move(fields[0]);
  details.subject = std::move(fields[1]);
  details.service_id = std::move(fields[2]);
  details.in_reply_to = std::move(fields[3]);
  if (fields.size() >= kFixedFields) {
    details.guid = std::move(fields[4]);
    details.file_names.assign(std::make_move_iterator(fields.begin() + kFixedFields),
                              std::make_move_iterator(fields.end()));
  }
  return details;
}

}  // namespace kvc::mailbox
