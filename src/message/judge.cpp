// SPDX-License-Identifier: Apache-2.0
#include "message/judge.h"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>

#include <algorithm>
#include <chrono>

#include "crypto/certificate_cache.h"
#include "crypto/trust_list.h"

namespace kvc::message {
namespace {

/// [D] A header date that differs from the signing time by more than this is noted.
constexpr auto kNotedDateDifference = std::chrono::hours(24);

bool from_matches(const Sender& sender, const std::string& email) {
  return sender.problem.empty() && !email.empty() &&
         std::all_of(sender.claims.begin(), sender.claims.end(),
                     [&](const std::string& claim) { return crypto::same_address(claim, email); });
}

Signer describe_signer(const crypto::Certificate& certificate) {
  const auto facts = crypto::facts_of(certificate);
  return {facts->email,     facts->subject,           facts->issuer, facts->serial_hex, facts->not_before,
          facts->not_after, facts->fingerprint_sha256};
}

TimePoint reference_time(const OpenOptions& options, const std::optional<TimePoint>& signing_time) {
  if (const auto* named = std::get_if<TimePoint>(&options.at)) {
    return *named;
  }
  return signing_time.value_or(options.now);
}

void judge_one(const cms::Signature& signature, const Sender& sender, const OpenOptions& options, Findings& findings) {
  if (!signature.certificate) {
    findings.add(Verdict::malformed,
                 "the signer's certificate is not in the message, so the signature cannot be checked");
    return;
  }
  if (!signature.digest_good) {
    findings.add(Verdict::digest_mismatch, "the content is not what was signed");
  } else if (!signature.signature_good) {
    findings.add(Verdict::digest_mismatch, "the signature is not one of the certificate's key");
  }
  const auto check =
      crypto::check_chain(options.trust, *signature.certificate, reference_time(options, signature.signing_time));
  if (!check.trusted) {
    findings.add(Verdict::issuer_not_trusted, check.reason);
  }
  if (!check.in_validity) {
    findings.add(Verdict::certificate_expired,
                 check.trusted ? check.reason : "the certificate is not valid at the reference time");
  }
  if (!signature.weakness.empty()) {
    findings.add(Verdict::weak_algorithm, signature.weakness);
  } else if (!check.weaknesses.empty()) {
    findings.add(Verdict::weak_algorithm, check.weaknesses.front());
  }
  if (!from_matches(sender, crypto::facts_of(*signature.certificate)->email)) {
    findings.add(Verdict::signer_not_sender,
                 sender.problem.empty() ? "the signer's address is not the From address" : sender.problem);
  }
}

void note_date_difference(const mime::Header& outer, Layer& layer) {
  if (!layer.signing_time) {
    return;
  }
  Poco::DateTime date;
  int zone = 0;
  const std::string text(outer.get("Date"));
  if (text.empty() || text.size() > 100 ||
      !Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::RFC1123_FORMAT, text, date, zone)) {
    return;
  }
  date.makeUTC(zone);
  // In seconds: two times may lie further apart than a difference of TimePoints can say.
  const std::chrono::sys_seconds header_time{std::chrono::seconds(date.timestamp().epochTime())};
  if (std::chrono::abs(header_time - std::chrono::floor<std::chrono::seconds>(*layer.signing_time)) >
      kNotedDateDifference) {
    layer.warnings.emplace_back(
        "signing_time_differs: the Date of the header is more than a day away from the signing time");
  }
}

std::string readable(std::string_view raw) {
  return mime::decode_words(raw);
}

void take_claim(const mime::Header& header, Sender& sender) {
  if (!header.has("From")) {
    return;
  }
  const auto addresses = mime::parse_addresses(header.get("From"));
  if (!addresses.ok() || addresses->empty()) {
    sender.problem = "the From address cannot be read";
    return;
  }
  if (addresses->size() > 1) {
    sender.problem = "From names several addresses";
    return;
  }
  if (sender.address.empty()) {
    sender.address = addresses->front();
  }
  sender.claims.push_back(addresses->front());
}

}  // namespace

