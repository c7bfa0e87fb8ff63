// SPDX-License-Identifier: Apache-2.0
// Writing a message: the forms of the services, and what is shown before one is sent. Pure functions: facts in, view
// out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "directory/directory_service.h"
#include "mailbox/items.h"
#include "views/account_views.h"
#include "views/build.h"

namespace kvc::plugin::views {

/// One account to send from.
struct SenderChoice {
  std::string id, label;
};
/// One of several possibilities; with a reason it is there, but cannot be chosen.
struct Option {
  std::string id, label;
  std::string why_not{};
};
/// A file that was read already.
struct KeptFile {
  std::string id, name;
  std::uint64_t size = 0;
};

/// What every form begins with, or holds again after a refused submit.
struct ComposeForm {
  std::string account_id, to, subject, text;
  bool request_receipt = true;
  std::string title_key{};    ///< of what is written, if it is not simply a new message: an answer, a draft ...
  std::string sender_hint{};  ///< why this account is proposed as the sender, a sentence; empty: nothing to say
  std::vector<SenderChoice> senders{};
  std::vector<directory::Hit> hits{};  ///< entries of the address book that fit what was typed, when several do
  std::vector<KeptFile> kept{};
  FieldErrors errors{};
  Status failure{};  ///< why the last submit led back here
};

/// kind "compose.enachricht"; actions `check`, `save_draft`. Without a sender, a notice that says so, as with all of
/// these forms; but not instead of what was written.
[[nodiscard]] pvs::v1::View compose_enachricht(const Texts& t, const ComposeForm& form);

struct LetterForm {
  ComposeForm common;
  std::string patient;       ///< who the letter is of, in one line
  std::string patient_note;  ///< what to mind about it, a sentence, or empty
  bool pdf_signed = false;
};
/// kind "compose.earztbrief"; action `check`.
[[nodiscard]] pvs::v1::View compose_earztbrief(const Texts& t, const LetterForm& form);

struct KvForm {
  ComposeForm common;
  std::string kv;  ///< who receives it, in one line
  std::vector<Option> sites{}, contents{}, kinds{}, purposes{}, quarters{}, earlier{};
  std::string site, content, kind, purpose, quarter, chosen_earlier;
  bool complete = true, hzv = false;
};
/// kind "compose.1click"; action `check`.
[[nodiscard]] pvs::v1::View compose_1click(const Texts& t, const KvForm& form);
/// kind "compose.edoku"; action `check`.
[[nodiscard]] pvs::v1::View compose_edoku(const Texts& t, const KvForm& form);

/// What a message is like that waits for the last word.
struct ConfirmFacts {
  const mailbox::Draft* mail = nullptr;  ///< borrowed for the call
  std::string sender, service, recipient_name, clear_subject;
  std::vector<std::string> notes{};                    ///< sentences: "Korrektur, Version 2" ...
  std::vector<std::string> warnings{};                 ///< sentences that stand out; they keep nobody from sending
  std::optional<mailbox::RecipientCheck> recipient{};  ///< none: see `failure`
  Status failure{};                                    ///< why the recipient's certificate could not be shown
  bool can_go_back = true;
};
/// Whether a failure of the certificate check may pass: then the message can wait in the outbox, where the check is
/// made again. Everything else is a refusal.
[[nodiscard]] bool may_pass(const Status& failure);
/// kind "compose.confirm"; actions `send`, `back`, `save_draft`.
[[nodiscard]] pvs::v1::View compose_confirm(const Texts& t, const ConfirmFacts& facts);

/// An entry of the address book in one line: name, practice, town, address.
[[nodiscard]] std::string entry_line(const directory::Entry& entry);

}  // namespace kvc::plugin::views
