// SPDX-License-Identifier: Apache-2.0
#include "archive/import_run.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <istream>

#include "archive/walk.h"
#include "crypto/certificate.h"
#include "crypto/sha256.h"
#include "mime/safe_name.h"

namespace kvc::archive {
namespace {

/// Failures that meet every following file too.
bool ends_import(const Status& status) {
  return status.category() == Category::storage
             ? !status.is(error::file_unreadable)
             : status.category() == Category::cancelled || status.category() == Category::host ||
                   status.is(error::out_of_memory);
}

message::OpenOptions options_of(const mailbox::OpenAccount& account, TimePoint now) {
  message::OpenOptions options;
  for (const crypto::Identity& identity : account.session.identities) {
    options.keys.push_back({identity.key, identity.certificate, account.id()});
  }
  for (const crypto::PrivateKey& key : account.session.bare_keys) {
    options.keys.push_back({key, std::nullopt, account.id()});
  }
  options.trust = *account.session.trust;
  options.now = now;
  return options;
}

/// A Message-ID for a mail that has none: the same file is the same mail.
Result<std::string> id_of_bytes(MailFile& file) {
  const auto in = file.read();
  crypto::Sha256 digest;
  std::string buffer(64UL * 1024, '\0');
  while (in->read(buffer.data(), static_cast<std::streamsize>(buffer.size())), in->gcount() > 0) {
    digest.add({buffer.data(), static_cast<std::size_t>(in->gcount())});
  }
  if (file.broken()) {
    return Status(error::file_unreadable, "the file cannot be read to its end");
  }
  return "sha256-" + digest.hex() + "@archive.invalid";
}

}  // namespace

Status ImportRun::open_accounts() {
  KVC_ASSIGN(const auto accounts, context_.accounts.names(user_id_));
  for (const account::AccountName& name : accounts) {
    auto session = context_.accounts.open(user_id_, name.id);
    if (!session.ok()) {
      if (session.status().is(error::invalid_state)) {
        continue;  // has no certificate yet: nothing was ever encrypted for it
      }
      return session.status();
    }
    mailbox::ContentCipher cipher(context_.env, session->content_key, session->account.id);
    mailbox::OpenAccount account{std::move(session).value(), std::move(cipher)};
    message::OpenOptions options = options_of(account, context_.env.now());
    targets_.push_back({std::move(account), std::move(options)});
  }
  if (targets_.empty()) {
    return {error::invalid_state, "the user has no account with a certificate"};
  }
  return {};
}

Result<ImportSummary> ImportRun::run(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return Status(error::file_unreadable, "the file or folder cannot be found");
  }
  Status status;
  if (S_ISDIR(info.st_mode)) {
    const Visitor visitor{[this](int directory, const std::string& name, const std::string& shown) {
                            return take(directory, name, shown, false);
                          },
                          [this](const std::string& shown, const std::string& why) {
                            ++summary_.failed;
                            report(shown, FileOutcome::unreadable, why);
                          }};
    status = walk(path, visitor, cancel_);
  } else {
    status = take(AT_FDCWD, path, path, true);
  }
  if (status.is(error::cancelled)) {
    summary_.cancelled = true;
    return std::move(summary_);
  }
  KVC_TRY(status);
  return std::move(summary_);
}

Status ImportRun::take(int directory, const std::string& name, const std::string& path, bool follow) {
  if (progress_) {
    progress_(-1, "archive.file");
  }
  ++summary_.files;
  auto file = MailFile::open(directory, name, follow);
  const Status stored = file.ok() ? store(**file, path) : file.status();
  if (stored.ok() || ends_import(stored)) {
    return stored;
  }
  ++summary_.failed;
  const FileOutcome outcome = stored.is(error::file_unreadable) ? FileOutcome::unreadable
                              : stored.is(error::too_large)     ? FileOutcome::too_large
                              : stored.is(error::malformed)     ? FileOutcome::not_a_mail
                                                                : FileOutcome::failed;
  report(path, outcome, stored.detail());
  return {};
}

