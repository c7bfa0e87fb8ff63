// SPDX-License-Identifier: Apache-2.0
// Goes through the layers of a mail from the outside in. Facts come from cms.h and mime/, verdicts from judge.h.
#include "unit/message/oracle/oracle.h"

#include <algorithm>
#include <istream>
#include <utility>

#include "crypto/library_context.h"
#include "message/judge.h"
#include "mime/header.h"
#include "mime/split.h"
#include "mime/transfer.h"
#include "unit/message/oracle/oracle_cms.h"

namespace kvc::message::oracle {
namespace {

/// An entity with its header read.
struct Node {
  std::string_view text, body;
  mime::Header header;
  mime::Parameterized type;
  std::string encoding;
};

Result<Node> read_node(std::string_view text) {
  const mime::Entity entity = mime::split_entity(text);
  Node node{text, entity.body, {}, {}, {}};
  KVC_ASSIGN(node.header, mime::Header::parse(entity.header));
  if (node.header.count("From") > 1) {
    return Status(error::malformed, "the header has several From fields");
  }
  if (node.header.count("Content-Type") > 1) {
    return Status(error::malformed, "the header has several Content-Type fields");
  }
  node.type = mime::content_type(node.header);
  node.encoding = std::string(node.header.get("Content-Transfer-Encoding"));
  return node;
}

bool is_pkcs7_mime(const Node& node) {
  return node.type.value == "application/pkcs7-mime" || node.type.value == "application/x-pkcs7-mime";
}

bool is_identity_encoding(const Node& node) {
  return !mime::equal_ignoring_case(node.encoding, "base64") &&
         !mime::equal_ignoring_case(node.encoding, "quoted-printable");
}

/// KV-Connect Mobile (protocol C): an application/pkcs7-mime whose body is no CMS but a complete mail.
bool is_wrapped_mail(const Node& node) {
  return is_pkcs7_mime(node) && is_identity_encoding(node) && !node.body.empty() && node.body.front() != '\x30';
}

/// A mail inside the content of a layer, if there is one: empty view otherwise.
struct Inner {
  std::string_view mail;
  bool own_header = false;  ///< false: the entity itself is wrapped once more and inherits the sender
};

Inner inner_of(const Node& node) {
  if (is_wrapped_mail(node)) {
    return {node.body, true};
  }
  return is_pkcs7_mime(node) ? Inner{node.text, false} : Inner{};
}

/// A multipart/signed taken apart (RFC 8551 section 3.5.3).
struct SignedParts {
  std::string_view content;
  mime::WipedBytes signature;
};

Result<SignedParts> take_apart(const Node& node) {
  KVC_ASSIGN(const auto multipart, mime::split_multipart(node.body, node.type.parameter("boundary"), 3));
  if (multipart.parts.size() != 2) {
    return Status(error::malformed, "a multipart/signed has other than two parts");
  }
  KVC_ASSIGN(const Node signature, read_node(multipart.parts[1]));
  if (signature.type.value != "application/pkcs7-signature" &&
      signature.type.value != "application/x-pkcs7-signature") {
    return Status(error::malformed, "the second part of a multipart/signed is no S/MIME signature");
  }
  SignedParts result;
  result.content = multipart.parts[0];
  KVC_ASSIGN(result.signature, mime::decode_transfer(signature.body, signature.encoding));
  return result;
}

/// One message on its way from the outside in.
class Opener {
 public:
  Opener(const OpenOptions& options, mime::WipedBytes mail) : options_(options), buffer_(std::move(mail)) {
    current_ = mime::view(buffer_);
  }

  Opened run() {
    while (open_layer()) {
      if (static_cast<int>(message_.layers.size()) >= options_.max_layers) {
        refuse_deeper();
        break;
      }
    }
    for (const auto& layer : message_.layers) {
      message_.verdict = layer.verdict;
      if (layer.verdict != Verdict::valid) {
        break;
      }
    }
    content_->buffer = std::move(buffer_);  // moving a vector keeps every view into it
    message_.content = std::move(content_);
    return std::move(message_);
  }

 private:
  /// What is known of the layer at hand, until it is settled.
  struct Work {
    Layer layer;
    Findings findings;
    Node outer;  ///< the mail of this layer
    mime::Header signed_header;
    bool good = false;        ///< the content lies in a good signature
    std::string_view inside;  ///< signed content, or what is there instead of it
  };

  /// Handles one layer; true when another mail lies within.
  bool open_layer() {
    Work work;
    auto outer = read_node(current_);
    if (!outer.ok()) {
      work.findings.add(Verdict::malformed, outer.status().detail());
      return finish(work, current_, false);
    }
    work.outer = std::move(outer).value();
    Node node = work.outer;
    if (is_pkcs7_mime(node) && !is_wrapped_mail(node)) {
      switch (unwrap(work, node)) {
        case Unwrapped::failed:
          return finish(work, current_, false);
        case Unwrapped::opaque:
          return finish_signed(work);
        case Unwrapped::content:
          break;
      }
    }
    return open_signature(work, node);
  }

