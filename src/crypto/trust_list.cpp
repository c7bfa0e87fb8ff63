// SPDX-License-Identifier: Apache-2.0
#include "crypto/trust_list.h"

#include <fstream>
#include <memory>
#include <utility>

#include "base/guard.h"
#include "base/read_file.h"
#include "crypto/certificate_cache.h"
#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"
#include "crypto/recent.h"

namespace kvc::crypto {
namespace {

constexpr std::size_t kMaxFile = 1024UL * 1024UL;

Result<std::string> read_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string content = read_at_most(in, kMaxFile);
  if (in.bad() || content.empty()) {
    return Status(error::file_unreadable, "the file with CA certificates cannot be read: " + file).with("file", file);
  }
  return content;
}

Result<std::vector<Certificate>> certificates_in(const std::string& content) {
  auto from_pem = Certificate::all_from_pem(content);
  if (from_pem.ok() || content.find("-----BEGIN") != std::string::npos) {
    return from_pem;
  }
  KVC_ASSIGN(auto from_der, Certificate::from_der(content));
  return std::vector<Certificate>{std::move(from_der)};
}

bool has_name(const Certificate& certificate, const Certificate& issued) {
  return X509_NAME_cmp(X509_get_issuer_name(issued.native()), X509_get_subject_name(certificate.native())) == 0;
}

bool is_signed_by(const Certificate& certificate, const Certificate& issuer) {
  EVP_PKEY* key = X509_get0_pubkey(issuer.native());
  return key != nullptr && has_name(issuer, certificate) && X509_verify(certificate.native(), key) == 1;
}

Status load_into(std::vector<Certificate>& list, const std::string& file, bool roots) {
  KVC_ASSIGN(const auto content, read_file(file));
  const auto found = certificates_in(content);
  if (!found.ok()) {
    return Status(error::malformed, file + ": " + found.status().detail()).with("file", file);
  }
  for (const auto& certificate : found.value()) {
    if (!certificate.is_ca()) {
      return Status(error::malformed, file + ": holds a certificate that is no CA's").with("file", file);
    }
    if (roots && !is_signed_by(certificate, certificate)) {
      return Status(error::malformed, file + ": holds a root certificate that is not self-signed").with("file", file);
    }
    list.push_back(certificate);
  }
  return {};
}

/// The CA of `list` whose key made the signature. Several CAs may bear one name (a CA that changed its key).
const Certificate* issuer_in(const std::vector<Certificate>& list, const Certificate& certificate) {
  for (const auto& candidate : list) {
    if (is_signed_by(certificate, candidate)) {
      return &candidate;
    }
  }
  return nullptr;
}

/// The only CA of `list` that bears the name of the issuer; null if there is none or several.
const Certificate* only_namesake(const std::vector<Certificate>& list, const Certificate& issued) {
  const Certificate* found = nullptr;
  for (const auto& candidate : list) {
    if (has_name(candidate, issued)) {
      if (found != nullptr) {
        return nullptr;
      }
      found = &candidate;
    }
  }
  return found;
}

/// RFC 5280 path validation of exactly this path, without its times: OpenSSL knows one time for all certificates.
/// Empty, or what OpenSSL says against it. `exact`, if not null: whether the path that was found is the three
/// certificates, so that both signatures were verified with these keys.
std::string path_fault(const Certificate& leaf, const Certificate& user_ca, const Certificate& root,
                       bool* exact = nullptr) {
  const X509StorePtr store(X509_STORE_new());
  const X509StoreContextPtr context(X509_STORE_CTX_new_ex(library_context(), nullptr));
  const BorrowedX509Stack untrusted(sk_X509_new_null());
  if (!store || !context || !untrusted || X509_STORE_add_cert(store.get(), root.native()) != 1 ||
      sk_X509_push(untrusted.get(), user_ca.native()) <= 0 ||
      X509_STORE_CTX_init(context.get(), store.get(), leaf.native(), untrusted.get()) != 1) {
    return "the check cannot be started";
  }
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_NO_CHECK_TIME);
  X509_VERIFY_PARAM_set_depth(parameters, 1);
  if (X509_verify_cert(context.get()) != 1) {
    return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
  }
  if (exact != nullptr) {
    STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context.get());
    *exact = sk_X509_num(chain) == 3 && sk_X509_value(chain, 0) == leaf.native() &&
             sk_X509_value(chain, 1) == user_ca.native() && sk_X509_value(chain, 2) == root.native();
  }
  return {};
}

std::string validity_fault(const Certificate& leaf, const Certificate& user_ca, const Certificate& root, TimePoint at) {
  if (!leaf.valid_at(at)) {
    return at < leaf.not_before() ? "The certificate is not yet valid at the reference time."
                                  : "The certificate has expired at the reference time.";
  }
  if (!user_ca.valid_at(leaf.not_before())) {
    return "The User CA was not valid when it issued the certificate.";
  }
  if (!root.valid_at(user_ca.not_before())) {
    return "The root was not valid when it issued the User CA.";
  }
  return {};
}

/// What is right of a path at any time: all but validity.
struct Path {
  TrustList trust;  ///< keeps every certificate of the key below alive, so that no other one gets its address
  Certificate leaf, user_ca, root;
  std::vector<std::string> weaknesses;
};
/// Leaf and whole trust list, by the addresses of their immutable objects.
using PathKey = std::vector<const void*>;

