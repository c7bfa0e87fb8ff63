// SPDX-License-Identifier: Apache-2.0
#include "views/account_confirmations.h"

#include <algorithm>

namespace kvc::plugin::views {
namespace {

using pvs::v1::Action;

pvs::v1::View confirmation(const Texts& t, std::string_view kind, const account::Overview& account,
                           pvs::v1::Severity severity) {
  pvs::v1::View out = view(t, kind);
  const Args args{{"name", account_name(account)}};
  auto& body = *out.mutable_confirmation();
  body.set_question(t(std::string(kind) + ".question", args));
  body.set_consequence(t(std::string(kind) + ".consequence", args));
  body.set_severity(severity);
  return out;
}

}  // namespace

pvs::v1::View renew(const Texts& t, const account::Overview& account) {
  pvs::v1::View out = confirmation(t, "account.renew", account, pvs::v1::SEVERITY_INFO);
  add_action(*out.mutable_actions(), "renew", t("action.renew"), Action::ROLE_PRIMARY);
  add_close(t, out);
  return out;
}

pvs::v1::View delete_certificate(const Texts& t, const account::Overview& account) {
  pvs::v1::View out = confirmation(t, "account.delete_certificate", account, pvs::v1::SEVERITY_WARNING);
  add_action(*out.mutable_actions(), "delete_certificate", t("action.delete_certificate"), Action::ROLE_DANGER);
  add_close(t, out);
  return out;
}

pvs::v1::View remove_account(const Texts& t, const account::Overview& account, const account::Contents& contents) {
  pvs::v1::View out = confirmation(t, "account.remove", account, pvs::v1::SEVERITY_BAD);
  std::string consequence =
      t.count("account.remove.inbox", contents.inbox) + " " + t.count("account.remove.outbox", contents.outbox);
  if (contents.waiting > 0) {
    consequence += " " + t.count("account.remove.waiting", contents.waiting);
  }
  consequence += "\n\n" + out.confirmation().consequence();
  const bool has_keys = std::any_of(account.generations.begin(), account.generations.end(),
                                    [](const auto& generation) { return generation.certificate.has_value(); });
  if (has_keys) {
    consequence += "\n\n" + t("account.remove.export_first");
    add_action(*out.mutable_actions(), "export", t("action.export"), Action::ROLE_PRIMARY).set_keep_view(true);
  }
  out.mutable_confirmation()->set_consequence(consequence);
  add_action(*out.mutable_actions(), "remove", t("action.remove_account"), Action::ROLE_DANGER);
  add_close(t, out);
  return out;
}

pvs::v1::View account_removed(const Texts& t, const std::string& account_name) {
  pvs::v1::View out = view(t, "account.removed");
  out.mutable_notice()->set_severity(pvs::v1::SEVERITY_GOOD);
  out.mutable_notice()->set_text(t("account.removed.text", {{"name", account_name}}));
  add_close(t, out);
  return out;
}

}  // namespace kvc::plugin::views
