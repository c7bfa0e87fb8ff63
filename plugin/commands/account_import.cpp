// SPDX-License-Identifier: Apache-2.0
// "vorhandenes Zertifikat importieren" while an account is made: choose the file, "Importieren", "Konto anlegen".
#include <algorithm>

#include "commands/account_data.h"
#include "commands/account_steps.h"
#include "commands/entries.h"
#include "commands/small_file.h"
#include "views/keystore_views.h"

namespace kvc::plugin::commands {
namespace {

/// What goes from view to view until the account is stored; nothing of it is on disk before "Konto anlegen".
struct ImportDraft final : Draft {
  account::NewAccount data;
  std::string file_name;
  Secret file;
  std::optional<account::Keystore> keystore;
};

std::shared_ptr<const ImportDraft> draft_in(const Request& request) {
  return std::dynamic_pointer_cast<const ImportDraft>(request.view.draft);
}

Result<pvs::v1::ActionReply> show(Runtime& runtime, const Request& request, std::shared_ptr<const ImportDraft> draft,
                                  const Status& failure, const std::string& view_id) {
  if (!failure.ok() && ends_the_job(failure)) {
    return failure;
  }
  views::ImportStep step{draft->data.username, draft->file_name, draft->file.size()};
  step.ask_password = draft->data.keystore_password.empty() || failure.is(error::wrong_passphrase);
  step.content = draft->keystore ? &*draft->keystore : nullptr;
  step.failure = failure;
  pvs::v1::View view = views::import_step(request.texts, step, runtime.env().now());
  ViewState state;
  state.draft = std::move(draft);
  return reply_view(runtime, request, std::move(view), std::move(state), view_id);
}

/// The file dialog is the host's; leaving it without a file changes nothing.
Result<pvs::v1::ActionReply> choose(Runtime& runtime, const Request& request, account::NewAccount data,
                                    const std::string& view_id, JobContext& job) {
  const auto files =
      runtime.host().choose_files(request.who.session_id, request.texts("account.import.choose"), {"*.p12", "*.pfx"});
  if (files.status().is(error::cancelled)) {
    pvs::v1::ActionReply nothing;
    nothing.mutable_done();
    return nothing;
  }
  KVC_TRY(files.status());
  auto draft = std::make_shared<ImportDraft>();
  draft->data = std::move(data);
  draft->file_name = files.value().front().name;
  Result<Secret> bytes =
      read_small_file(runtime.host().client(), files.value().front().stream_id, kMaxKeystoreFile, job.cancel());
  if (!bytes.ok()) {
    return show(runtime, request, std::move(draft), bytes.status(), view_id);
  }
  draft->file = std::move(bytes).value();
  const bool empty = draft->file.empty();
  return show(runtime, request, std::move(draft),
              empty ? Status(error::malformed, "the file is empty").with("reason", "not_a_keystore") : Status(),
              view_id);
}

Result<pvs::v1::ActionReply> read(Runtime& runtime, const Request& request, const ImportDraft& before) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  auto draft = std::make_shared<ImportDraft>(before);
  const Secret typed = request.values.secret("keystore_password");
  if (!typed.empty()) {
    draft->data.keystore_password = typed;
  }
  Result<account::Keystore> keystore = core->accounts().read_keystore(draft->data, draft->file.reveal());
  const Status read = keystore.status();
  if (keystore.ok()) {
    draft->keystore = std::move(keystore).value();
  }
  return show(runtime, request, std::move(draft), read, request.view_id);
}

/// Adds the keys to the account of this name that the user has already.
Result<std::string> into_own_account(const Step& step, const ImportDraft& draft, const Status& refusal) {
  const std::string& user = step.request.who.user_id;
  KVC_ASSIGN(std::vector<account::Overview> mine, step.core.accounts().list(user));
  const auto found = std::find_if(mine.begin(), mine.end(), [&](const account::Overview& account) {
    return account.environment_id == draft.data.environment_id && account.username == draft.data.username;
  });
  if (found == mine.end()) {
    return refusal;
  }
  if (found->state == account::State::draft) {
    KVC_TRY(step.core.accounts().update_draft(user, found->id, draft.data));
  }
  KVC_TRY(step.core.accounts().import_keystore(user, found->id, *draft.keystore).status());
  return found->id;
}

Result<std::string> store(const Step& step, const ImportDraft& draft) {
  Result<std::string> created =
      step.core.accounts().create_from_keystore(step.request.who.user_id, draft.data, *draft.keystore);
  if (created.ok()) {
    audit(step, "account.created", created.value(), {});
  } else if (created.status().is(error::already_exists)) {
    created = into_own_account(step, draft, created.status());
  }
  audit(step, "keystore.imported", created.ok() ? created.value() : std::string(), created.status(),
        {{"generations", std::to_string(draft.keystore->identities.size())}});
  return created;
}

Result<pvs::v1::ActionReply> create(Runtime& runtime, const Request& request,
                                    const std::shared_ptr<const ImportDraft>& draft, JobContext& job) {
  KVC_ASSIGN(std::shared_ptr<Core> core, runtime.core());
  const Step step{runtime, request, *core, job};
  const Result<std::string> id = store(step, *draft);
  if (!id.ok()) {
    return show(runtime, request, draft, id.status(), request.view_id);
  }
  const Result<account::Overview> checked = check(step, id.value());
  if (checked.status().is(error::wrong_credentials)) {
    return reply_view(runtime, request,
                      views::correct_password(request.texts, draft->data.username, {}, checked.status()),
                      {.account_id = id.value(), .item_id = draft->data.username});
  }
  if (!checked.ok()) {
    return show_failure(step, id.value(), checked.status());
  }
  return go_on(step, checked.value(), views::PasswordOccasion::initial, true);
}

Answer choose_job(Runtime& runtime, const Request& request, const account::NewAccount& data,
                  const std::string& view_id) {
  return answer_job(request.texts, "job.choose_file", [&runtime, request, data, view_id](JobContext& job) {
    return choose(runtime, request, data, view_id, job);
  });
}

}  // namespace

Answer import_begin(Runtime& runtime, const Request& request) {
  return choose_job(runtime, request, new_account_of(runtime, request), {});
}

Answer import_act(Runtime& runtime, const Request& request) {
  const auto draft = draft_in(request);
  if (draft == nullptr) {
    return answer_unknown_action(request);
  }
  if (request.action_id == "choose") {
    return choose_job(runtime, request, draft->data, request.view_id);
  }
  if (request.action_id == "import" && !draft->keystore && !draft->file.empty()) {
    return answer_job(request.texts, "job.keystore_read",
                      [&runtime, request, draft](JobContext&) { return read(runtime, request, *draft); });
  }
  if (request.action_id == "create" && draft->keystore) {
    return answer_job(request.texts, "job.account_check",
                      [&runtime, request, draft](JobContext& job) { return create(runtime, request, draft, job); });
  }
  return answer_unknown_action(request);
}

}  // namespace kvc::plugin::commands
