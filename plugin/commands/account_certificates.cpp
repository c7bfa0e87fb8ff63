// SPDX-License-Identifier: Apache-2.0
// Certificates of an account that is there: renewing, exporting, importing, deleting.
#include <algorithm>

#include "commands/account_steps.h"
#include "commands/entries.h"
#include "commands/small_file.h"
#include "mime/safe_name.h"
#include "views/account_confirmations.h"
#include "views/keystore_views.h"

namespace kvc::plugin::commands {
namespace {

constexpr const char* kKeystoreType = "application/x-pkcs12";

std::size_t with_certificate(const account::Overview& account) {
  return static_cast<std::size_t>(std::count_if(account.generations.begin(), account.generations.end(),
                                                [](const auto& g) { return g.certificate.has_value(); }));
}

Result<pvs::v1::ActionReply> export_keystore(const Step& step, const account::Overview& account) {
  const Request& request = step.request;
  step.job.progress(-1, request.texts("progress.keystore.export"));
  const Result<std::string> keystore = step.core.accounts().export_keystore(request.who.user_id, account.id);
  if (!keystore.ok()) {
    audit(step, "keystore.exported", account.id, keystore.status());
    return keystore.status();
  }
  const std::string name = mime::safe_name(account.username + ".p12", "kv-connect.p12");
  const auto path = write_user_file(step.runtime, request, name, kKeystoreType, keystore.value());
  audit(step, "keystore.exported", account.id, path.status());
  KVC_TRY(path.status());
  return reply_view(step.runtime, request, views::exported(request.texts, path.value(), with_certificate(account)), {});
}

Result<pvs::v1::ActionReply> import_again(const Step& step, const account::Overview& account, const Status& failure) {
  if (ends_the_job(failure)) {
    return failure;
  }
  return reply_view(step.runtime, step.request,
                    views::import_into(step.request.texts, views::account_name(account), {}, failure),
                    step.request.view, step.request.view_id);
}

/// Reads the file first, all of it, so that a broken one changes nothing.
Result<account::Keystore> read_keystore(const Step& step, const account::Overview& account) {
  const auto files = step.request.values.files("keystore_file");
  KVC_ASSIGN(const Secret bytes, read_small_file(step.runtime.host().client(), files.front().stream_id,
                                                 kMaxKeystoreFile, step.job.cancel()));
  return step.core.accounts().read_keystore(step.request.who.user_id, account.id, bytes.reveal(),
                                            step.request.values.secret("keystore_password"));
}

views::FieldErrors check_import_fields(const Request& request) {
  views::FieldErrors errors;
  if (request.values.files("keystore_file").size() != 1) {
    errors.emplace_back("keystore_file", request.texts("form.choose_one_file"));
  }
  if (request.values.secret("keystore_password").empty()) {
    errors.emplace_back("keystore_password", request.texts("form.missing"));
  }
  return errors;
}

Result<pvs::v1::ActionReply> import_into(const Step& step, const account::Overview& account) {
  const Request& request = step.request;
  const views::FieldErrors errors = check_import_fields(request);
  if (!errors.empty()) {
    close_files(step.runtime.host().client(), request.values.files("keystore_file"));
    return reply_view(step.runtime, request, views::import_into(request.texts, views::account_name(account), errors),
                      request.view, request.view_id);
  }
  const Result<account::Keystore> keystore = read_keystore(step, account);
  if (!keystore.ok()) {
    audit(step, "keystore.imported", account.id, keystore.status());
    return import_again(step, account, keystore.status());
  }
  const Result<int> added = step.core.accounts().import_keystore(request.who.user_id, account.id, keystore.value());
  audit(step, "keystore.imported", account.id, added.status());
  if (!added.ok()) {
    return import_again(step, account, added.status());
  }
  // Mail that waited for one of these keys opens now; if that fails, every later opening tries again.
  const Result<int> opened = step.core.mailbox().reopen(request.who.user_id, account.id,
                                                        progress_to(step.job, request.texts), step.job.cancel());
  return reply_view(step.runtime, request,
                    views::imported(request.texts, keystore.value(), added.value(), opened.ok() ? opened.value() : 0,
                                    step.runtime.env().now()),
                    {});
}

Result<pvs::v1::ActionReply> delete_certificate(const Step& step, const account::Overview& account) {
  const std::string& user = step.request.who.user_id;
  step.job.progress(-1, step.request.texts("progress.certificate.delete"));
  const Status deleted = step.core.accounts().delete_certificate(user, account.id, step.job.cancel());
  audit(step, "certificate.deleted", account.id, deleted);
  if (!deleted.ok()) {
    return show_failure(step, account.id, deleted);
  }
  KVC_ASSIGN(account::Overview now, step.core.accounts().overview(user, account.id));
  return show_overview(step, now, {.note = step.request.texts("account.overview.certificate_deleted")});
}

/// A confirmation, or the reason why it makes no sense to ask.
Answer open(Runtime& runtime, const Request& request, const std::string& account_id, const char* action,
            pvs::v1::View (*view)(const Texts&, const account::Overview&)) {
  return account_job(
      runtime, request, account_id, "job.accounts",
      [action, view](const Step& step, const account::Overview& account) -> Result<pvs::v1::ActionReply> {
        if (!views::why_not(step.request.texts, action, account, step.runtime.settings()).empty()) {
          return Status(error::invalid_state, "the account's state does not allow it");
        }
        return reply_view(step.runtime, step.request, view(step.request.texts, account), {.account_id = account.id});
      });
}

}  // namespace

Answer renew_open(Runtime& runtime, const Request& request, const std::string& account_id) {
  return open(runtime, request, account_id, "renew", &views::renew);
}

Answer renew_act(Runtime& runtime, const Request& request) {
  return request.action_id == "renew" ? account_job(runtime, request, request.view.account_id, "job.renew", &enroll)
                                      : answer_unknown_action(request);
}

Answer export_keystore_act(Runtime& runtime, const Request& request, const std::string& account_id) {
  return account_job(runtime, request, account_id, "job.export", &export_keystore);
}

Answer import_into_open(Runtime& runtime, const Request& request, const std::string& account_id) {
  return open(runtime, request, account_id, "import", [](const Texts& t, const account::Overview& account) {
    return views::import_into(t, views::account_name(account), {});
  });
}

Answer import_into_act(Runtime& runtime, const Request& request) {
  return request.action_id == "import"
             ? account_job(runtime, request, request.view.account_id, "job.keystore_read", &import_into)
             : answer_unknown_action(request);
}

Answer delete_certificate_open(Runtime& runtime, const Request& request, const std::string& account_id) {
  return open(runtime, request, account_id, "delete_certificate", &views::delete_certificate);
}

Answer delete_certificate_act(Runtime& runtime, const Request& request) {
  return request.action_id == "delete_certificate"
             ? account_job(runtime, request, request.view.account_id, "job.delete_certificate", &delete_certificate)
             : answer_unknown_action(request);
}

}  // namespace kvc::plugin::commands
