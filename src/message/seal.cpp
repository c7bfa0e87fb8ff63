// SPDX-License-Identifier: Apache-2.0
#include "message/seal.h"

#include <exception>
#include <new>
#include <optional>
#include <ostream>
#include <vector>

#include "message/cms_write.h"
#include "message/compose.h"
#include "mime/transfer.h"

namespace kvc::message {
namespace {

/// The sender reads his own copy with his own certificate; a message to himself needs one RecipientInfo.
std::vector<crypto::Certificate> recipients_of(const SealKeys& keys) {
  std::vector<crypto::Certificate> recipients{keys.recipient_certificate};
  if (!(keys.certificate == keys.recipient_certificate)) {
    recipients.push_back(keys.certificate);
  }
  return recipients;
}

/// The size of the multipart/signed, if the content's is known.
std::optional<std::uint64_t> entity_size(const Content& content, const SignedFrame& frame, std::size_t signature) {
  if (!content.size) {
    return std::nullopt;
  }
  return frame.before.size() + *content.size + frame.between.size() + mime::Base64Writer::size_of(signature) +
         frame.after.size();
}

/// One pass: content is hashed and encrypted piece by piece, the signature comes behind it.
Status seal_checked(const Outgoing& outgoing, const SealKeys& keys, Env& env, const mime::Sink& out) {
  KVC_ASSIGN(const std::string header, compose_clear_header(outgoing));
  KVC_ASSIGN(const Content content, compose_content(outgoing, env));
  KVC_ASSIGN(auto signer, cms::DetachedSigner::begin(keys.key, keys.certificate, env.now()));
  const SignedFrame frame = signed_frame(env);
  mime::Base64Writer lines(out);
  KVC_ASSIGN(auto envelope, cms::EnvelopeWriter::begin(recipients_of(keys), entity_size(content, frame, signer.size()),
                                                       [&](std::string_view piece) { return lines.write(piece); }));
  // Nothing is written before everything that can fail for the caller's data has been checked.
  KVC_TRY(out(header + "\r\n"));
  KVC_TRY(envelope.write(frame.before));
  KVC_TRY(write_content(content, [&](std::string_view piece) {
    signer.add(piece);
    return envelope.write(piece);
  }));
  KVC_TRY(envelope.write(frame.between));
  KVC_ASSIGN(const std::string signature, signer.finish());
  mime::Base64Writer signature_lines([&](std::string_view piece) { return envelope.write(piece); });
  KVC_TRY(signature_lines.write(signature));
  KVC_TRY(signature_lines.finish());
  KVC_TRY(envelope.write(frame.after));
  KVC_TRY(envelope.finish());
  return lines.finish();
}

}  // namespace

Status seal(const Outgoing& outgoing, const SealKeys& keys, Env& env, const mime::Sink& out) {
  try {
    return seal_checked(outgoing, keys, env, out);
  } catch (const std::bad_alloc&) {
    return {error::out_of_memory, "not enough memory for the message"};
  } catch (const std::exception&) {
    return {error::internal, "the message could not be sealed"};
  }
}

Status seal(const Outgoing& outgoing, const SealKeys& keys, Env& env, std::ostream& out) {
  return seal(outgoing, keys, env, [&](std::string_view piece) {
    out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    return out ? Status() : Status(error::file_unwritable, "the sealed message cannot be written");
  });
}

}  // namespace kvc::message
