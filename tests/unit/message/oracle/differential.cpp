// SPDX-License-Identifier: Apache-2.0
#include "unit/message/oracle/differential.h"

#include <sstream>

#include "message/verdict.h"
#include "unit/message/oracle/oracle.h"

namespace kvc::message::oracle {
namespace {

std::string fields_text(const std::vector<HeaderField>& fields) {
  std::string text;
  for (const auto& field : fields) {
    text += field.name + "=" + field.value + "|";
  }
  return text;
}

/// Everything a layer says, one fact a line.
std::string layer_text(const Layer& layer) {
  std::ostringstream text;
  text << name(layer.verdict) << "\nreason " << layer.reason << "\nfindings";
  for (const Verdict finding : layer.findings) {
    text << ' ' << name(finding);
  }
  text << "\nfrom " << layer.from << "\nto " << layer.to << "\nsubject " << layer.subject << "\nid " << layer.message_id
       << "\nin reply to " << layer.in_reply_to << "\ndate " << layer.date << "\nservice " << layer.service_id;
  if (layer.signer) {
    text << "\nsigner " << layer.signer->email << '|' << layer.signer->subject << '|' << layer.signer->issuer << '|'
         << layer.signer->serial << '|' << layer.signer->not_before.time_since_epoch().count() << '|'
         << layer.signer->not_after.time_since_epoch().count() << '|' << layer.signer->fingerprint_sha256;
  }
  text << "\nsigning time " << (layer.signing_time ? layer.signing_time->time_since_epoch().count() : -1)
       << "\nreference time " << layer.reference_time.time_since_epoch().count() << "\ncipher " << layer.content_cipher
       << "\ndigest " << layer.digest << "\nkey " << layer.key_label;
  for (const auto& recipient : layer.recipients) {
    text << "\nrecipient " << recipient.issuer << '|' << recipient.serial_hex << '|'
         << std::string(recipient.issuer_der.begin(), recipient.issuer_der.end());
  }
  text << "\nouter " << fields_text(layer.outer_header) << "\nsigned " << fields_text(layer.signed_header);
  for (const auto& warning : layer.warnings) {
    text << "\nwarning " << warning;
  }
  return text.str();
}

template <class Message>
std::string bytes_of(const Message& message, std::size_t part) {
  std::ostringstream out;
  const Status status = message.read_part(part, out);
  return status.ok() ? out.str() : "error: " + status.to_string();
}

/// Everything a message says.
template <class Message>
std::string message_text(const Message& message) {
  std::ostringstream text;
  text << "verdict " << name(message.verdict);
  for (const auto& layer : message.layers) {
    text << "\nlayer " << layer_text(layer);
  }
  text << "\ntype " << message.content_type();
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    const Part& part = message.parts[i];
    text << "\npart " << part.name << '|' << part.type << '|' << part.description << '|' << part.size << '|'
         << part.sha256 << '|' << part.attachment << '|' << bytes_of(message, i);
  }
  std::ostringstream unverified;
  text << "\nunverified " << (message.read_unverified(unverified).ok() ? "" : "error ") << unverified.str() << "\ntext "
       << message.text();
  return text.str();
}

/// From a little before the first difference.
std::string shown(const std::string& ours, const std::string& theirs, const char* which) {
  std::size_t at = 0;
  while (at < ours.size() && at < theirs.size() && ours[at] == theirs[at]) {
    ++at;
  }
  const std::size_t begin = ours.rfind('\n', at == 0 ? 0 : at - 1);
  const std::size_t from = begin == std::string::npos ? 0 : begin + 1;
  return std::string(which) + " says: " + ours.substr(from, 300) + "\nthe oracle says: " + theirs.substr(from, 300);
}

template <class T>
std::string text_of(const Result<T>& message) {
  return message.ok() ? message_text(message.value()) : "error " + message.status().to_string();
}

}  // namespace

std::string difference(const std::string& mail, const OpenOptions& options) {
  std::istringstream for_oracle(mail), for_ours(mail);
  const std::string theirs = text_of(oracle::open(for_oracle, options));
  const std::string ours = text_of(message::open(for_ours, options));
  if (ours != theirs) {
    return shown(ours, theirs, "the reader");
  }
  const std::string again =
      text_of(message::open([&mail] { return std::make_unique<std::istringstream>(mail); }, options));
  return again == theirs ? std::string() : shown(again, theirs, "the reader from a source");
}

}  // namespace kvc::message::oracle
