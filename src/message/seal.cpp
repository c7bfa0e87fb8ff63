// SPDX-License-Identifier: Apache-2.0
#include "message/seal.h"

#include <exception>
#include <new>
#include <ostream>
#include <vector>

#include "message/cms.h"
#include "message/compose.h"
#include "mime/transfer.h"

namespace kvc::message {
namespace {

/// The sender reads his own copy with his own certificate; a message to himself needs one RecipientInfo.
std::vector<crypto::Certificate> recipients_of(const SealKeys& keys) {
  std::vector<crypto::Certificate> recipients{keys.recipient_certificate};
  if (keys.certificate.der() != keys.recipient_certificate.der()) {
    recipients.push_back(keys.certificate);
  }
  return recipients;
}

Status seal_checked(const Outgoing& outgoing, const SealKeys& keys, Env& env, std::ostream& out) {
  KVC_ASSIGN(const std::string header, compose_clear_header(outgoing));
  mime::WipedBytes entity;
  {
    KVC_ASSIGN(const mime::WipedBytes content, compose_content(outgoing, env));
    KVC_ASSIGN(const std::string signature,
               cms::sign_detached(mime::view(content), keys.key, keys.certificate, env.now()));
    KVC_ASSIGN(entity, compose_signed(content, signature, env));
  }
  // Nothing is written before everything that can fail for the caller's data has been done.
  const auto write = [&](std::string_view piece) {
    out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    return out ? Status() : Status(error::file_unwritable, "the sealed message cannot be written");
  };
  return cms::encrypt(mime::view(entity), recipients_of(keys), [&](std::string_view der) -> Status {
    KVC_TRY(write(header + "\r\n"));
    mime::Base64Writer writer(write);
    KVC_TRY(writer.write(der));
    return writer.finish();
  });
}

}  // namespace

Status seal(const Outgoing& outgoing, const SealKeys& keys, Env& env, std::ostream& out) {
  try {
    return seal_checked(outgoing, keys, env, out);
  } catch (const std::bad_alloc&) {
    return {error::out_of_memory, "not enough memory for the message"};
  } catch (const std::exception&) {
    return {error::internal, "the message could not be sealed"};
  }
}

}  // namespace kvc::message
