// SPDX-License-Identifier: Apache-2.0
#include "message/compose.h"

#include <algorithm>
#include <istream>

#include "mime/build.h"
#include "mime/charset.h"
#include "mime/header.h"
#include "mime/transfer.h"

namespace kvc::message {
namespace {

using mime::append;
using mime::HeaderWriter;
using mime::WipedBytes;

Status invalid(const char* field, const char* what) {
  return Status(error::invalid_field, std::string(field) + ' ' + what).with("field", field);
}

Status check_address(const char* field, const std::string& address) {
  const auto addresses = mime::parse_addresses(address);
  if (!addresses.ok() || addresses->size() != 1 || addresses->front() != address) {
    return invalid(field, "is not one plain mail address");
  }
  return {};
}

Status check_id(const char* field, const std::string& id) {
  const bool plain =
      std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < 0x7f && c != '<' && c != '>'; });
  if (id.empty() || id.size() > 250 || !plain || id.find('@') == std::string::npos) {
    return invalid(field, "is not a message id");
  }
  return {};
}

Status check(const Outgoing& outgoing) {
  KVC_TRY(check_address("From", outgoing.from));
  KVC_TRY(check_address("To", outgoing.to));
  KVC_TRY(check_id("Message-ID", outgoing.message_id));
  if (!outgoing.in_reply_to.empty()) {
    KVC_TRY(check_id("In-Reply-To", outgoing.in_reply_to));
  }
  if (!service::ServiceId::parse(outgoing.service_id.text()).ok()) {
    return invalid("X-KVC-Dienstkennung", "is not a service id");
  }
  if (outgoing.receipt) {
    KVC_TRY(check_id("Original-Message-ID", outgoing.receipt->original_message_id));
    KVC_TRY(check_address("Final-Recipient", outgoing.receipt->final_recipient));
    if (!outgoing.attachments.empty()) {
      return invalid("attachments", "cannot go along with a receipt");
    }
    if (outgoing.request_receipt) {
      return invalid("Disposition-Notification-To", "is never asked for by a receipt");
    }
  }
  return {};
}

/// The fields the clear header and the signed header share (protocol C); nothing else ever becomes one.
Status add_mail_fields(const Outgoing& outgoing, const std::string& subject, HeaderWriter& header) {
  KVC_TRY(header.ascii("From", outgoing.from));
  KVC_TRY(header.ascii("To", outgoing.to));
  KVC_TRY(header.ascii("Date", mime::date_text(outgoing.date)));
  KVC_TRY(header.text("Subject", subject));
  KVC_TRY(header.ascii("Message-ID", '<' + outgoing.message_id + '>'));
  if (!outgoing.in_reply_to.empty()) {
    KVC_TRY(header.ascii("In-Reply-To", '<' + outgoing.in_reply_to + '>'));
  }
  KVC_TRY(header.ascii("X-KVC-Dienstkennung", outgoing.service_id.text()));
  if (!outgoing.sender_system.empty()) {
    KVC_TRY(header.text("X-KVC-Sendersystem", outgoing.sender_system));
  }
  if (outgoing.request_receipt) {
    KVC_TRY(header.ascii("Disposition-Notification-To", outgoing.from));
    KVC_TRY(header.ascii("Return-Path", outgoing.from));
  }
  return header.ascii("MIME-Version", "1.0");
}

/// True when the text survives every transport as it is: short ASCII lines without blanks at their ends.
bool is_7bit_clean(std::string_view text) {
  std::size_t line = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      line = 0;
      continue;
    }
    const bool cr_of_line_end = c == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    const bool blank_at_end =
        (c == ' ' || c == '\t') && (i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r');
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t' && !cr_of_line_end) ||
        static_cast<unsigned char>(c) >= 0x7f || blank_at_end || ++line > 78) {
      return false;
    }
  }
  // "From " at a line's beginning is changed by some transports (RFC 4155), a lone dot by others.
  return text.rfind("From ", 0) != 0 && text.find("\nFrom ") == std::string_view::npos;
}

