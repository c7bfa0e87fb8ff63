// SPDX-License-Identifier: Apache-2.0
#include "commands/compose.h"

#include <algorithm>
#include <array>

#include "account/sender.h"
#include "commands/chosen_files.h"
#include "commands/entries.h"
#include "commands/mail_pages.h"
#include "service/clear_subject.h"
#include "service/known.h"
#include "views/account_overview.h"
#include "views/mailbox_views.h"
#include "views/message_words.h"

namespace kvc::plugin::commands {
namespace {

constexpr std::size_t kMostHits = 20;
constexpr std::array kFileFields{"document", "attachments", "files"};
constexpr std::array kKinds{&kEnachrichtKind, &kLetterKind, &kOneClickKind, &kDocumentationKind};

const ComposeKind* find_kind(std::string_view view_kind) {
  const auto* const found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const auto* kind) { return view_kind == kind->view_kind; });
  return found == kKinds.end() ? nullptr : *found;
}

Result<const ComposeKind*> kind_of(const Letter& letter) {
  const ComposeKind* kind = find_kind(letter.kind);
  return kind == nullptr ? Result<const ComposeKind*>(Status(error::internal, "a letter of no known form"))
                         : Result<const ComposeKind*>(kind);
}

/// One '@' with something on either side and no blank: whether the address exists only the server knows.
bool looks_like_address(const std::string& text) {
  const auto at = text.find('@');
  return at != std::string::npos && at > 0 && at + 1 < text.size() && text.find('@', at + 1) == std::string::npos &&
         text.find_first_of(" \t\r\n<>,;") == std::string::npos;
}

std::vector<views::SenderChoice> senders_of(const std::vector<account::Overview>& accounts) {
  std::vector<views::SenderChoice> senders;
  for (const account::Overview& account : accounts) {
    if (account.state == account::State::ready) {
      const std::string label = account_label(account);
      senders.push_back({account.id, label == account.address ? label : label + " (" + account.address + ")"});
    }
  }
  return senders;
}

/// The account that is proposed as the sender, and why, in a sentence.
void propose_sender(Writing& writing, views::ComposeForm& form) {
  form.senders = senders_of(writing.accounts);
  std::vector<std::string> sites;
  const auto practice = writing.runtime.host().practice_sites(writing.request.who.session_id);
  if (practice.ok()) {
    for (const PracticeSite& site : practice.value()) {
      sites.push_back(site.bsnr);
    }
  }
  const auto choice =
      account::choose_sender(writing.accounts, writing.request.who.user_id, sites, writing.runtime.env().now());
  form.sender_hint.clear();
  if (!choice) {
    return;
  }
  form.sender_hint = writing.texts()("compose.sender." + std::string(views::reason_code(choice->reason)));
  if (form.account_id.empty()) {
    form.account_id = writing.accounts.at(choice->index).id;
  }
}

std::uint64_t size_of(const Letter& letter) {
  std::uint64_t total = letter.form.text.size();
  for (const InHand& in_hand : letter.files) {
    total += in_hand.file.content.size();
  }
  return total;
}

/// Files the user ticked off stay out, and so does what the form never showed: leavings of a submit that broke off.
void leave_out(const Request& request, Letter& letter) {
  const std::vector<std::string> kept = request.values.ids("kept_files");
  std::size_t number = 0;
  std::erase_if(letter.files, [&](const InHand&) {
    return std::find(kept.begin(), kept.end(), std::to_string(number++)) == kept.end();
  });
}

/// What every form has.
Status read_common(Writing& writing, Letter& letter) {
  const Values& values = writing.request.values;
  views::ComposeForm& form = letter.form;
  form.account_id = values.text("account");
  const std::string to = values.trimmed("recipient");
  letter.recipient_choice = form.to == to ? values.trimmed("recipient_choice") : std::string();
  form.to = to;
  form.subject = values.trimmed("subject");
  form.text = values.text("text");
  form.request_receipt = values.check("request_receipt", form.request_receipt);
  form.errors.clear();
  form.failure = {};
  letter.notes.clear();
  letter.warnings.clear();
  leave_out(writing.request, letter);
  form.hits.clear();
  for (const char* field : kFileFields) {
    std::vector<ChosenFile> files = values.files(field);
    if (!files.empty() && std::string_view(field) == "document") {
      std::erase_if(letter.files, [&](const InHand& in_hand) { return in_hand.field == "document"; });
    }
    const Status read = read_files(writing, field, std::move(files), letter);
    if (read.is(error::too_large) || read.is(error::file_unreadable)) {
      form.failure = read;
      add_error(letter, field, writing.texts()("form.choose_again"));
    } else {
      KVC_TRY(read);
    }
  }
  return {};
}

