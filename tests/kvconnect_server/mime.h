// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kvconnect_server/mail_header.h"

namespace kvserver {

/// A MIME entity as the robots need it: leaves decoded, multiparts split. Nothing of it is shared with the client.
struct MimePart {
  MailHeader header;
  std::string type;         ///< `text/plain`, lower case
  std::string filename;     ///< "" if none
  std::string description;  ///< Content-Description
  std::string bytes;        ///< decoded body of a leaf
  std::vector<MimePart> parts;

  /// This part or one below it that is a leaf called `name`.
  const MimePart* find_file(std::string_view name) const;
  /// This part or one below it of this type.
  const MimePart* find_type(std::string_view wanted) const;
};

/// nullopt if the entity cannot be read.
std::optional<MimePart> parse_mime(std::string_view entity);

/// Something to put into a multipart.
struct MimeFile {
  std::string type;
  std::string filename;  ///< "": inline text
  std::string description;
  std::string bytes;
};

/// `Content-Type: multipart/mixed` with its body, lines ended by CRLF, leaves in base64.
std::string mixed_entity(const std::vector<MimeFile>& files, std::string_view boundary);
/// `Content-Type: multipart/report` of a disposition notification (RFC 8098) with its body.
std::string notification_entity(std::string_view text, std::string_view fields, std::string_view boundary);
/// A PDF of one page with these lines (ASCII).
std::string small_pdf(const std::vector<std::string>& lines);

}  // namespace kvserver