  enum class Unwrapped { failed, content, opaque };

  /// The CMS body of `node`: an envelope is opened and replaces the node, an opaque signature is verified.
  Unwrapped unwrap(Work& work, Node& node) {
    auto der = mime::decode_transfer(node.body, node.encoding);
    if (!der.ok()) {
      return fail(work, der.status());
    }
    auto parsed = oracle::parse(mime::view(*der), crypto::library_context());
    if (!parsed.ok()) {
      return fail(work, parsed.status());
    }
    if (parsed->kind == oracle::Kind::signed_data) {
      return open_opaque(work, *parsed) ? Unwrapped::opaque : Unwrapped::failed;
    }
    if (parsed->kind != oracle::Kind::enveloped) {
      return fail(work, Status(error::malformed, "the CMS structure is neither an envelope nor a signature"));
    }
    parsed->cms.reset();
    return open_envelope(work, mime::view(*der), node) ? Unwrapped::content : Unwrapped::failed;
  }

  static Unwrapped fail(Work& work, const Status& status) {
    work.findings.add(status.is(error::decrypt_failed) ? Verdict::decrypt_failed : Verdict::malformed, status.detail());
    return Unwrapped::failed;
  }

  bool open_envelope(Work& work, std::string_view der, Node& node) {
    auto opened = oracle::decrypt(der, options_.keys);
    work.layer.recipients = std::move(opened.recipients);
    work.layer.content_cipher = opened.cipher;
    if (opened.trailing_bytes) {
      work.layer.warnings.emplace_back("trailing_bytes: something follows the envelope");
    }
    if (!opened.status.ok()) {
      fail(work, opened.status);
      return false;
    }
    enveloped_ = true;
    work.layer.key_label = opened.key_label;
    if (opened.weak) {
      work.findings.add(Verdict::weak_algorithm, "encrypted with " + opened.cipher);
    }
    pending_ = std::move(opened.content);  // the outer text stays until the layer is described
    auto inner = read_node(mime::view(pending_));
    if (!inner.ok()) {
      fail(work, inner.status());
      return false;
    }
    node = std::move(inner).value();
    return true;
  }

  /// The node inside the envelope, or the mail itself: signed in one of the two forms, or not at all.
  bool open_signature(Work& work, Node& node) {
    if (node.type.value == "multipart/signed") {
      return open_detached(work, node);
    }
    if (is_pkcs7_mime(node) && !is_wrapped_mail(node) && !pending_.empty() && work.inside.empty()) {
      auto der = mime::decode_transfer(node.body, node.encoding);
      auto parsed =
          der.ok() ? oracle::parse(mime::view(*der), crypto::library_context()) : Result<oracle::Parsed>(der.status());
      if (!parsed.ok()) {
        fail(work, parsed.status());
        return finish(work, node.text, false);
      }
      if (parsed->kind == oracle::Kind::signed_data) {
        return open_opaque(work, *parsed) ? finish_signed(work) : finish(work, node.text, false);
      }
    }
    work.findings.add(Verdict::not_signed, "the content is not signed as a whole");
    work.inside = node.text;
    return finish_node(work, node);
  }

  bool open_detached(Work& work, const Node& node) {
    auto parts = take_apart(node);
    auto parsed = parts.ok() ? oracle::parse(mime::view(parts->signature), crypto::library_context())
                             : Result<oracle::Parsed>(parts.status());
    if (parsed.ok() && parsed->kind != oracle::Kind::signed_data) {
      parsed = Status(error::malformed, "the signature is another kind of CMS structure");
    }
    if (!parsed.ok()) {
      fail(work, parsed.status());
      return finish(work, node.text, false);
    }
    work.inside = parts->content;
    return verify(work, *parsed, true) ? finish_signed(work) : finish(work, node.text, false);
  }

  bool open_opaque(Work& work, oracle::Parsed& parsed) {
    auto content = oracle::take_content(parsed.cms.get());
    if (!content.ok()) {
      fail(work, content.status());
      return false;
    }
    opaque_ = std::move(content).value();
    work.inside = mime::view(opaque_);
    return verify(work, parsed, false);
  }

  /// False when the signature could not even be examined.
  bool verify(Work& work, oracle::Parsed& parsed, bool canonical_too) {
    auto signatures = oracle::verify(parsed.cms.get(), work.inside, canonical_too);
    auto inner = read_node(work.inside);
    if (!signatures.ok() || !inner.ok()) {
      fail(work, signatures.ok() ? inner.status() : signatures.status());
      return false;
    }
    work.signed_header = inner->header;
    const Sender sender = sender_of(work.outer.header, work.signed_header, inherited_from_);
    work.layer.from = sender.address;
    judge_signatures(*signatures, sender, options_, work.layer, work.findings);
    if (parsed.trailing_bytes) {
      work.layer.warnings.emplace_back("trailing_bytes: something follows the signature");
    }
    const auto& signers = signatures->signers;
    work.good = !signers.empty() && std::all_of(signers.begin(), signers.end(), [](const auto& s) { return s.good(); });
    if (!signers.empty() && !enveloped_) {
      work.findings.add(Verdict::not_encrypted, "there is no envelope around the signature");
    }
    return true;
  }

