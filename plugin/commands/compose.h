// SPDX-License-Identifier: Apache-2.0
// What all messages a user writes have in common: from the form over the confirmation into the outbox. Each service
// adds its fields and what makes a message of them (ComposeKind).
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/account_service.h"
#include "commands/command.h"
#include "mailbox/mailbox_service.h"
#include "views/compose_views.h"

namespace kvc::plugin::commands {

/// A file in hand, and the field it was chosen in.
struct InHand {
  std::string field;
  mailbox::DraftFile file;
};

/// The patient a letter is of, and what is to be said about it.
struct LetterPatient {
  pvs::v1::Patient patient;
  std::string note_key;  ///< key of a sentence, or empty
};

/// What a user chose for a delivery to a KV.
struct KvFields {
  std::string site, content, kind, purpose, quarter, earlier;
  bool complete = true, hzv = false;
};

/// A message on its way from the form to the outbox.
struct Letter {
  std::string kind;           ///< of the form's view
  views::ComposeForm form{};  ///< what was typed
  std::vector<InHand> files{};
  std::string in_reply_to{};
  std::string recipient_choice{};  ///< which of several entries is meant; empty: not said
  std::string draft_id{};          ///< of the saved draft it came from; that goes once the message is queued
  std::optional<LetterPatient> patient{};
  bool pdf_signed = false;
  KvFields kv{};
  std::optional<directory::Entry> recipient{};  ///< as the address book describes it
  std::vector<std::string> notes{};             ///< for the confirmation
  std::vector<std::string> warnings{};          ///< the same, what needs a second look

  /// The message as it will be queued; then `files` are inside it, in the same order, at the places `at`.
  std::optional<mailbox::Draft> mail{};
  struct Place {
    std::string field;
    std::size_t at = 0;
  };
  std::vector<Place> places{};

  /// Puts `files` behind what is in `made` already.
  void complete_with(mailbox::Draft made);
  /// Takes the files out again and drops the message.
  void take_back();
};

/// A Letter in the state of a view. One job at a time has it in hand: two clicks on "senden" send once.
class Composition final : public Draft {
 public:
  explicit Composition(Letter letter) : letter_(std::make_unique<Letter>(std::move(letter))) {}
  /// Null while another job has it.
  [[nodiscard]] std::unique_ptr<Letter> take() const;
  void put_back(std::unique_ptr<Letter> letter) const;
  /// The letter taken will not come back.
  void let_go() const;
  /// True while a job has it and may put it back.
  [[nodiscard]] bool in_hand() const;
  [[nodiscard]] bool outlives_lock() const override { return true; }

 private:
  mutable std::mutex mutex_;
  mutable std::unique_ptr<Letter> letter_;
  mutable bool taken_ = false;
};

/// Has the letter of the request's view in hand; it goes back into the view unless it is moved on. Or a letter that is
/// in no view yet.
class LetterInHand {
 public:
  explicit LetterInHand(const Request& request);
  explicit LetterInHand(Letter letter);
  LetterInHand(const LetterInHand&) = delete;
  LetterInHand& operator=(const LetterInHand&) = delete;
  ~LetterInHand();
  /// Error: view_closed when there is none, or another job has it.
  [[nodiscard]] Status status() const;
  [[nodiscard]] Letter& letter() { return *letter_; }
  /// The view shows something else from now on, or the message is in the outbox.
  [[nodiscard]] Letter move_on();
  /// It did not move on after all.
  void keep(Letter letter);

 private:
  std::shared_ptr<const Composition> composition_;
  std::unique_ptr<Letter> letter_;
  bool had_it_ = false;
};

/// What the work on a letter needs.  [worker]
struct Writing {
  Runtime& runtime;
  const Request& request;
  Core& core;
  JobContext& job;
  std::vector<account::Overview> accounts{};  ///< of the user

  [[nodiscard]] const Texts& texts() const { return request.texts; }
  [[nodiscard]] const account::Overview* account(const std::string& id) const;  ///< null for an unknown one
};

/// One service a user can write in.
struct ComposeKind {
  const char* view_kind;
  /// Fields of this service alone.
  void (*read)(const Request&, Letter&);
  /// Makes letter.mail. What the user can put right goes to letter.form.errors and .failure; then there is no mail.
  Status (*complete)(Writing&, Letter&);
  Result<pvs::v1::View> (*form)(Writing&, const Letter&);
};
extern const ComposeKind kEnachrichtKind, kLetterKind, kOneClickKind, kDocumentationKind;

/// The core and the user's accounts.
Result<std::shared_ptr<Core>> begin_writing(Runtime& runtime, const Request& request,
                                            std::vector<account::Overview>& accounts);

/// The form, with the proposed sender if none is chosen yet. An empty `view_id` opens a new view. The letter moves on
/// into what is shown, and stays in hand where nothing is.
Result<pvs::v1::ActionReply> show_form(Writing& writing, LetterInHand& in_hand, const std::string& view_id);
/// The same in a new view.
Result<pvs::v1::ActionReply> show_form(Writing& writing, Letter letter);
/// What will be sent, to whom, under which certificate; as show_form().
Result<pvs::v1::ActionReply> show_confirmation(Writing& writing, LetterInHand& in_hand, const std::string& view_id);

/// After a login: letters that were in hand when this user's session was locked become drafts of the outbox, and the
/// user is told. The key that seals a draft is the user's, so this cannot be done while the session is locked.
Work rescue_letters_work(Runtime& runtime, const Who& who);

// ---- for the services ----

/// True if what follows the '@' is the domain or lies below it; letter case is all the same (RFC 5321 section 2.4).
[[nodiscard]] bool lies_in_domain(std::string_view address, std::string_view domain);
/// Finds out whom `letter.form.to` means: an address, or the one entry of the address book that fits. Returns the
/// address and keeps the entry; empty if the user must choose or correct something (errors and hits are filled in).
Result<std::string> resolve_recipient(Writing& writing, Letter& letter);
/// Reads the files of `field`; they stand behind those that are there.
Status read_files(Writing& writing, const std::string& field, std::vector<ChosenFile> files, Letter& letter);
void add_error(Letter& letter, std::string field, std::string sentence);

}  // namespace kvc::plugin::commands
