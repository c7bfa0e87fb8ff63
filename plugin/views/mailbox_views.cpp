// SPDX-License-Identifier: Apache-2.0
#include "views/mailbox_views.h"

#include <algorithm>

#include "texts/format.h"
#include "views/message_words.h"

namespace kvc::plugin::views {

using mailbox::OutboxItem;
using mailbox::OutboxState;
using pvs::v1::Action;

pvs::v1::View send_result(const Texts& t, const OutboxItem& item) {
  pvs::v1::View out = view(t, "message.queued");
  pvs::v1::Notice& notice = *out.mutable_notice();
  if (item.state == OutboxState::failed) {
    out.set_title(t("message.queued.title_failed"));
    notice.set_severity(pvs::v1::SEVERITY_BAD);
    notice.set_text(t("message.queued.failed") + " " + error_sentence(t, item.last_error));
  } else if (item.state == OutboxState::draft) {
    out.set_title(t("message.queued.title_failed"));
    notice.set_severity(pvs::v1::SEVERITY_WARNING);
    notice.set_text(t("message.queued.draft"));
  } else if (item.state == OutboxState::queued) {
    out.set_title(t("message.queued.title_waiting"));
    notice.set_severity(pvs::v1::SEVERITY_WARNING);
    const std::string next = item.next_try
                                 ? t("message.queued.next_try", {{"time", format_time(*item.next_try, t.language())}})
                                 : t("message.queued.next_fetch");
    const bool may_have_left = !item.withdrawable;
    notice.set_text(t(may_have_left ? "message.queued.unclear" : "message.queued.waiting") + " " + next + " " +
                    sending_error(t, item.last_error));
  } else {
    notice.set_severity(pvs::v1::SEVERITY_GOOD);
    notice.set_text(t(item.receipt_requested ? "message.queued.accepted_receipt" : "message.queued.accepted"));
  }
  add_notice_fact(notice, t("fact.to"), item.to);
  add_notice_fact(notice, t("fact.state"), outbox_state(t, item));
  add_notice_fact(notice, t("fact.message_id"), item.message_id);
  add_close(t, out);
  return out;
}

pvs::v1::View file_saved(const Texts& t, const std::string& path, bool unverified) {
  pvs::v1::View out =
      notice(t, "file.saved", unverified ? pvs::v1::SEVERITY_WARNING : pvs::v1::SEVERITY_GOOD, {{"path", path}});
  if (unverified) {
    out.mutable_notice()->set_text(out.notice().text() + " " + t("file.saved.unverified"));
  }
  return out;
}

pvs::v1::View notice(const Texts& t, std::string_view kind, pvs::v1::Severity severity, const Args& args) {
  pvs::v1::View out = view(t, kind);
  out.mutable_notice()->set_severity(severity);
  out.mutable_notice()->set_text(t(std::string(kind) + ".text", args));
  add_close(t, out);
  return out;
}

}  // namespace kvc::plugin::views