/// The service's own rules about files: whatever the form let pass stops here.
Status check_parts(Writing& writing, Letter& letter) {
  KVC_ASSIGN(const auto problems, writing.core.mailbox().check(writing.request.who.user_id, *letter.mail));
  if (problems.empty()) {
    return {};
  }
  const mailbox::DraftProblem& first = problems.front();
  const bool whole = first.file == service::PartProblem::kNoFile;
  letter.form.failure = Status(error::wrong_parts, "the files do not fit the service")
                            .with("number", std::to_string(whole ? 0 : first.file + 1))
                            .with("expected", first.expected);
  letter.take_back();
  return {};
}

bool complete_enough(const Letter& letter) {
  return letter.mail.has_value() && letter.form.errors.empty() && letter.form.failure.ok();
}

/// The account was taken away from the user, or deleted, while he wrote.
Result<pvs::v1::ActionReply> ask_for_sender(Writing& writing, LetterInHand& in_hand, const std::string& view_id) {
  Letter& letter = in_hand.letter();
  letter.take_back();
  letter.form.account_id.clear();
  add_error(letter, "account", writing.texts()("compose.sender_gone"));
  return show_form(writing, in_hand, view_id);
}

/// False for a letter without a form it could go back to.
bool lost_its_sender(const Writing& writing, const Letter& letter) {
  return writing.account(letter.mail->account_id) == nullptr && find_kind(letter.kind) != nullptr;
}

Result<pvs::v1::ActionReply> check(Writing& writing, LetterInHand& in_hand, const std::string& view_id) {
  Letter& letter = in_hand.letter();
  KVC_ASSIGN(const ComposeKind* kind, kind_of(letter));
  letter.take_back();
  KVC_TRY(read_common(writing, letter));
  kind->read(writing.request, letter);
  if (writing.account(letter.form.account_id) == nullptr) {
    return ask_for_sender(writing, in_hand, view_id);
  }
  const Status completed = kind->complete(writing, letter);
  if (completed.is(error::cancelled) || completed.is(error::session_locked)) {
    return completed;
  }
  letter.form.failure = letter.form.failure.ok() ? completed : letter.form.failure;
  if (letter.mail) {
    KVC_TRY(check_parts(writing, letter));
  }
  if (!complete_enough(letter)) {
    letter.take_back();
    return show_form(writing, in_hand, view_id);
  }
  return show_confirmation(writing, in_hand, view_id);
}

Result<pvs::v1::ActionReply> done(const Request& request, std::string_view text_key) {
  pvs::v1::ActionReply reply;
  reply.mutable_done()->set_text(request.texts(text_key));
  reply.mutable_done()->set_close_view(true);
  return reply;
}

/// An eNachricht as it stands in its form, complete or not.
void complete_as_draft(Letter& letter) {
  mailbox::Draft draft;
  draft.account_id = letter.form.account_id;
  draft.to = letter.form.to;
  draft.service_id = service::enachricht_delivery();
  draft.user_subject = letter.form.subject;
  draft.text = letter.form.text;
  draft.request_receipt = letter.form.request_receipt;
  draft.in_reply_to = letter.in_reply_to;
  letter.complete_with(std::move(draft));
}

/// True if somebody would miss it. The forms of the other services hold nothing typed, only files that were chosen.
bool worth_a_draft(const Letter& letter) {
  const views::ComposeForm& form = letter.form;
  return letter.mail || (letter.kind == kEnachrichtKind.view_kind &&
                         !(form.to.empty() && form.subject.empty() && form.text.empty() && letter.files.empty()));
}

/// Names nobody: it may appear where patients see it.
pvs::v1::NotifyRequest rescued_letters(const Texts& t, const std::string& user_id, std::uint64_t letters) {
  pvs::v1::NotifyRequest request;
  request.set_notification_id("kvconnect.rescued." + user_id);
  request.add_user_ids(user_id);
  request.set_severity(pvs::v1::SEVERITY_INFO);
  request.set_title(t("notify.rescued.title"));
  request.set_text(t.count("notify.rescued.text", letters));
  request.set_command_id("kvconnect.outbox");
  return request;
}

