// SPDX-License-Identifier: Apache-2.0
// What the services say about the parts of a message: warnings before sealing, facts when opening.
#pragma once

#include <Poco/JSON/Object.h>

#include <string>
#include <vector>

#include "message/open.h"
#include "message/seal.h"
#include "service/service_id.h"

namespace kvc::tool {

/// In what the attachments do not fit their service (protocol D: eArztbrief, 1-Click-Abrechnung, eDokumentation), one
/// sentence each; empty for services without such rules. Reads the files.
std::vector<std::string> unfitting(const service::ServiceId& service,
                                   const std::vector<message::Attachment>& attachments);

/// The media type of a file by the end of its name, for the kinds the services use.
std::string type_of(const std::string& file_name);

/// What is known of a message's parts beyond their bytes, for those that have it: "begleitdatei" (guid, version, ...),
/// "letter" (title, author, patient's identification), "receipt" (original_message_id, disposition). Empty if nothing.
Poco::JSON::Object facts_json(const message::OpenedMessage& message);

}  // namespace kvc::tool