Status ImportRun::store(MailFile& file, const std::string& path) {
  const auto largest = std::max_element(targets_.begin(), targets_.end(), [](const Target& a, const Target& b) {
    return a.account.session.max_message_bytes < b.account.session.max_message_bytes;
  });
  if (file.size() / 2 > largest->account.session.max_message_bytes) {
    return {error::too_large, "the file is larger than any mail this practice takes"};
  }
  const auto in = file.read();
  KVC_ASSIGN(MailHead head, read_head(*in));
  if (file.broken()) {
    return {error::file_unreadable, "the file cannot be read"};
  }
  if (head.message_id.empty()) {
    KVC_ASSIGN(head.message_id, id_of_bytes(file));
  }
  KVC_ASSIGN(const bool known, is_known(head.message_id));
  if (known) {
    ++summary_.duplicates;
    return {};
  }
  KVC_ASSIGN(const Target* target, target_of(file, head));
  if (target == nullptr) {
    ++summary_.unknown_recipients;
    report(path, FileOutcome::unknown_recipient,
           "no key at hand opens it, and it is addressed to none of the accounts");
    return {};
  }
  return store_for(*target, file, head, path);
}

Result<bool> ImportRun::is_known(const std::string& message_id) {
  bool known = false;
  KVC_TRY(context_.database->read([&](Poco::Data::Session& session) {
    known = std::any_of(targets_.begin(), targets_.end(), [&](const Target& target) {
      const auto row = mailbox::inbox::find_message(session, target.account.id(), message_id);
      return row && row->too_large_limit == 0;  // that one was never fetched
    });
    return Status();
  }));
  return known;
}

std::vector<const ImportRun::Target*> ImportRun::in_order(const MailHead& head) const {
  const auto rank = [&](const Target* target) {
    const std::string& own = target->account.address();
    const bool addressee = std::any_of(head.to.begin(), head.to.end(),
                                       [&](const std::string& to) { return crypto::same_address(to, own); });
    return addressee ? 0 : crypto::same_address(head.from, own) ? 1 : 2;
  };
  std::vector<const Target*> ordered;
  for (const Target& target : targets_) {
    ordered.push_back(&target);
  }
  std::stable_sort(ordered.begin(), ordered.end(), [&](const Target* a, const Target* b) { return rank(a) < rank(b); });
  return ordered;
}

Result<const ImportRun::Target*> ImportRun::target_of(MailFile& file, const MailHead& head) {
  const auto ordered = in_order(head);
  const auto same_as_own = [&](const Target& target) {
    return std::any_of(head.to.begin(), head.to.end(),
                       [&](const std::string& to) { return crypto::same_address(to, target.account.address()); });
  };
  for (const Target* target : ordered) {
    message::OpenOptions options = target->options;
    options.max_bytes = target->account.session.max_message_bytes * 2;  // as large as a fetch lets in
    KVC_ASSIGN(const auto message, message::open([&file] { return file.read(); }, options));
    if (file.broken()) {
      return Status(error::file_unreadable, "the file cannot be read to its end");
    }
    const message::Layer& outermost = message.layers.front();
    if (!outermost.key_label.empty()) {
      return target;
    }
  }
  // Nobody has the key, or there is no envelope: it stays with the one it is addressed to.
  const Target* first = ordered.front();
  return same_as_own(*first) ? first : nullptr;
}

Status ImportRun::store_for(const Target& target, MailFile& file, const MailHead& head, const std::string& path) {
  const TimePoint now = context_.env.now();
  mailbox::InboxRow row;
  row.message_id = head.message_id;
  row.sender = head.from;
  row.service_id = head.service_id;
  row.in_reply_to = head.in_reply_to;
  row.subject = head.subject;
  row.header_date = head.date;
  row.received = head.sent && *head.sent <= now ? *head.sent : now;
  const mailbox::ArchivedMark mark{now, user_id_, message::AtSigningTime{}};
  const auto mail = file.read();
  KVC_ASSIGN(const auto stored, mailbox::insert_archived(context_, target.account, std::move(row), mark, *mail,
                                                         target.account.session.max_message_bytes * 2));
  if (!stored) {
    ++summary_.duplicates;
    return {};
  }
  ++summary_.imported;
  summary_.not_valid += stored->verdict == message::Verdict::valid ? 0 : 1;
  if (!stored->opened) {
    ++summary_.unopened;
    report(path, FileOutcome::imported_unopened, "stored; it cannot be opened with the keys at hand");
  }
  return {};
}

void ImportRun::report(const std::string& path, FileOutcome outcome, const std::string& detail) {
  if (summary_.reports.size() >= kMaxReports) {
    ++summary_.more_reports;
    return;
  }
  summary_.reports.push_back({mime::shown_line(path), outcome, detail});
}

}  // namespace kvc::archive