bool in_hand(const std::shared_ptr<const Draft>& kept) {
  const auto composition = std::dynamic_pointer_cast<const Composition>(kept);
  return composition != nullptr && composition->in_hand();
}

/// Jobs of the locked session were cancelled, but may still wait for a server. What they do with their letter is known
/// when they end; one that takes longer keeps its letter for the login after this one.
void wait_for_jobs(Runtime& runtime, JobContext& job, std::vector<std::shared_ptr<const Draft>>& kept) {
  constexpr Millis kAskAgain{200};
  constexpr int kMostTries = 600;
  for (int i = 0; i < kMostTries && std::any_of(kept.begin(), kept.end(), &in_hand); ++i) {
    if (runtime.env().sleep(kAskAgain, job.cancel().flag())) {
      break;
    }
  }
}

/// The account if it is the user's, else one that is: a draft can be sent from another one, but not kept in none.
std::string usable_account(Core& core, const Who& who, const std::string& account_id) {
  const auto accounts = core.accounts().list(who.user_id);
  if (!accounts.ok() || accounts->empty() ||
      std::any_of(accounts->begin(), accounts->end(), [&](const auto& each) { return each.id == account_id; })) {
    return account_id;
  }
  return accounts->front().id;
}

/// True if it is a draft of the outbox now; else it waits for the next login.
bool rescue(Runtime& runtime, Core& core, const Who& who, const std::shared_ptr<const Draft>& kept) {
  const auto composition = std::dynamic_pointer_cast<const Composition>(kept);
  if (in_hand(kept)) {
    runtime.sessions().keep(who.user_id, kept);
    return false;
  }
  std::unique_ptr<Letter> letter = composition == nullptr ? nullptr : composition->take();
  if (letter == nullptr || !worth_a_draft(*letter)) {
    return false;
  }
  if (!letter->mail) {
    complete_as_draft(*letter);
  }
  letter->mail->account_id = usable_account(core, who, letter->mail->account_id);
  auto saved = core.mailbox().save_draft(who.user_id, *letter->mail, letter->draft_id);
  if (mailbox::draft_is_gone(saved.status())) {
    letter->draft_id.clear();
    saved = core.mailbox().save_draft(who.user_id, *letter->mail);
  }
  if (saved.ok()) {
    return true;
  }
  runtime.log().write(LogLevel::warning, "plugin",
                      std::string("a letter from before the lock still waits: ") + saved.status().code().key);
  composition->put_back(std::move(letter));
  runtime.sessions().keep(who.user_id, kept);
  return false;
}

/// Somebody else sent, saved or deleted the draft meanwhile. What was typed stays, as a letter that was never saved:
/// who sends or saves it now has read that.
Result<pvs::v1::ActionReply> draft_gone(Writing& writing, LetterInHand& in_hand) {
  Letter& letter = in_hand.letter();
  letter.draft_id.clear();
  letter.take_back();
  add_error(letter, "account", writing.texts()("compose.draft_gone"));
  return show_form(writing, in_hand, writing.request.view_id);
}

/// Kept as it is, complete or not.
Result<pvs::v1::ActionReply> save_draft(Writing& writing, LetterInHand& in_hand) {
  Letter& letter = in_hand.letter();
  if (find_kind(writing.request.view.kind) != nullptr) {
    letter.take_back();  // of an attempt that failed
    KVC_TRY(read_common(writing, letter));
    if (!letter.form.failure.ok()) {
      return letter.form.failure;
    }
    complete_as_draft(letter);
  }
  if (!letter.mail) {
    return Status(error::invalid_state, "the message is not complete");
  }
  if (lost_its_sender(writing, letter)) {
    return ask_for_sender(writing, in_hand, writing.request.view_id);
  }
  const std::string& user = writing.request.who.user_id;
  const auto saved = writing.core.mailbox().save_draft(user, *letter.mail, letter.draft_id);
  if (!saved.ok()) {
    return mailbox::draft_is_gone(saved.status()) ? draft_gone(writing, in_hand) : saved.status();
  }
  static_cast<void>(in_hand.move_on());
  writing.runtime.sessions().close(writing.request.view_id, writing.request.who);
  return done(writing.request, "compose.draft_saved");
}