void append_crlf(WipedBytes& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) {
      out.push_back('\r');
    }
    out.push_back(text[i]);
  }
}

Status append_text(const std::string& text, WipedBytes& out) {
  if (!mime::is_utf8(text)) {
    return invalid("text", "is not UTF-8");
  }
  append(out, "Content-Type: text/plain; charset=utf-8\r\n");
  if (is_7bit_clean(text)) {
    append(out, "Content-Transfer-Encoding: 7bit\r\n\r\n");
    append_crlf(out, text);
  } else {
    append(out, "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    mime::append_quoted_printable(out, text);
  }
  return {};
}

Status check_media_type(const std::string& type) {
  return mime::is_file_type(type) ? Status() : invalid("Content-Type", "of an attachment is not a media type");
}

/// How many bytes an attachment has, if it knows; that it can be read is certain afterwards.
Result<std::optional<std::uint64_t>> size_of(const Attachment& attachment) {
  const auto in = attachment.open ? attachment.open() : nullptr;
  if (!in || !*in) {
    return Status(error::file_unreadable, "an attachment cannot be opened");
  }
  if (attachment.size) {
    return attachment.size;
  }
  in->seekg(0, std::ios::end);
  const auto end = *in ? in->tellg() : std::istream::pos_type(-1);
  return end < 0 ? std::optional<std::uint64_t>() : std::optional(static_cast<std::uint64_t>(end));
}

/// The content while it grows.
class Composer {
 public:
  Composer() { content_.size = 0; }
  WipedBytes& out() { return out_; }
  /// The attachment's bytes come next, in base64.
  Status add_file(const Attachment& attachment) {
    KVC_ASSIGN(const auto size, size_of(attachment));
    if (content_.size && size) {
      *content_.size += mime::Base64Writer::size_of(*size);
    } else {
      content_.size.reset();
    }
    end_stretch(&attachment, size);
    return {};
  }
  Content finish() {
    end_stretch(nullptr, std::nullopt);
    return std::move(content_);
  }

 private:
  void end_stretch(const Attachment* file, std::optional<std::uint64_t> size) {
    if (content_.size) {
      *content_.size += out_.size();
    }
    content_.stretches.push_back({std::move(out_), file, size});
    out_ = {};
  }
  Content content_;
  WipedBytes out_;
};

Status append_attachment(const Attachment& attachment, Composer& composer) {
  KVC_TRY(check_media_type(attachment.type));
  if (attachment.name.empty() || attachment.name.find_first_of("/\\") != std::string::npos) {
    return invalid("filename", "of an attachment is empty or a path");
  }
  HeaderWriter header;
  KVC_TRY(header.with_file_name("Content-Type", attachment.type, "name", attachment.name));
  KVC_TRY(header.ascii("Content-Transfer-Encoding", "base64"));
  KVC_TRY(header.with_file_name("Content-Disposition", "attachment", "filename", attachment.name));
  if (!attachment.description.empty()) {
    KVC_TRY(header.text("Content-Description", attachment.description));
  }
  append(composer.out(), header.str());
  append(composer.out(), "\r\n");
  return composer.add_file(attachment);
}

/// Body parts go between delimiter lines; the line end before a delimiter belongs to it.
void append_delimiter(const std::string& boundary, bool final, WipedBytes& out) {
  append(out, "\r\n--" + boundary + (final ? "--" : "\r\n"));
}

Status append_mixed(const Outgoing& outgoing, Env& env, Composer& composer) {
  const std::string boundary = mime::new_boundary(env);
  append(composer.out(), "Content-Type: multipart/mixed;\r\n boundary=\"" + boundary + "\"\r\n");
  append_delimiter(boundary, false, composer.out());
  KVC_TRY(append_text(outgoing.text, composer.out()));
  for (const auto& attachment : outgoing.attachments) {
    append_delimiter(boundary, false, composer.out());
    KVC_TRY(append_attachment(attachment, composer));
  }
  append_delimiter(boundary, true, composer.out());
  return {};
}

Status append_report(const Outgoing& outgoing, Env& env, WipedBytes& out) {
  const std::string boundary = mime::new_boundary(env);
  append(out,
         "Content-Type: multipart/report; report-type=disposition-notification;\r\n boundary=\"" + boundary + "\"\r\n");
  append_delimiter(boundary, false, out);
  KVC_TRY(append_text(outgoing.text, out));
  append_delimiter(boundary, false, out);
  KVC_ASSIGN(const std::string fields, disposition_notification(*outgoing.receipt));
  append(out, "Content-Type: message/disposition-notification\r\n\r\n" + fields);
  append_delimiter(boundary, true, out);
  return {};
}

/// Reads an attachment once. It must not end before the size it said, nor go on behind it: the envelope's length says
/// so already.
Status copy_base64(const Stretch& stretch, const mime::Sink& sink) {
  const auto in = stretch.file->open();
  if (!in || !*in) {
    return {error::file_unreadable, "an attachment cannot be opened"};
  }
  mime::Base64Writer writer(sink);
  constexpr std::uint64_t kChunk = 57UL * 768;
  WipedBytes chunk(static_cast<std::size_t>(std::min(stretch.file_size.value_or(kChunk) + 1, kChunk)));
  std::uint64_t size = 0;
  while (*in) {
    in->read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    const auto got = static_cast<std::size_t>(in->gcount());
    size += got;
    if (size > stretch.file_size.value_or(size)) {
      break;
    }
    KVC_TRY(writer.write({chunk.data(), got}));
  }
  if (!in->eof() || in->bad() || size != stretch.file_size.value_or(size)) {
    return {error::file_unreadable, "an attachment cannot be read to its end, or changed while it was read"};
  }
  return writer.finish();
}

}  // namespace

