// SPDX-License-Identifier: Apache-2.0
#include "unit/kvconnect/test_pki.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <fstream>
#include <stdexcept>

namespace kvc::test {
namespace {

using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string drain(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

void require(bool good, const char* what) {
  if (!good) {
    throw std::runtime_error(what);
  }
}

void extension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> made(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), &X509_EXTENSION_free);
  require(made != nullptr && X509_add_ext(cert, made.get(), -1) == 1, "extension");
}

}  // namespace

std::string Identity::cert_pem() const {
  const BioPtr out(BIO_new(BIO_s_mem()), &BIO_free);
  require(PEM_write_bio_X509(out.get(), cert.get()) == 1, "write certificate");
  return drain(out.get());
}

std::string Identity::key_pem() const {
  const BioPtr out(BIO_new(BIO_s_mem()), &BIO_free);
  require(PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1, "write key");
  return drain(out.get());
}

Identity make_identity(const CertificateWish& wish, const Identity* issuer) {
  static long serial = 1000;
  constexpr long kDay = 24L * 3600;
  Identity made;
  made.key.reset(wish.rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(static_cast<unsigned>(wish.rsa_bits)));
  made.cert.reset(X509_new());
  X509* cert = made.cert.get();
  X509* signer = issuer != nullptr ? issuer->cert.get() : cert;
  require(made.key != nullptr && cert != nullptr, "key");
  X509_set_version(cert, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(cert), wish.valid_from_days * kDay);
  X509_gmtime_adj(X509_getm_notAfter(cert), wish.valid_to_days * kDay);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(cert, X509_get_subject_name(signer));
  X509_set_pubkey(cert, made.key.get());
  extension(cert, signer, NID_basic_constraints, wish.ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  extension(cert, signer, NID_key_usage,
            wish.ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature,keyAgreement");
  if (!wish.san.empty()) {
    extension(cert, signer, NID_subject_alt_name, wish.san);
  }
  require(
      X509_sign(cert, issuer != nullptr ? issuer->key.get() : made.key.get(), EVP_get_digestbyname(wish.digest)) > 0,
      "sign");
  return made;
}

Identity make_ca(const std::string& common_name, const Identity* issuer) {
  CertificateWish wish;
  wish.common_name = common_name;
  wish.ca = true;
  return make_identity(wish, issuer);
}

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "kvc-test-XXXXXX").string();
  require(mkdtemp(pattern.data()) != nullptr, "temporary directory");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::write(const std::string& name, const std::string& text) const {
  const auto file = path_ / name;
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  require(out.good(), "write file");
  return file.string();
}

}  // namespace kvc::test