/// Takes a message back that the user cancelled; true if not a byte of it had left. It is among the drafts then, so
/// that it is not lost with its view.
bool taken_back(Writing& writing, Letter& letter, const std::string& outbox_id) {
  mailbox::MailboxService& mailbox = writing.core.mailbox();
  const std::string& user = writing.request.who.user_id;
  if (!mailbox.take_back(user, outbox_id).ok()) {
    // A connection that broke may have lost the answer alone.
    const auto item = mailbox.outbox_item(user, outbox_id);
    if (!item.ok() || item->state != mailbox::OutboxState::draft) {
      return false;
    }
  }
  letter.draft_id = outbox_id;
  return true;
}

void after_queueing(Writing& writing, const Letter& letter, const std::string& outbox_id) {
  const std::string& user = writing.request.who.user_id;
  const auto queued = writing.core.mailbox().outbox_item(user, outbox_id);
  writing.runtime.host().audit(user, "message.queued", queued.ok() ? queued->message_id : outbox_id, true);
  const account::Overview* account = writing.account(letter.mail->account_id);
  if (account != nullptr) {
    static_cast<void>(writing.core.directory().note_used(user, account->environment_id, letter.mail->to));
  }
}

/// Into the outbox, and on its way. From queue() on nothing can lose the message: what fails is a state of the outbox,
/// not an error of this job. A draft it came from is gone with it. Cancelling takes it back as long as no byte has
/// left.
Result<pvs::v1::ActionReply> send(Writing& writing, LetterInHand& in_hand) {
  const std::string& user = writing.request.who.user_id;
  if (!in_hand.letter().mail) {
    return Status(error::invalid_state, "the message is not complete");
  }
  if (lost_its_sender(writing, in_hand.letter())) {
    return ask_for_sender(writing, in_hand, writing.request.view_id);
  }
  writing.job.progress(-1, writing.texts()("progress.message.queue"));
  const auto queued = writing.core.mailbox().queue(user, *in_hand.letter().mail, in_hand.letter().draft_id);
  if (!queued.ok()) {
    return mailbox::draft_is_gone(queued.status()) ? draft_gone(writing, in_hand) : queued.status();
  }
  const std::string& id = *queued;
  Letter letter = in_hand.move_on();  // whatever fails now, nobody shall send it a second time
  const std::string account_id = letter.mail->account_id;
  const auto sent = writing.core.mailbox().send_due(user, account_id, progress_to(writing.job, writing.texts()),
                                                    writing.job.cancel());
  if (writing.job.cancel().requested() && taken_back(writing, letter, id)) {
    in_hand.keep(std::move(letter));
    return Status(error::cancelled, "taken back before a byte left");
  }
  after_queueing(writing, letter, id);
  KVC_ASSIGN(mailbox::OutboxItem item, writing.core.mailbox().outbox_item(user, id));
  if (item.accepted) {
    writing.runtime.host().audit(user, "message.accepted", item.message_id, true);
  }
  if (!sent.ok() && item.last_error.empty()) {
    item.last_error = sent.status().code().key;
  }
  return reply_view(writing.runtime, writing.request, views::send_result(writing.texts(), item), {},
                    writing.request.view_id);
}

Result<pvs::v1::ActionReply> go_back(Writing& writing, LetterInHand& in_hand) {
  in_hand.letter().take_back();
  return show_form(writing, in_hand, writing.request.view_id);
}

using Step = Result<pvs::v1::ActionReply> (*)(Writing&, LetterInHand&);

Result<pvs::v1::ActionReply> check_step(Writing& writing, LetterInHand& in_hand) {
  return check(writing, in_hand, writing.request.view_id);
}

Result<pvs::v1::ActionReply> take_step(Runtime& runtime, const Request& request, Step step, JobContext& job) {
  LetterInHand in_hand(request);
  KVC_TRY(in_hand.status());
  std::vector<account::Overview> accounts;
  KVC_ASSIGN(std::shared_ptr<Core> core, begin_writing(runtime, request, accounts));
  Writing writing{runtime, request, *core, job, std::move(accounts)};
  return step(writing, in_hand);
}

/// The step failed or was cancelled after its view had been closed: nobody would see the letter again.
void keep_without_view(Runtime& runtime, const Request& request) {
  if (request.view.draft == nullptr || runtime.sessions().find(request.view_id, request.who)) {
    return;
  }
  const auto core = runtime.core();
  if (!core.ok()) {
    runtime.sessions().keep(request.who.user_id, request.view.draft);
  } else if (rescue(runtime, **core, request.who, request.view.draft)) {
    runtime.host().notify(rescued_letters(request.texts, request.who.user_id, 1));
  }
}