Result<std::string> compose_clear_header(const Outgoing& outgoing) {
  KVC_TRY(check(outgoing));
  HeaderWriter header;
  KVC_TRY(add_mail_fields(outgoing, outgoing.subject, header));
  KVC_TRY(header.ascii("Content-Type", "application/pkcs7-mime; smime-type=enveloped-data; name=\"smime.p7m\""));
  KVC_TRY(header.ascii("Content-Transfer-Encoding", "base64"));
  KVC_TRY(header.ascii("Content-Disposition", "attachment; filename=\"smime.p7m\""));
  KVC_TRY(header.ascii("Content-Description", "S/MIME Encrypted Message"));
  return header.str();
}

Result<Content> compose_content(const Outgoing& outgoing, Env& env) {
  KVC_TRY(check(outgoing));
  HeaderWriter header;
  KVC_TRY(add_mail_fields(outgoing, outgoing.user_subject.empty() ? outgoing.subject : outgoing.user_subject, header));
  Composer composer;
  append(composer.out(), header.str());
  if (outgoing.receipt) {
    KVC_TRY(append_report(outgoing, env, composer.out()));
  } else if (!outgoing.attachments.empty()) {
    KVC_TRY(append_mixed(outgoing, env, composer));
  } else {
    KVC_TRY(append_text(outgoing.text, composer.out()));
  }
  return composer.finish();
}

Status write_content(const Content& content, const mime::Sink& sink) {
  for (const auto& stretch : content.stretches) {
    KVC_TRY(sink(mime::view(stretch.bytes)));
    if (stretch.file != nullptr) {
      KVC_TRY(copy_base64(stretch, sink));
    }
  }
  return {};
}

SignedFrame signed_frame(Env& env) {
  const std::string boundary = mime::new_boundary(env);
  // The first delimiter after the content begins with a single LF, as OpenSSL writes it: `openssl cms -verify -binary`
  // counts the CR before a delimiter to the content and refuses a right signature; every reader takes LF for the line
  // end of a delimiter.
  return {
      "MIME-Version: 1.0\r\n"
      "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=\"sha-256\";\r\n"
      " boundary=\"" +
          boundary + "\"\r\n\r\n--" + boundary + "\r\n",
      "\n--" + boundary +
          "\r\n"
          "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"
          "Content-Transfer-Encoding: base64\r\n"
          "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n",
      "\r\n--" + boundary + "--\r\n"};
}

}  // namespace kvc::message