void Findings::add(Verdict verdict, std::string_view reason) {
  const bool known =
      std::any_of(found_.begin(), found_.end(), [&](const auto& entry) { return entry.first == verdict; });
  if (!known) {
    found_.emplace_back(verdict, reason);
  }
}

void Findings::settle(Layer& layer) const {
  auto sorted = found_;
  std::sort(sorted.begin(), sorted.end());
  layer.verdict = sorted.empty() ? Verdict::valid : sorted.front().first;
  layer.reason = sorted.empty() ? std::string() : sorted.front().second;
  layer.findings.clear();
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    layer.findings.push_back(sorted[i].first);
  }
}

Sender sender_of(const mime::Header& outer, const mime::Header& signed_header, const std::string& inherited) {
  Sender sender;
  take_claim(outer, sender);
  take_claim(signed_header, sender);
  if (sender.claims.empty() && sender.problem.empty()) {
    if (inherited.empty()) {
      sender.problem = "there is no From address";
    } else {
      sender.address = inherited;
      sender.claims.push_back(inherited);
    }
  }
  return sender;
}

void judge_signatures(const cms::Signatures& signatures, const Sender& sender, const OpenOptions& options, Layer& layer,
                      Findings& findings) {
  if (signatures.signers.empty()) {
    findings.add(Verdict::not_signed, "the signature names no signer");
    return;
  }
  const cms::Signature* shown = &signatures.signers.front();
  const auto is_sender = [&](const cms::Signature& signature) {
    return signature.certificate && from_matches(sender, crypto::facts_of(*signature.certificate)->email);
  };
  for (const auto& signature : signatures.signers) {
    const bool matches = is_sender(signature);
    const bool shown_matches = is_sender(*shown);
    if (matches && !shown_matches) {
      shown = &signature;
    }
    judge_one(signature, sender, options, findings);
  }
  if (shown->certificate) {
    layer.signer = describe_signer(*shown->certificate);
  }
  layer.signing_time = shown->signing_time;
  layer.reference_time = reference_time(options, shown->signing_time);
  layer.digest = shown->digest;
  if (signatures.signers.size() > 1) {
    layer.warnings.push_back("several_signers: " + std::to_string(signatures.signers.size()));
  }
  if (signatures.certificates > 1) {
    layer.warnings.push_back("several_certificates: " + std::to_string(signatures.certificates));
  }
}

void compare_headers(const mime::Header& outer, const mime::Header& signed_header, Layer& layer) {
  for (const auto* field : {"To", "Cc", "Date", "Message-ID", "In-Reply-To", "X-KVC-Dienstkennung",
                            "X-KVC-Sendersystem", "Disposition-Notification-To", "Return-Path"}) {
    if (outer.has(field) && signed_header.has(field) && outer.text(field) != signed_header.text(field)) {
      layer.warnings.push_back(std::string("header_differs: ") + field);
    }
  }
  note_date_difference(outer, layer);
}

void describe(const mime::Header& outer, const mime::Header& signed_header, bool trusted_signed, Layer& layer) {
  const auto value = [&](std::string_view field) {
    const auto& header = trusted_signed && signed_header.has(field) ? signed_header : outer;
    return header.get(field);
  };
  const auto first_address = [&](std::string_view field) {
    const auto addresses = mime::parse_addresses(value(field));
    return addresses.ok() && addresses->size() == 1 ? addresses->front() : readable(value(field));
  };
  layer.to = first_address("To");
  layer.subject = readable(value("Subject"));
  layer.message_id = mime::strip_brackets(readable(value("Message-ID")));
  layer.in_reply_to = mime::strip_brackets(readable(value("In-Reply-To")));
  layer.date = readable(value("Date"));
  layer.service_id = readable(value("X-KVC-Dienstkennung"));
  const auto fill = [](const mime::Header& header, std::vector<HeaderField>& fields) {
    fields.clear();
    for (const auto& field : header.fields()) {
      fields.push_back({field.name, readable(field.value)});
    }
  };
  fill(outer, layer.outer_header);
  fill(signed_header, layer.signed_header);
}

}  // namespace kvc::message