  bool finish_signed(Work& work) {
    auto node = read_node(work.inside);  // verify() has read it before
    return finish_node(work, *node);
  }

  /// The layer's content is known: either another mail, or the parts.
  bool finish_node(Work& work, const Node& node) {
    const Inner inner = inner_of(node);
    if (!inner.mail.empty()) {
      return finish(work, inner.mail, true, inner.own_header);
    }
    content_->type = node.type.value;
    content_->unverified = work.good ? std::string_view() : node.text;
    if (work.good) {
      take_parts(work, node.text);
    }
    return finish(work, node.text, false);
  }

  void take_parts(Work& work, std::string_view text) {
    auto list = list_parts(text);
    if (!list.ok()) {
      work.findings.add(Verdict::malformed, list.status().detail());
      content_->unverified = text;
      return;
    }
    message_.parts = std::move(list->parts);
    content_->parts = std::move(list->sources);
    for (auto& warning : list->warnings) {
      work.layer.warnings.push_back(std::move(warning));
    }
  }

  /// Describes and settles the layer. `next` becomes the text at hand: of the next layer, or what is left of the
  /// message.
  bool finish(Work& work, std::string_view next, bool deeper, bool own_header = true) {
    if (work.layer.from.empty()) {
      work.layer.from = sender_of(work.outer.header, work.signed_header, inherited_from_).address;
    }
    if (work.layer.digest.empty()) {
      work.layer.reference_time =
          std::holds_alternative<TimePoint>(options_.at) ? std::get<TimePoint>(options_.at) : options_.now;
    }
    describe(work.outer.header, work.signed_header, work.good, work.layer);
    compare_headers(work.outer.header, work.signed_header, work.layer);
    work.findings.settle(work.layer);
    inherited_from_ = deeper && !own_header ? work.layer.from : std::string();
    message_.layers.push_back(std::move(work.layer));
    if (!deeper && content_->parts.empty() && content_->unverified.empty() && !work.good) {
      content_->unverified = next;
    }
    keep(next);
    return deeper;
  }

  /// Lets go of every buffer but the one `next` lies in.
  void keep(std::string_view next) {
    const auto holds = [&](const mime::WipedBytes& bytes) {
      return !bytes.empty() && next.data() >= bytes.data() && next.data() < bytes.data() + bytes.size();
    };
    if (holds(opaque_)) {
      buffer_ = std::move(opaque_);
    } else if (holds(pending_)) {
      buffer_ = std::move(pending_);
    }
    opaque_ = {};
    pending_ = {};
    current_ = next;
  }

  void refuse_deeper() {
    Layer layer;
    layer.verdict = Verdict::malformed;
    layer.reason = "the message has more layers than are opened";
    layer.reference_time = options_.now;
    message_.layers.push_back(std::move(layer));
    content_->unverified = current_;
  }

  const OpenOptions& options_;
  mime::WipedBytes buffer_;            ///< holds current_
  mime::WipedBytes pending_, opaque_;  ///< decrypted content and opaque signed content of the layer at hand
  std::string_view current_;
  std::string inherited_from_;
  bool enveloped_ = false;  ///< this layer or one around it was encrypted
  Opened message_;
  std::shared_ptr<Content> content_ = std::make_shared<Content>();
};

Result<mime::WipedBytes> read_all(std::istream& mail, std::uint64_t max_bytes) {
  constexpr std::size_t kStep = 256UL * 1024;
  mime::WipedBytes bytes;
  while (mail) {
    const std::size_t have = bytes.size();
    bytes.resize(have + kStep);
    mail.read(bytes.data() + have, static_cast<std::streamsize>(kStep));
    bytes.resize(have + static_cast<std::size_t>(mail.gcount()));
    if (bytes.size() > max_bytes) {
      return Status(error::too_large, "the message is larger than the limit");
    }
  }
  if (mail.bad() || !mail.eof()) {
    return Status(error::file_unreadable, "the message cannot be read");
  }
  return bytes;
}

}  // namespace

Result<Opened> open(std::istream& mail, const OpenOptions& options) {
  try {
    KVC_ASSIGN(auto bytes, read_all(mail, options.max_bytes));
    return Opener(options, std::move(bytes)).run();
  } catch (const std::bad_alloc&) {
    return Status(error::out_of_memory, "not enough memory for the message");
  } catch (const std::exception&) {
    return Status(error::internal, "the message could not be handled");
  }
}

}  // namespace kvc::message::oracle
