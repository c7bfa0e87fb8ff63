// SPDX-License-Identifier: Apache-2.0
// Goes through the layers of a mail from the outside in. Facts come from cms.h and the readers, verdicts from judge.h.
// No layer is held in memory: each is a text that can be read again from its start.
#include "message/open.h"

#include <algorithm>
#include <istream>
#include <utility>

#include "crypto/library_context.h"
#include "message/cms.h"
#include "message/content.h"
#include "message/entity_reader.h"
#include "message/judge.h"
#include "message/pieces_beside.h"
#include "mime/header.h"

namespace kvc::message {
namespace {

/// [D] The second part of a multipart/signed: a signature, a certificate or a few, base64.
constexpr std::size_t kMaxSignaturePart = 2UL * 1024 * 1024;

/// An entity with its header read.
struct Node {
  Text text, body;
  mime::Header header;
  mime::Parameterized type;
  std::string encoding;
  std::optional<char> body_begin;  ///< first byte of the body, if it has one
};

/// All but the begin of the body.
Status take_head(Node& node, EntityHead head) {
  if (head.header.count("From") > 1) {
    return {error::malformed, "the header has several From fields"};
  }
  if (head.header.count("Content-Type") > 1) {
    return {error::malformed, "the header has several Content-Type fields"};
  }
  node.header = std::move(head.header);
  node.type = std::move(head.type);
  node.encoding = std::string(node.header.get("Content-Transfer-Encoding"));
  node.body = slice(node.text, head.size);
  return {};
}

Status fill(Node& node, Reader& in) {
  EntityReader entity(in);
  KVC_ASSIGN(auto head, entity.head());
  KVC_TRY(take_head(node, std::move(head)));
  KVC_ASSIGN(const std::string_view piece, entity.next());
  if (!piece.empty()) {
    node.body_begin = piece.front();
  }
  return {};
}

Result<Node> read_node(const Text& text) {
  Node node;
  node.text = text;
  KVC_ASSIGN(const auto in, text->open());
  KVC_TRY(fill(node, *in));
  return node;
}

bool is_pkcs7_mime(const mime::Parameterized& type) {
  return type.value == "application/pkcs7-mime" || type.value == "application/x-pkcs7-mime";
}
bool is_pkcs7_mime(const Node& node) {
  return is_pkcs7_mime(node.type);
}

/// read_node(), without reading again what was seen while the text was read before.
Result<Node> read_node(const Text& text, std::optional<EntityHead> seen) {
  if (!seen || is_pkcs7_mime(seen->type)) {  // how the body begins counts there
    return read_node(text);
  }
  Node node;
  node.text = text;
  KVC_TRY(take_head(node, std::move(*seen)));
  return node;
}

bool is_identity_encoding(const Node& node) {
  return !mime::equal_ignoring_case(node.encoding, "base64") &&
         !mime::equal_ignoring_case(node.encoding, "quoted-printable");
}

/// KV-Connect Mobile (protocol C): an application/pkcs7-mime whose body is no CMS but a complete mail.
bool is_wrapped_mail(const Node& node) {
  return is_pkcs7_mime(node) && is_identity_encoding(node) && node.body_begin && *node.body_begin != '\x30';
}

/// A mail inside the content of a layer, if there is one: null otherwise.
struct Inner {
  Text mail;
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
  std::uint64_t content_begin = 0, content_size = 0;  ///< in the body
  cms::ContentDigests digests;                        ///< of the content
  mime::WipedBytes second;                            ///< the part with the signature, as it is
  bool second_too_long = false;
  std::optional<Result<PartList>> list;  ///< the parts of the content, if they were asked for and known in one reading
};

/// Hashes what streams by, byte for byte; much of it beside the reading, so that `digests` are not used before
/// finish(). Throws std::bad_alloc.
class HashingReader : public Reader {
 public:
  HashingReader(Reader& in, cms::ContentDigests& digests) : in_(in), digests_(digests) {}

  Result<std::string_view> next() override {
    KVC_ASSIGN(const std::string_view piece, in_.next());
    if (!beside_ && !alone_ && size_ >= PiecesBeside::kWorthAThread) {
      beside_ = PiecesBeside::start([this](auto& bytes) { return hash(mime::view(bytes)); });
      alone_ = !beside_;
    }
    size_ += piece.size();
    if (beside_) {
      need(beside_->write(piece, nothing_to_do));
    } else {
      digests_.add(piece);
    }
    return piece;
  }