Answer run(Runtime& runtime, const Request& request, std::string_view text_key, Step step) {
  return answer_job(request.texts, text_key,
                    [&runtime, request, step](JobContext& job) -> Result<pvs::v1::ActionReply> {
                      auto reply = take_step(runtime, request, step, job);
                      if (!reply.ok()) {
                        keep_without_view(runtime, request);
                      }
                      return reply;
                    });
}

}  // namespace

// ---- the letter ----

void Letter::complete_with(mailbox::Draft made) {
  places.clear();
  for (InHand& in_hand : files) {
    places.push_back({std::move(in_hand.field), made.files.size()});
    made.files.push_back(std::move(in_hand.file));
  }
  files.clear();
  mail = std::move(made);
}

void Letter::take_back() {
  if (!mail) {
    return;
  }
  files.clear();
  for (Place& place : places) {
    files.push_back({std::move(place.field), std::move(mail->files.at(place.at))});
  }
  places.clear();
  mail.reset();
}

std::unique_ptr<Letter> Composition::take() const {
  const std::lock_guard lock(mutex_);
  taken_ = taken_ || letter_ != nullptr;
  return std::move(letter_);
}

void Composition::put_back(std::unique_ptr<Letter> letter) const {
  const std::lock_guard lock(mutex_);
  letter_ = std::move(letter);
  taken_ = false;
}

void Composition::let_go() const {
  const std::lock_guard lock(mutex_);
  taken_ = false;
}

bool Composition::in_hand() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

LetterInHand::LetterInHand(const Request& request)
    : composition_(std::dynamic_pointer_cast<const Composition>(request.view.draft)),
      letter_(composition_ == nullptr ? nullptr : composition_->take()),
      had_it_(letter_ != nullptr) {}

LetterInHand::LetterInHand(Letter letter) : letter_(std::make_unique<Letter>(std::move(letter))) {}

LetterInHand::~LetterInHand() {
  if (composition_ == nullptr) {
    return;
  }
  if (letter_ != nullptr) {
    composition_->put_back(std::move(letter_));
  } else if (had_it_) {
    // Last: whoever waits for this job finds what it has become, a view or a message of the outbox.
    composition_->let_go();
  }
}

Status LetterInHand::status() const {
  return letter_ == nullptr ? Status(error::view_closed, "the message of this view is sent or being sent") : Status();
}

void LetterInHand::keep(Letter letter) {
  letter_ = std::make_unique<Letter>(std::move(letter));
}

Letter LetterInHand::move_on() {
  Letter letter = std::move(*letter_);
  letter_.reset();
  return letter;
}

const account::Overview* Writing::account(const std::string& id) const {
  const auto found = std::find_if(accounts.begin(), accounts.end(), [&](const auto& each) { return each.id == id; });
  return found == accounts.end() ? nullptr : &*found;
}

// ---- showing ----

Result<std::shared_ptr<Core>> begin_writing(Runtime& runtime, const Request& request,
                                            std::vector<account::Overview>& accounts) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  KVC_ASSIGN(accounts, core->accounts().list(request.who.user_id));
  return core;
}

namespace {

/// `view` has the letter from now on.
pvs::v1::ActionReply hand_over(Writing& writing, LetterInHand& in_hand, pvs::v1::View view,
                               const std::string& view_id) {
  ViewState state;
  state.draft = std::make_shared<Composition>(in_hand.move_on());
  return reply_view(writing.runtime, writing.request, std::move(view), std::move(state), view_id);
}

}  // namespace

Result<pvs::v1::ActionReply> show_form(Writing& writing, Letter letter) {
  LetterInHand in_hand(std::move(letter));
  return show_form(writing, in_hand, {});
}

Result<pvs::v1::ActionReply> show_form(Writing& writing, LetterInHand& in_hand, const std::string& view_id) {
  Letter& letter = in_hand.letter();
  KVC_ASSIGN(const ComposeKind* kind, kind_of(letter));
  propose_sender(writing, letter.form);
  letter.form.kept.clear();
  for (const InHand& held : letter.files) {
    letter.form.kept.push_back({std::to_string(letter.form.kept.size()), held.file.name, held.file.content.size()});
  }
  KVC_ASSIGN(pvs::v1::View view, kind->form(writing, letter));
  return hand_over(writing, in_hand, std::move(view), view_id);
}

