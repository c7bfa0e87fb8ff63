// SPDX-License-Identifier: Apache-2.0
// kvconnect.apply: "Konto beantragen".
#include <charconv>

#include "application/forms.h"
#include "commands/entries.h"
#include "views/apply_views.h"

namespace kvc::plugin::commands {
namespace {

using application::Form;

Result<std::vector<Form>> forms_of(Runtime& runtime) {
  const std::string& file = runtime.settings().application_forms_file;
  if (file.empty()) {
    return application::built_in_forms();
  }
  return application::read_forms(file);
}

/// `show(forms)`, or what is wrong with the integrator's list.
template <class Show>
Answer forms_job(Runtime& runtime, const Request& request, Show show) {
  return answer_job(request.texts, "job.apply", [&runtime, request, show](JobContext&) -> Result<pvs::v1::ActionReply> {
    const Result<std::vector<Form>> forms = forms_of(runtime);
    if (!forms.ok()) {
      return reply_view(runtime, request,
                        views::apply_broken(request.texts, forms.status(), runtime.settings().application_forms_file),
                        {});
    }
    return show(forms.value());
  });
}

std::vector<std::string> own_codes(Runtime& runtime, const Request& request) {
  std::vector<std::string> codes;
  const auto sites = runtime.host().practice_sites(request.who.session_id);
  if (sites.ok()) {
    for (const PracticeSite& site : sites.value()) {
      codes.push_back(site.kv_code);
    }
  }
  return codes;
}

/// The form a row id names; null for anything that is no position of the list.
const Form* form_at(const std::vector<Form>& forms, const std::string& row_id) {
  std::size_t index = 0;
  const char* const last = row_id.data() + row_id.size();
  const auto [end, error] = std::from_chars(row_id.data(), last, index);
  return error == std::errc() && end == last && index < forms.size() ? &forms[index] : nullptr;
}

Result<pvs::v1::ActionReply> open_form(Runtime& runtime, const Request& request, const std::vector<Form>& forms) {
  const Form* const form = form_at(forms, request.row_id);
  if (form == nullptr) {
    return Status(error::not_found, "the list has no such form");
  }
  const Status opened = runtime.host().open_url(request.who.session_id, form->url);
  runtime.host().audit(request.who.user_id, "application_form.opened", form->file, opened.ok());
  if (!opened.ok()) {
    return reply_view(runtime, request, views::apply_address(request.texts, *form), {});
  }
  pvs::v1::ActionReply reply;
  reply.mutable_done()->set_text(request.texts("apply.opened", {{"file", form->file}}));
  return reply;
}

}  // namespace

Answer apply_invoke(Runtime& runtime, const Request& request) {
  return forms_job(runtime, request, [&runtime, request](const std::vector<Form>& forms) {
    return reply_view(runtime, request, views::apply(request.texts, forms, own_codes(runtime, request)), {});
  });
}

Answer apply_act(Runtime& runtime, const Request& request) {
  if (request.row_id.empty() && request.action_id == "new") {
    return new_account_invoke(runtime, request);
  }
  if (request.action_id != "open" || application::kv_name(request.row_id).empty()) {
    return answer_unknown_action(request);
  }
  return forms_job(runtime, request, [&runtime, request](const std::vector<Form>& forms) {
    return reply_view(runtime, request, views::apply_forms(request.texts, request.row_id, forms), {});
  });
}

Answer apply_forms_act(Runtime& runtime, const Request& request) {
  if (request.action_id != "open_form") {
    return answer_unknown_action(request);
  }
  return forms_job(runtime, request,
                   [&runtime, request](const std::vector<Form>& forms) { return open_form(runtime, request, forms); });
}

}  // namespace kvc::plugin::commands
