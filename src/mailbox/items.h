// SPDX-License-Identifier: Apache-2.0
// What the mailbox takes and gives: drafts, rows of outbox and inbox, filters, pages, threads.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/env.h"
#include "base/secret.h"
#include "crypto/certificate.h"
#include "mailbox/file_content.h"
#include "message/open.h"
#include "message/seal.h"
#include "service/catalogue.h"
#include "service/parts_check.h"

namespace kvc::mailbox {

// ---- outbox ----

/// A file of a draft; the draft is kept encrypted under the account key.
struct DraftFile {
  std::string name, type, description;
  FileContent content;
};

/// What the begleitdatei of a delivery says (protocol D); the billing views fill it in beside the file itself.
struct DeliveryFacts {
  std::string guid;                 ///< kept for corrections; links answers and corrections to the delivery
  int version = 0;                  ///< from 1, +1 per correction
  std::string bsnr, quarter, type;  ///< bsnr, quartal, dokumenten_typ as written there
  bool test = false;                ///< testdaten; a test can never be a correction
};

struct Draft {
  std::string account_id;
  std::string to;  ///< recipient's address
  service::ServiceId service_id;
  /// The service's neutral text for the clear header; empty: the catalogue's (service/clear_subject.h).
  std::string subject;
  std::string user_subject, text;
  std::vector<DraftFile> files;
  /// Ignored for services that are never confirmed (1-Click).
  bool request_receipt = true;
  std::string in_reply_to;
  /// Required for a delivery of a service whose answers are found by GUID (1-Click).
  std::optional<DeliveryFacts> delivery;
  /// Replies the receiver announces (KVCA functions 7/8: receipt, 9/10: feedback), beside those the catalogue always
  /// expects.
  std::vector<service::MessageKind> announced;
};

/// What is wrong with a draft before it is queued, for the view that shows the files. Names of files are the user's own
/// words: never log them.
struct DraftProblem {
  service::PartProblem::Kind kind = service::PartProblem::Kind::missing;
  std::size_t file = service::PartProblem::kNoFile;  ///< index into Draft::files
  std::string file_name;                             ///< of that file, or empty
  std::string part;                                  ///< role of the part, or empty
  service::Title part_title;
  std::string expected;  ///< what would fit: names and media types
};

enum class OutboxState { draft, queued, accepted, delivered, answered, failed };
std::string_view name(OutboxState state);

/// The mark "answer missing", cleared by hand, e.g. after a phone call.
struct Clearing {
  TimePoint at;
  std::string by, note;  ///< user id; the user's words
};

/// A reply of a delivery that is waited for, or that came.
struct Reply {
  service::MessageKind kind = service::MessageKind::answer;
  std::optional<TimePoint> due;      ///< none before the server accepted the delivery, or without a deadline
  std::optional<TimePoint> arrived;  ///< the first of its kind
  std::string inbox_id;              ///< of that one
  std::optional<Clearing> cleared;
  bool overdue = false;  ///< due has passed, nothing came, nobody cleared it
};

/// What a person means who takes something out of the outbox.
enum class Withdraw { anything, draft, message };

struct OutboxItem {
  std::string id, account_id, message_id, to, service_id;
  std::string service_key;  ///< of the catalogue, "" if unknown
  std::string thread_id;
  OutboxState state = OutboxState::draft;
  TimePoint created;
  std::optional<TimePoint> accepted;  ///< "sent?": when the server took it
  std::optional<TimePoint> delivered, answered;
  std::optional<TimePoint> next_try;  ///< of a queued one
  int tries = 0;
  std::string last_error;    ///< key of an ErrorCode, or empty
  std::string user_subject;  ///< only in answers to an assigned user
  std::vector<std::string> file_names;
  bool receipt_requested = false, is_receipt = false;
  /// No byte left for the server yet: withdraw() works now.
  bool withdrawable = false;
  /// The stored content is damaged or does not open: subject, files and delivery are missing here, and it cannot be
  /// sent.
  bool unreadable = false;
  std::optional<DeliveryFacts> delivery;
  std::vector<Reply> replies;  ///< awaited and arrived ones, in the order of MessageKind
  [[nodiscard]] const Reply* reply(service::MessageKind kind) const;  ///< borrowed, null if there is none
  [[nodiscard]] bool overdue() const;
};

struct OutboxFilter {
  std::string account_id;                  ///< empty: all accounts of the user
  std::optional<std::string> service_key;  ///< "": unknown services
  std::optional<OutboxState> state;
  bool overdue_only = false;
  bool without_receipts = false;      ///< leaves out the receipts this account sent
  std::optional<TimePoint> from, to;  ///< of creation, from <= t < to
};

/// As with InboxPage: a call opens a bounded number of accounts and reads at most kScanLimit rows of each.
struct OutboxPage {
  static constexpr std::size_t kScanLimit = 1000;
  std::vector<OutboxItem> items;  ///< newest first
  std::string next;               ///< cursor of the next page; empty: this was the last one
};

/// A delivery a correction may refer to.
struct EarlierDelivery {
  std::string outbox_id;
  DeliveryFacts facts;
  OutboxState state = OutboxState::queued;
  TimePoint created;
};

/// A recipient's certificate, fetched just now and good to encrypt for.
struct RecipientCheck {
  crypto::Certificate certificate;
  std::string issuer_name;  ///< of the User CA that issued it
  /// From the documented profile, without being a refusal: one English sentence each, for the expert.
  std::vector<std::string> deviations;
};

struct SendSummary {
  int accepted = 0, waiting = 0, failed = 0;
};

// ---- inbox ----

/// What the error text about an answer that belongs to no delivery needs (protocol D, 1-Click rules): "From, Date,
/// Message-ID, GUID".
struct UnassignedAnswer {
  std::string from, date, message_id, guid;
};

struct InboxItem {
  std::string id, account_id, message_id, from, service_id, in_reply_to, subject;
  std::string service_key;  ///< of the catalogue, "" if unknown
  std::string thread_id;
  TimePoint received;
  std::string date;  ///< the header's
  message::Verdict verdict = message::Verdict::malformed;
  bool opened = false;  ///< false: stored, not yet opened (say, no key)
  bool judged = false;  ///< verdict means something; false: stored, and not looked at yet
  bool is_receipt = false;
  bool read = false;  ///< by the asking user
  std::size_t parts = 0;
  std::vector<std::string> file_names;  ///< of the signed content
  /// Larger than the settings allow: nothing but the header was fetched, the mail stays on the server. verdict and
  /// opened mean nothing then.
  bool too_large = false;
  /// The stored facts are damaged or do not open: what is here is the clear header's. The original is another record;
  /// open() reads it, and writes the facts anew.
  bool unreadable = false;
  /// An answer of a KV for which there is no delivery.
  std::optional<UnassignedAnswer> unassigned;
};

struct InboxFilter {
  std::string account_id;                  ///< empty: all accounts of the user
  std::optional<std::string> service_key;  ///< "": unknown services
  std::optional<message::Verdict> verdict;
  bool unread_only = false, unassigned_only = false;
  std::optional<TimePoint> from, to;  ///< of receipt, from <= t < to
  /// Looked for in sender, subject and file names, without case.
  std::string search;
};

/// A call opens at most kMostOpened accounts (mailbox/cursor.h), those with the newest messages, and reads at most
/// kScanLimit rows of each, whatever the filter and however many accounts there are. So `items` may be shorter than
/// asked for, even empty, while `next` says that there is more to look through.
struct InboxPage {
  static constexpr std::size_t kScanLimit = 1000;
  std::vector<InboxItem> items;  ///< newest first
  std::string next;              ///< cursor of the next page; empty: everything was looked through
};

struct ServiceCount {
  std::string service_key;  ///< "": unknown services
  std::size_t total = 0, unread = 0;
};

struct FetchSummary {
  int fetched = 0, duplicates = 0, receipts = 0, not_valid = 0;
  int too_large = 0;   ///< newly met, left on the server
  int unassigned = 0;  ///< answers that belong to no delivery
};

/// Which key opened the outermost layer.
struct OpenedBy {
  int generation = 0;    ///< account::Generation::number; 0: a key without a certificate, or nothing was opened
  bool current = false;  ///< the account's present certificate
  std::string label;     ///< message::Layer::key_label
};

struct OpenedItem {
  InboxItem item;
  message::OpenedMessage message;
  OpenedBy opened_by;
  bool archived = false;  ///< from an archive: judged at its own reference time, which can be set
  /// The role of each of message.parts in its service ("eab_xml", "begleitdatei" ...), "" for none.
  std::vector<std::string> roles;
};

/// Several versions share a GUID; the version tells which of them is answered (0: not known).
struct ThreadKey {
  std::string guid;
  int version = 0;
};
/// Gives the GUID (and version) of the begleitdatei an opened message carries, nothing if there is none. Called for
/// valid messages only. Must not throw. Thread: [worker], several at a time.
using ThreadKeyFn = std::function<std::optional<ThreadKey>(const message::OpenedMessage&)>;

/// A delivery, its answers and its corrections, each oldest first.
struct Thread {
  static constexpr std::size_t kMost = 200;  ///< of each kind; older ones are left out
  std::vector<OutboxItem> sent;
  std::vector<InboxItem> received;
};

}  // namespace kvc::mailbox
