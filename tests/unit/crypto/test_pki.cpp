// SPDX-License-Identifier: Apache-2.0
#include "unit/crypto/test_pki.h"

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <mutex>

#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"

namespace kvc::test_pki {
namespace {

/// A test that cannot make its own certificates has nothing to say.
void demand(bool condition, const std::string& what) {
  if (!condition) {
    std::fprintf(stderr, "test_pki: %s: %s\n", what.c_str(), crypto::openssl_error().c_str());
    std::abort();
  }
}

void set_time(ASN1_TIME* field, TimePoint time) {
  demand(ASN1_TIME_set(field, std::chrono::system_clock::to_time_t(time)) != nullptr, "time");
}

void set_subject(X509* x509, const Recipe& recipe) {
  X509_NAME* name = X509_get_subject_name(x509);
  for (const auto& [type, value] : recipe.subject) {
    demand(X509_NAME_add_entry_by_txt(name, type.c_str(), MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1,
           "subject entry " + type);
  }
}

void add_extensions(X509* x509, X509* issuer, const Recipe& recipe) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  for (const auto& [type, value] : recipe.extensions) {
    X509_EXTENSION* extension = X509V3_EXT_conf(nullptr, &context, type.c_str(), value.c_str());
    demand(extension != nullptr && X509_add_ext(x509, extension, -1) == 1, "extension " + type);
    X509_EXTENSION_free(extension);
  }
}

/// OpenSSL makes this extension only from an issuer with a subject key id; the network's CAs have none.
void add_authority_key_id(X509* x509, const X509* issuer) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const crypto::DigestPtr sha1(EVP_MD_fetch(crypto::library_context(), "SHA1", nullptr));
  demand(X509_pubkey_digest(issuer, sha1.get(), digest.data(), &size) == 1, "key digest");
  const crypto::Owned<AUTHORITY_KEYID, AUTHORITY_KEYID_free> id(AUTHORITY_KEYID_new());
  id->keyid = ASN1_OCTET_STRING_new();
  demand(ASN1_OCTET_STRING_set(id->keyid, digest.data(), static_cast<int>(size)) == 1 &&
             X509_add1_ext_i2d(x509, NID_authority_key_identifier, id.get(), 0, X509V3_ADD_DEFAULT) == 1,
         "authority key id");
}

Recipe ca_recipe(const CaOptions& options, int path_length) {
  const int length = options.path_length < 0 ? path_length : options.path_length;
  Recipe recipe;
  recipe.subject = {{"C", "DE"}, {"O", "Testnetz"}, {"CN", options.name}};
  recipe.not_before = options.not_before;
  recipe.not_after = options.not_after;
  recipe.extensions = {{"basicConstraints", "CA:TRUE,pathlen:" + std::to_string(length)},
                       {"keyUsage", "critical,keyCertSign,cRLSign"}};
  return recipe;
}

const std::string& key_name(const CaOptions& options) {
  return options.key_name.empty() ? options.name : options.key_name;
}

}  // namespace

TimePoint day(const std::string& iso) {
  std::tm parts{};
  const int fields = std::sscanf(iso.c_str(), "%d-%d-%dT%d:%d:%d", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                                 &parts.tm_hour, &parts.tm_min, &parts.tm_sec);
  demand(fields == 3 || fields == 6, "date " + iso);
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

crypto::PrivateKey key(const std::string& name, int bits) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, int>, crypto::PrivateKey> keys;
  const std::lock_guard lock(mutex);
  auto found = keys.find({name, bits});
  if (found == keys.end()) {
    auto made = crypto::PrivateKey::generate(bits);
    demand(made.ok(), "key");
    found = keys.emplace(std::pair(name, bits), made.value()).first;
  }
  return found->second;
}

std::string key_pem(const crypto::PrivateKey& key) {
  const crypto::BioPtr out(BIO_new(BIO_s_mem()));
  demand(PEM_write_bio_PKCS8PrivateKey(out.get(), key.native(), nullptr, nullptr, 0, nullptr, nullptr) == 1, "key PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Recipe root_recipe(const CaOptions& options) {
  return ca_recipe(options, 1);
}
Recipe user_ca_recipe(const CaOptions& options) {
  return ca_recipe(options, 0);
}

Recipe user_recipe(const UserOptions& options) {
  Recipe recipe;
  recipe.subject = {{"emailAddress", options.address},
                    {"UID", options.uid},
                    {"CN", options.name},
                    {"O", options.organisation},
                    {"C", "DE"}};
  recipe.not_before = options.not_before;
  recipe.not_after = options.not_after;
  recipe.extensions = {{"basicConstraints", "critical,CA:FALSE"},
                       {"keyUsage", "critical,digitalSignature,keyEncipherment,dataEncipherment"},
                       {"extendedKeyUsage", "clientAuth,emailProtection"},
                       {"subjectKeyIdentifier", "hash"}};
  return recipe;
}

crypto::Certificate issue(const Recipe& recipe, const crypto::PrivateKey& subject_key,
                          const std::optional<Authority>& issuer) {
  static std::atomic<long> serial{0x1001};
  const crypto::ContextScope scope(crypto::library_context());  // OpenSSL's extensions hash without a context parameter
  std::shared_ptr<X509> x509(X509_new_ex(crypto::library_context(), nullptr), X509_free);
  X509* signer = issuer ? issuer->certificate.native() : x509.get();
  const crypto::DigestPtr digest(EVP_MD_fetch(crypto::library_context(), recipe.digest.c_str(), nullptr));
  demand(x509 != nullptr && X509_set_version(x509.get(), recipe.version - 1) == 1 &&
             ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), serial++) == 1 &&
             X509_set_pubkey(x509.get(), subject_key.native()) == 1,
         "certificate");
  set_time(X509_getm_notBefore(x509.get()), recipe.not_before);
  set_time(X509_getm_notAfter(x509.get()), recipe.not_after);
  set_subject(x509.get(), recipe);
  demand(X509_set_issuer_name(x509.get(), X509_get_subject_name(signer)) == 1, "issuer");
  add_extensions(x509.get(), signer, recipe);
  if (issuer && recipe.authority_key_id) {
    add_authority_key_id(x509.get(), signer);
  }
  demand(X509_sign(x509.get(), issuer ? issuer->key.native() : subject_key.native(), digest.get()) > 0, "signature");
  // Parsed again, so that tests see what a reader sees.
  auto parsed = crypto::Certificate::from_der(crypto::Certificate(x509).der());
  demand(parsed.ok(), "the certificate made");
  return parsed.value();
}

Authority make_root(CaOptions options) {
  const auto own = key(key_name(options));
  return {own, issue(root_recipe(options), own, std::nullopt)};
}

Authority make_user_ca(const Authority& root, CaOptions options) {
  const auto own = key(key_name(options));
  return {own, issue(user_ca_recipe(options), own, root)};
}

crypto::Identity make_user(const Authority& user_ca, const UserOptions& options) {
  const auto own = key(options.key_name.empty() ? options.address : options.key_name);
  return {own, issue(user_recipe(options), own, user_ca)};
}

crypto::TrustList trust(const std::vector<Authority>& roots, const std::vector<Authority>& user_cas) {
  crypto::TrustList list;
  for (const auto& root : roots) {
    list.roots.push_back(root.certificate);
  }
  for (const auto& ca : user_cas) {
    list.user_cas.push_back(ca.certificate);
  }
  return list;
}

}  // namespace kvc::test_pki