Result<pvs::v1::ActionReply> show_confirmation(Writing& writing, LetterInHand& in_hand, const std::string& view_id) {
  const Letter& letter = in_hand.letter();
  const mailbox::Draft& mail = *letter.mail;
  const account::Overview* account = writing.account(mail.account_id);
  if (account == nullptr) {
    return Status(error::not_found, "the sender's account is not the user's");
  }
  writing.job.progress(-1, writing.texts()("progress.recipient.check"));
  const service::Catalogue& catalogue = writing.core.mailbox().catalogue();
  views::ConfirmFacts facts;
  facts.mail = &mail;
  facts.sender = account_label(*account) + " (" + account->address + ")";
  const auto match = catalogue.find(mail.service_id);
  facts.service = !match                                       ? mail.service_id.text()
                  : writing.texts().language() == Language::de ? match->message->title.de
                                                               : match->message->title.en;
  facts.clear_subject = mail.subject.empty() ? service::clear_subject(mail.service_id, catalogue) : mail.subject;
  facts.recipient_name = letter.recipient ? views::entry_line(*letter.recipient) : std::string();
  facts.notes = letter.notes;
  facts.warnings = letter.warnings;
  facts.can_go_back = find_kind(letter.kind) != nullptr;
  auto recipient = writing.core.mailbox().check_recipient(writing.request.who.user_id, mail.account_id, mail.to,
                                                          writing.job.cancel());
  if (writing.job.cancel().requested() || recipient.status().is(error::session_locked)) {
    return recipient.ok() ? Status(error::cancelled, "cancelled before the confirmation") : recipient.status();
  }
  if (recipient.ok()) {
    facts.recipient = std::move(recipient).value();
  } else {
    facts.failure = recipient.status();
  }
  pvs::v1::View view = views::compose_confirm(writing.texts(), facts);
  return hand_over(writing, in_hand, std::move(view), view_id);
}

Result<pvs::v1::ActionReply> show_compose(Runtime& runtime, const Request& request, mailbox::Draft draft,
                                          ComposeOrigin origin, JobContext& job) {
  std::vector<account::Overview> accounts;
  KVC_ASSIGN(std::shared_ptr<Core> core, begin_writing(runtime, request, accounts));
  Writing writing{runtime, request, *core, job, std::move(accounts)};
  Letter letter;
  letter.draft_id = std::move(origin.draft_id);
  letter.form.title_key = std::move(origin.title_key);
  if (draft.service_id != service::enachricht_delivery()) {
    letter.mail = std::move(draft);
    LetterInHand in_hand(std::move(letter));
    return show_confirmation(writing, in_hand, {});
  }
  letter.kind = kEnachrichtKind.view_kind;
  letter.in_reply_to = draft.in_reply_to;
  letter.form.account_id = draft.account_id;
  letter.form.to = draft.to;
  letter.form.subject = draft.user_subject;
  letter.form.text = draft.text;
  letter.form.request_receipt = draft.request_receipt;
  for (mailbox::DraftFile& file : draft.files) {
    letter.files.push_back({"attachments", std::move(file)});
  }
  return show_form(writing, std::move(letter));
}

Work rescue_letters_work(Runtime& runtime, const Who& who) {
  return [&runtime, who](JobContext& job) -> Result<pvs::v1::ActionReply> {
    pvs::v1::ActionReply reply;
    reply.mutable_done();
    auto kept = runtime.sessions().take_stranded(who.user_id);
    wait_for_jobs(runtime, job, kept);
    for (auto& late : runtime.sessions().take_stranded(who.user_id)) {
      kept.push_back(std::move(late));
    }
    auto core = kept.empty() ? Result<std::shared_ptr<Core>>(nullptr) : runtime.core();
    if (!core.ok()) {
      for (const auto& draft : kept) {
        runtime.sessions().keep(who.user_id, draft);
      }
      return core.status();
    }
    std::uint64_t rescued = 0;
    for (const auto& draft : kept) {
      rescued += rescue(runtime, **core, who, draft) ? 1U : 0U;
    }
    if (rescued > 0) {
      runtime.host().notify(rescued_letters(runtime.texts(who.session_id), who.user_id, rescued));
    }
    return reply;
  };
}