  void finish() {
    if (beside_) {
      need(beside_->drain(nothing_to_do));
      digests_.add(beside_->rest());
      beside_.reset();
    }
  }

 private:
  /// A digest fails for want of memory alone.
  static void need(const Status& hashed) {
    if (!hashed.ok()) {
      throw std::bad_alloc();
    }
  }
  static Status nothing_to_do(std::string_view /*hashed*/) { return {}; }
  bool hash(std::string_view bytes) noexcept {
    try {
      digests_.add(bytes);
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  Reader& in_;
  cms::ContentDigests& digests_;
  std::uint64_t size_ = 0;
  bool alone_ = false;  ///< there was no thread for it
  std::unique_ptr<PiecesBeside> beside_;
};

Status take_second(Reader& in, SignedParts& parts) {
  CountingReader part(in);
  for (;;) {
    KVC_ASSIGN(const std::string_view piece, part.next());
    if (piece.empty()) {
      return {};
    }
    parts.second_too_long = parts.second_too_long || part.count() > kMaxSignaturePart;
    mime::append(parts.second, parts.second_too_long ? std::string_view() : piece);
  }
}

/// One reading of the body. `with_list`: also lists the parts of the content, before it is known whether it is good.
Result<SignedParts> split_signed(Reader& body, const mime::Parameterized& type, bool with_list) {
  SignedParts result;
  result.digests = cms::ContentDigests::announced(type.parameter("micalg"));
  MultipartReader multipart(body, type.parameter("boundary"), 3);
  std::size_t parts = 0;
  for (;; ++parts) {
    KVC_ASSIGN(const bool more, multipart.next_part());
    if (!more) {
      break;
    }
    if (parts == 0) {
      result.content_begin = multipart.part_begin();
      CountingReader counted(multipart);
      HashingReader content(counted, result.digests);
      if (with_list) {
        result.list = list_parts(content);
      }
      KVC_TRY(drain(content));
      content.finish();
      result.content_size = counted.count();
    } else if (parts == 1) {
      KVC_TRY(take_second(multipart, result));
    }
  }
  if (parts != 2) {
    return Status(error::malformed, "a multipart/signed has other than two parts");
  }
  return result;
}

Result<SignedParts> split_signed(const Node& node) {
  KVC_ASSIGN(const auto in, node.body->open());
  return split_signed(*in, node.type, false);
}

struct Seen {
  EntityHead head;
  SignedParts parts;
};

/// The multipart/signed that an envelope holds, while it is decrypted. None for every other content, and for one with
/// something wrong: it is read again then.
std::optional<Seen> look_into(Reader& content) {
  EntityReader entity(content);
  auto head = entity.head();
  if (!head.ok() || head->type.value != "multipart/signed") {
    return std::nullopt;
  }
  auto parts = split_signed(entity, head->type, true);
  return parts.ok() ? std::optional(Seen{std::move(head).value(), std::move(parts).value()}) : std::nullopt;
}

/// The signature of a multipart/signed, decoded when it is read.
Result<Text> signature_of(SignedParts& parts) {
  KVC_ASSIGN(const Node signature, read_node(in_memory(std::move(parts.second))));
  if (signature.type.value != "application/pkcs7-signature" &&
      signature.type.value != "application/x-pkcs7-signature") {
    return Status(error::malformed, "the second part of a multipart/signed is no S/MIME signature");
  }
  if (parts.second_too_long) {
    return Status(error::malformed, "the signature is larger than any real one");
  }
  return decoded(signature.body, signature.encoding);
}

/// One message on its way from the outside in.
class Opener {
 public:
  Opener(const OpenOptions& options, Text mail) : options_(options), current_(std::move(mail)) {}

  /// Error: the mail itself could not be read.
  Result<OpenedMessage> run() {
    while (open_layer()) {
      if (static_cast<int>(message_.layers.size()) >= options_.max_layers) {
        refuse_deeper();
        break;
      }
    }
    KVC_TRY(source_failure_);
    for (const auto& layer : message_.layers) {
      message_.verdict = layer.verdict;
      if (layer.verdict != Verdict::valid) {
        break;
      }
    }
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
    bool opened = false;  ///< an envelope was
    bool good = false;    ///< the content lies in a good signature
    Text inside;          ///< signed content, or what is there instead of it
    Node inside_node;     ///< the same with its header, after verify()
  };

  /// Handles one layer; true when another mail lies within.
  bool open_layer() {
    Work work;
    seen_.reset();
    list_.reset();
    auto outer = read_node(current_);
    if (!outer.ok()) {
      fail(work, outer.status());
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
    const Text ber = decoded(node.body, node.encoding);
    auto at_once = cms::decrypt_at_once(ber, options_.keys, [&](Reader& content) { seen_ = look_into(content); });
    if (at_once) {
      return take_envelope(work, std::move(at_once->decrypted), at_once->trailing_bytes, node) ? Unwrapped::content
                                                                                               : Unwrapped::failed;
    }
    seen_.reset();
    auto parsed = cms::parse(ber, crypto::library_context());
    if (!parsed.ok()) {
      return fail(work, parsed.status());
    }
    if (parsed->kind == cms::Kind::signed_data) {
      return open_opaque(work, *parsed) ? Unwrapped::opaque : Unwrapped::failed;
    }
    if (parsed->kind != cms::Kind::enveloped) {
      return fail(work, Status(error::malformed, "the CMS structure is neither an envelope nor a signature"));
    }
    return take_envelope(work, cms::decrypt(*parsed, options_.keys), parsed->outline.trailing_bytes, node)
               ? Unwrapped::content
               : Unwrapped::failed;
  }

  Unwrapped fail(Work& work, const Status& status) {
    if (is_source_failure(status) && source_failure_.ok()) {
      source_failure_ = status;
    }
    work.findings.add(status.is(error::decrypt_failed) ? Verdict::decrypt_failed : Verdict::malformed, status.detail());
    return Unwrapped::failed;
  }

  bool take_envelope(Work& work, cms::Decrypted opened, bool trailing_bytes, Node& node) {
    work.layer.recipients = std::move(opened.recipients);
    work.layer.content_cipher = opened.cipher;
    if (trailing_bytes) {
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
    work.opened = true;
    auto inner = read_node(opened.content, seen_ ? std::optional(std::move(seen_->head)) : std::nullopt);
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
    if (is_pkcs7_mime(node) && !is_wrapped_mail(node) && work.opened) {
      auto parsed = cms::parse(decoded(node.body, node.encoding), crypto::library_context());
      if (!parsed.ok()) {
        fail(work, parsed.status());
        return finish(work, node.text, false);
      }
      if (parsed->kind == cms::Kind::signed_data) {
        return open_opaque(work, *parsed) ? finish_signed(work) : finish(work, node.text, false);
      }
    }
    work.findings.add(Verdict::not_signed, "the content is not signed as a whole");
    work.inside = node.text;
    return finish_node(work, node);
  }

  bool open_detached(Work& work, const Node& node) {
    auto parts = seen_ ? Result<SignedParts>(std::move(seen_->parts)) : split_signed(node);
    seen_.reset();
    auto signature = parts.ok() ? signature_of(*parts) : Result<Text>(parts.status());
    auto parsed =
        signature.ok() ? cms::parse(*signature, crypto::library_context()) : Result<cms::Parsed>(signature.status());
    if (parsed.ok() && parsed->kind != cms::Kind::signed_data) {
      parsed = Status(error::malformed, "the signature is another kind of CMS structure");
    }
    if (!parsed.ok()) {
      fail(work, parsed.status());
      return finish(work, node.text, false);
    }
    work.inside = slice(node.body, parts->content_begin, parts->content_size);
    list_ = std::move(parts->list);
    return verify(work, *parsed, std::move(parts->digests), true) ? finish_signed(work)
                                                                  : finish(work, node.text, false);
  }

  bool open_opaque(Work& work, cms::Parsed& parsed) {
    auto content = cms::opaque_content(parsed);
    if (!content.ok()) {
      fail(work, content.status());
      return false;
    }
    work.inside = std::move(content).value();
    return verify(work, parsed, {}, false);
  }

  /// False when the signature could not even be examined.
  bool verify(Work& work, const cms::Parsed& parsed, cms::ContentDigests digests, bool canonical_too) {
    auto signatures = cms::verify(parsed, work.inside, std::move(digests), canonical_too);
    auto inner = read_node(work.inside, list_ && list_->ok() ? std::move((*list_)->head) : std::nullopt);
    if (!signatures.ok() || !inner.ok()) {
      fail(work, signatures.ok() ? inner.status() : signatures.status());
      return false;
    }
    work.signed_header = inner->header;
    work.inside_node = std::move(inner).value();
    const Sender sender = sender_of(work.outer.header, work.signed_header, inherited_from_);
    work.layer.from = sender.address;
    judge_signatures(*signatures, sender, options_, work.layer, work.findings);
    if (parsed.outline.trailing_bytes) {
      work.layer.warnings.emplace_back("trailing_bytes: something follows the signature");
    }
    const auto& signers = signatures->signers;
    work.good = !signers.empty() && std::all_of(signers.begin(), signers.end(), [](const auto& s) { return s.good(); });
    if (!signers.empty() && !enveloped_) {
      work.findings.add(Verdict::not_encrypted, "there is no envelope around the signature");
    }
    return true;
  }

  bool finish_signed(Work& work) { return finish_node(work, work.inside_node); }

  /// The layer's content is known: either another mail, or the parts.
  bool finish_node(Work& work, const Node& node) {
    const Inner inner = inner_of(node);
    if (inner.mail) {
      return finish(work, inner.mail, true, inner.own_header);
    }
    content_->type = node.type.value;
    content_->inner = node.text;
    content_->unverified = work.good ? nullptr : node.text;
    if (work.good) {
      take_parts(work, node.text);
    }
    return finish(work, node.text, false);
  }

  void take_parts(Work& work, const Text& text) {
    auto list = list_ && text == work.inside ? std::move(*list_) : list_parts(text);
    if (!list.ok()) {
      fail(work, list.status());
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
  bool finish(Work& work, const Text& next, bool deeper, bool own_header = true) {
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
    if (!deeper && content_->parts.empty() && !content_->unverified && !work.good) {
      content_->unverified = next;
    }
    current_ = next;
    return deeper;
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
  Text current_;
  Status source_failure_;
  std::string inherited_from_;
  std::optional<Seen> seen_;              ///< of the content of the envelope that was opened last
  std::optional<Result<PartList>> list_;  ///< of work.inside
  bool enveloped_ = false;                ///< this layer or one around it was encrypted
  OpenedMessage message_;
  std::shared_ptr<OpenedMessage::Content> content_ = std::make_shared<OpenedMessage::Content>();
};

/// In blocks that never move: the mail is held once and not while it grows a second time.
Result<Text> read_all(std::istream& mail, std::uint64_t max_bytes) {
  constexpr std::size_t kFirstBlock = 32UL * 1024, kBlock = 256UL * 1024;  // most mails are letters of a few KiB
  std::vector<mime::WipedBytes> blocks;
  std::uint64_t size = 0;
  while (mail) {
    const std::size_t most = blocks.empty() ? kFirstBlock : kBlock;
    mime::WipedBytes block(most);
    mail.read(block.data(), static_cast<std::streamsize>(most));
    block.resize(static_cast<std::size_t>(mail.gcount()));
    size += block.size();
    if (size > max_bytes) {
      return Status(error::too_large, "the message is larger than the limit");
    }
    blocks.push_back(block.size() < most ? mime::WipedBytes(block) : std::move(block));
  }
  if (mail.bad() || !mail.eof()) {
    return Status(error::file_unreadable, "the message cannot be read");
  }
  return in_memory(std::move(blocks));
}

/// Whether the mail is within the limit, as far as its stream can tell beforehand. Reading stops there in any case.
Status check_size(const MailSource& mail, std::uint64_t max_bytes) {
  const auto in = mail();
  if (!in || !*in) {
    return {error::file_unreadable, "the message cannot be read"};
  }
  in->seekg(0, std::ios::end);
  const auto size = in->tellg();
  if (size > 0 && static_cast<std::uint64_t>(size) > max_bytes) {
    return {error::too_large, "the message is larger than the limit"};
  }
  return {};
}

template <class Action>
Result<OpenedMessage> guarded(Action action) {
  try {
    return action();
  } catch (const std::bad_alloc&) {
    return Status(error::out_of_memory, "not enough memory for the message");
  } catch (const std::exception&) {
    return Status(error::internal, "the message could not be handled");
  }
}

}  // namespace

Result<OpenedMessage> open(std::istream& mail, const OpenOptions& options) {
  return guarded([&]() -> Result<OpenedMessage> {
    KVC_ASSIGN(auto text, read_all(mail, options.max_bytes));
    return Opener(options, std::move(text)).run();
  });
}

Result<OpenedMessage> open(MailSource mail, const OpenOptions& options) {
  return guarded([&]() -> Result<OpenedMessage> {
    KVC_TRY(check_size(mail, options.max_bytes));
    return Opener(options, from_streams(std::move(mail), options.max_bytes)).run();
  });
}

}  // namespace kvc::message
