// SPDX-License-Identifier: Apache-2.0
#include "commands/command.h"

namespace kvc::plugin {

Answer answer_done(std::string text, bool close_view) {
  Answer answer;
  answer.reply.mutable_done()->set_text(std::move(text));
  answer.reply.mutable_done()->set_close_view(close_view);
  return answer;
}

Answer answer_error(const Texts& texts, const Status& status) {
  Answer answer;
  *answer.reply.mutable_error() = views::to_error(texts, status);
  return answer;
}

pvs::v1::ActionReply reply_view(Runtime& runtime, const Request& request, pvs::v1::View view, ViewState state,
                                const std::string& view_id) {
  state.kind = view.kind();
  if (view_id.empty()) {
    view.set_view_id(runtime.sessions().open(request.who, std::move(state)));
  } else {
    runtime.sessions().replace(view_id, request.who, std::move(state));
    view.set_view_id(view_id);
  }
  pvs::v1::ActionReply reply;
  *reply.mutable_view() = std::move(view);
  return reply;
}

Answer answer_view(Runtime& runtime, const Request& request, pvs::v1::View view, ViewState state,
                   const std::string& view_id) {
  Answer answer;
  answer.reply = reply_view(runtime, request, std::move(view), std::move(state), view_id);
  return answer;
}

Answer answer_job(const Texts& texts, std::string_view text_key, Work work) {
  Answer answer;
  answer.work = std::move(work);
  answer.accepted_text = texts(text_key);
  return answer;
}

Answer answer_unknown_action(const Request& request) {
  return answer_error(request.texts, Status(error::bad_request, "the view has no such action"));
}

ProgressFn progress_to(JobContext& job, const Texts& texts) {
  return [&job, texts](int permille, std::string_view step_key) {
    job.progress(permille, views::progress_sentence(texts, step_key));
  };
}

}  // namespace kvc::plugin
