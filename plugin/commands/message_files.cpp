// SPDX-License-Identifier: Apache-2.0
#include "commands/message_files.h"

#include "views/mailbox_views.h"

namespace kvc::plugin::commands {

Result<pvs::v1::ActionReply> save_file(Runtime& runtime, const Request& request, const std::string& name,
                                       const std::string& media_type, bool unverified,
                                       const std::function<Status(std::ostream&)>& write) {
  KVC_ASSIGN(CreatedFile file,
             runtime.host().create_file(request.who.session_id, request.who.user_id, name, media_type));
  pvs::HostOutputStream out(runtime.host().client(), file.stream_id);
  KVC_TRY(write(out));
  if (!out.flush() || out.commit() != PVS_OK) {
    return Status(error::file_unwritable, std::string("the host's stream answered ") + pvs::status_name(out.status()));
  }
  return reply_view(runtime, request, views::file_saved(request.texts, file.display_path, unverified), {});
}

Result<pvs::v1::ActionReply> save_protocol(Runtime& runtime, const Request& request, const archive::Protocol& protocol,
                                           bool as_pdf) {
  const auto language =
      request.texts.language() == Language::de ? archive::Language::german : archive::Language::english;
  std::string bytes;
  if (as_pdf) {
    KVC_ASSIGN(bytes, archive::protocol_pdf(protocol, language));
  } else {
    bytes = archive::protocol_text(protocol, language);
  }
  return save_file(runtime, request, archive::export_name(protocol, as_pdf ? ".pdf" : ".txt"),
                   as_pdf ? "application/pdf" : "text/plain", false, [&](std::ostream& out) {
                     out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
                     return Status();
                   });
}

}  // namespace kvc::plugin::commands
