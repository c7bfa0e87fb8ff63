// SPDX-License-Identifier: Apache-2.0
#include "message/digests.h"

#include <algorithm>
#include <array>
#include <new>
#include <string>

#include "crypto/library_context.h"
#include "message/reader.h"
#include "mime/line_scan.h"

namespace kvc::message::cms {
namespace {

void need(bool good) {
  if (!good) {
    throw std::bad_alloc();
  }
}

}  // namespace

ContentDigests ContentDigests::announced(std::string_view micalg) {
  std::string names(micalg);
  std::transform(names.begin(), names.end(), names.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  constexpr std::array kKnown = {std::pair{"sha-256", "sha256"}, std::pair{"sha-384", "sha384"},
                                 std::pair{"sha-512", "sha512"}, std::pair{"sha-1", "sha1"}};
  ContentDigests digests;
  if (names == "sha-256" || names == "sha256") {  // what everybody writes
    digests.want(crypto::sha256_algorithm());
    return digests;
  }
  for (const auto& [name, other] : kKnown) {
    if (names.find(name) != std::string::npos || names.find(other) != std::string::npos) {
      const crypto::DigestPtr digest(EVP_MD_fetch(crypto::library_context(), other, nullptr));
      need(digest != nullptr);
      digests.want(digest.get());
    }
  }
  if (digests.empty()) {
    digests.want(crypto::sha256_algorithm());
  }
  return digests;
}

void ContentDigests::want(const EVP_MD* digest) {
  if (find(digest, false) != nullptr) {
    return;
  }
  Running running{crypto::DigestContextPtr(EVP_MD_CTX_new()), nullptr};
  need(running.plain != nullptr && EVP_DigestInit_ex(running.plain.get(), digest, nullptr) == 1);
  digests_.push_back(std::move(running));
}

void ContentDigests::add_plain(std::string_view piece) {
  for (auto& running : digests_) {
    need(EVP_DigestUpdate(running.plain.get(), piece.data(), piece.size()) == 1);
  }
}

void ContentDigests::add(std::string_view piece) {
  if (piece.empty()) {
    return;
  }
  if (differs_) {
    add_plain(piece);
    add_canonical(piece);
    return;
  }
  // As long as every line end is CRLF the two forms are one.
  const std::size_t bare = mime::find_bare_line_end(piece, after_cr_);
  if (bare == std::string_view::npos) {
    add_plain(piece);
    after_cr_ = piece.back() == '\r';
    return;
  }
  add_plain(piece.substr(0, bare));
  for (auto& running : digests_) {
    running.canonical.reset(EVP_MD_CTX_new());
    need(running.canonical != nullptr && EVP_MD_CTX_copy_ex(running.canonical.get(), running.plain.get()) == 1);
  }
  differs_ = true;
  after_cr_ = false;
  add_plain(piece.substr(bare));
  add_canonical(piece.substr(bare));
}

void ContentDigests::add_canonical(std::string_view piece) {
  lines_.clear();
  const bool piece_after_cr = after_cr_;
  after_cr_ = piece.back() == '\r';
  std::size_t from = 0;
  for (auto at = piece.find('\n'); at != std::string_view::npos; at = piece.find('\n', at + 1)) {
    if (at == 0 ? piece_after_cr : piece[at - 1] == '\r') {
      continue;
    }
    mime::append(lines_, piece.substr(from, at - from));
    mime::append(lines_, "\r\n");
    from = at + 1;
  }
  mime::append(lines_, piece.substr(from));
  for (auto& running : digests_) {
    need(EVP_DigestUpdate(running.canonical.get(), lines_.data(), lines_.size()) == 1);
  }
}

const EVP_MD_CTX* ContentDigests::find(const EVP_MD* digest, bool canonical) const {
  for (const auto& running : digests_) {
    if (EVP_MD_get_type(EVP_MD_CTX_get0_md(running.plain.get())) == EVP_MD_get_type(digest)) {
      return canonical ? running.canonical.get() : running.plain.get();
    }
  }
  return nullptr;
}

}  // namespace kvc::message::cms