/// [D] Twice as many people as a practice writes with.
constexpr std::size_t kKeptPaths = 256;

Recent<PathKey, std::shared_ptr<const Path>>& good_paths() {
  // Never destroyed: worker threads may still ask while statics go.
  static auto* const kept = new Recent<PathKey, std::shared_ptr<const Path>>(kKeptPaths);
  return *kept;
}

PathKey key_of(const TrustList& trust, const Certificate& leaf) {
  PathKey key{leaf.native()};
  for (const auto& user_ca : trust.user_cas) {
    key.push_back(user_ca.native());
  }
  key.push_back(nullptr);
  for (const auto& root : trust.roots) {
    key.push_back(root.native());
  }
  return key;
}

void note_issuer(const Certificate& user_ca, ChainCheck& result) {
  result.issuer = user_ca;
  for (const auto& weakness : weaknesses(user_ca)) {
    result.weaknesses.push_back("User CA: " + weakness);
  }
}

/// The usual case, with every signature verified once: one User CA and one root bear the names. Null: not so, or
/// something is wrong.
std::shared_ptr<const Path> straight_path(const TrustList& trust, const Certificate& leaf) {
  const Certificate* user_ca = only_namesake(trust.user_cas, leaf);
  const Certificate* root = user_ca == nullptr ? nullptr : only_namesake(trust.roots, *user_ca);
  bool exact = false;
  if (root == nullptr || leaf.is_ca() || !user_ca->is_ca() || !root->is_ca() ||
      !path_fault(leaf, *user_ca, *root, &exact).empty() || !exact) {
    return nullptr;
  }
  ChainCheck found;
  found.weaknesses = weaknesses(leaf);
  note_issuer(*user_ca, found);
  return std::make_shared<const Path>(Path{trust, leaf, *user_ca, *root, std::move(found.weaknesses)});
}

/// Step by step, to say what is wrong and for lists where several CAs bear one name. The path if nothing is.
std::shared_ptr<const Path> examined_path(const TrustList& trust, const Certificate& leaf, ChainCheck& result) {
  result.weaknesses = weaknesses(leaf);
  const Certificate* user_ca = issuer_in(trust.user_cas, leaf);
  if (user_ca == nullptr) {
    result.reason = "The certificate was not issued by a User CA of the trust list, but by " + leaf.issuer() + ".";
    return nullptr;
  }
  note_issuer(*user_ca, result);
  const Certificate* root = issuer_in(trust.roots, *user_ca);
  if (root == nullptr) {
    result.reason = "The User CA " + user_ca->subject() + " does not chain to a root of the trust list.";
    return nullptr;
  }
  if (leaf.is_ca() || !user_ca->is_ca() || !root->is_ca()) {
    result.reason = leaf.is_ca() ? "The certificate is one of a CA, not of a user."
                                 : "A certificate on the way to the root is not allowed to issue certificates.";
    return nullptr;
  }
  if (const std::string fault = path_fault(leaf, *user_ca, *root); !fault.empty()) {
    result.reason = "The path to the root is not valid: " + fault + ".";
    return nullptr;
  }
  return std::make_shared<const Path>(Path{trust, leaf, *user_ca, *root, result.weaknesses});
}

std::shared_ptr<const Path> known_path(const TrustList& trust, const Certificate& leaf) {
  return good_paths().find(key_of(trust, leaf)).value_or(nullptr);
}

ChainCheck check(const TrustList& trust, const Certificate& leaf, TimePoint at) {
  ChainCheck result;
  result.in_validity = leaf.valid_at(at);
  auto path = known_path(trust, leaf);
  if (!path) {
    // One path for the same bytes: each copy of a certificate would be kept, and push out the paths of others.
    const Certificate one = shared_certificate(leaf);
    path = one.native() == leaf.native() ? nullptr : known_path(trust, one);
    path = path ? path : straight_path(trust, one);
    path = path ? path : examined_path(trust, one, result);
    if (!path) {
      return result;
    }
    path = good_paths().keep(key_of(trust, one), std::move(path));
  }
  result.trusted = true;
  result.issuer = path->user_ca;
  result.weaknesses = path->weaknesses;
  result.reason = validity_fault(leaf, path->user_ca, path->root, at);
  result.in_validity = result.reason.empty();
  return result;
}

}  // namespace

Result<TrustList> TrustList::load(const std::vector<std::string>& root_files,
                                  const std::vector<std::string>& user_ca_files) {
  return guarded([&]() -> Result<TrustList> {
    const ErrorScope errors;
    TrustList list;
    for (const auto& file : root_files) {
      KVC_TRY(load_into(list.roots, file, true));
    }
    for (const auto& file : user_ca_files) {
      KVC_TRY(load_into(list.user_cas, file, false));
    }
    return list;
  });
}

ChainCheck check_chain(const TrustList& trust, const Certificate& leaf, TimePoint at) {
  const ErrorScope errors;
  try {
    return check(trust, leaf, at);
  } catch (const std::exception&) {
    ChainCheck failed;
    failed.reason = "The chain could not be checked: not enough memory.";
    return failed;
  }
}

}  // namespace kvc::crypto