// ---- for the services ----

void add_error(Letter& letter, std::string field, std::string sentence) {
  letter.form.errors.emplace_back(std::move(field), std::move(sentence));
}

Status read_files(Writing& writing, const std::string& field, std::vector<ChosenFile> files, Letter& letter) {
  const std::uint64_t most = writing.runtime.settings().max_message_bytes;
  std::uint64_t left = most - std::min(most, size_of(letter));
  ChosenFiles chosen(writing.runtime.host().client(), std::move(files));
  KVC_ASSIGN(std::vector<mailbox::DraftFile> read,
             chosen.read([&] { return writing.core.mailbox().new_file(); }, left, writing.job.cancel()));
  for (mailbox::DraftFile& file : read) {
    letter.files.push_back({field, std::move(file)});
  }
  return {};
}

bool lies_in_domain(std::string_view address, std::string_view domain) {
  const std::string_view own = address.substr(std::min(address.size(), address.find('@') + 1));
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return own.size() >= domain.size() &&
         std::equal(domain.rbegin(), domain.rend(), own.rbegin(),
                    [&](char a, char b) { return small(a) == small(b); }) &&
         (own.size() == domain.size() || own[own.size() - domain.size() - 1] == '.');
}

namespace {

/// An address that was typed or chosen whole. One the address book knows is right wherever it lies, and so is whoever
/// is answered: the network has brought a message from there.
std::string resolve_address(Writing& writing, Letter& letter, const account::Overview& account,
                            const std::string& address) {
  const auto known = writing.core.directory().find(writing.request.who.user_id, account.environment_id, address);
  const auto* const environment = writing.runtime.settings().environment(account.environment_id);
  letter.form.to = address;
  if (known.ok()) {
    letter.recipient = known->entry;
  } else if (letter.in_reply_to.empty() && environment != nullptr &&
             !lies_in_domain(address, environment->mail_domain)) {
    add_error(letter, "recipient",
              writing.texts()("form.other_domain",
                              {{"name", views::shown(address)}, {"expected", environment->mail_domain}}));
    return {};
  }
  return address;
}

}  // namespace

Result<std::string> resolve_recipient(Writing& writing, Letter& letter) {
  views::ComposeForm& form = letter.form;
  const Texts& t = writing.texts();
  const std::string& user = writing.request.who.user_id;
  const account::Overview* account = writing.account(form.account_id);
  letter.recipient.reset();
  if (form.to.empty() || account == nullptr) {
    add_error(letter, "recipient", t("form.missing"));
    return std::string();
  }
  directory::DirectoryService& book = writing.core.directory();
  const std::string wanted = letter.recipient_choice.empty() ? form.to : letter.recipient_choice;
  if (looks_like_address(wanted)) {
    return resolve_address(writing, letter, *account, wanted);
  }
  KVC_ASSIGN(std::vector<directory::Hit> hits, book.search(user, account->environment_id, form.to, kMostHits));
  if (hits.size() == 1) {
    letter.recipient = hits.front().entry;
    form.to = hits.front().entry.address;
    return form.to;
  }
  if (hits.empty()) {
    KVC_ASSIGN(const directory::BookStatus status, book.status(account->environment_id));
    add_error(letter, "recipient", t(status.refreshed_at ? "form.not_in_book" : "form.no_book", {{"name", form.to}}));
    return std::string();
  }
  add_error(letter, "recipient", t("form.several_hits"));
  form.hits = std::move(hits);
  return std::string();
}

// ---- the views ----

Answer compose_act(Runtime& runtime, const Request& request) {
  if (request.action_id == "check") {
    return run(runtime, request, "job.check_message", &check_step);
  }
  if (request.action_id == "save_draft" && request.view.kind == kEnachrichtKind.view_kind) {
    return run(runtime, request, "job.save_draft", &save_draft);
  }
  return answer_unknown_action(request);
}

Answer compose_confirm_act(Runtime& runtime, const Request& request) {
  if (request.action_id == "send") {
    return run(runtime, request, "job.send", &send);
  }
  if (request.action_id == "back") {
    return run(runtime, request, "job.accounts", &go_back);
  }
  if (request.action_id == "save_draft") {
    return run(runtime, request, "job.save_draft", &save_draft);
  }
  return answer_unknown_action(request);
}

}  // namespace kvc::plugin::commands
