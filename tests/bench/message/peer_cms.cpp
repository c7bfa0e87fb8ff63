// SPDX-License-Identifier: Apache-2.0
#include <openssl/cms.h>
#include <openssl/pem.h>

#include "bench/message/peers.h"
#include "bench/message/work.h"
#include "crypto/library_context.h"
#include "unit/message/samples.h"

namespace kvc::bench {
namespace {

using crypto::BioPtr;
using crypto::CmsPtr;
using crypto::Owned;

constexpr int kBuffer = 64 * 1024;

template <class T>
T need(T value, const char* what) {
  if (!value) {
    give_up(std::string("OpenSSL peer: ") + what + ": " + crypto::openssl_error());
  }
  return value;
}

BioPtr reading(std::string_view bytes) {
  return need(BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))), "memory");
}

BioPtr file(const std::string& path, const char* mode) {
  return need(BioPtr(BIO_new_file(path.c_str(), mode)), "file");
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

crypto::PkeyPtr key_of(const std::string& pem) {
  return need(crypto::PkeyPtr(PEM_read_bio_PrivateKey(reading(pem).get(), nullptr, nullptr, nullptr)), "key");
}

crypto::X509Ptr certificate_of(const std::string& pem) {
  return need(crypto::X509Ptr(PEM_read_bio_X509(reading(pem).get(), nullptr, nullptr, nullptr)), "certificate");
}

// ---- the filter that lets sign and encrypt be stacked ----

int pass_on(BIO* bio, const char* data, std::size_t size, std::size_t* written) {
  return BIO_write_ex(BIO_next(bio), data, size, written);
}

/// SMIME_write_CMS flushes what it wrote to; the flush would end the envelope below, and it then never returns.
long swallow_flush(BIO* bio, int command, long number, void* pointer) {
  return command == BIO_CTRL_FLUSH ? 1 : BIO_ctrl(BIO_next(bio), command, number, pointer);
}

int begin(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

BIO_METHOD* flush_swallower() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = need(BIO_meth_new(BIO_TYPE_FILTER, "flush swallower"), "filter");
    BIO_meth_set_write_ex(made, pass_on);
    BIO_meth_set_ctrl(made, swallow_flush);
    BIO_meth_set_create(made, begin);
    return made;
  }();
  return method;
}

/// Frees the filters from `top` down to, and without, `end`.
void unstack(BIO* top, const BIO* end) {
  while (top != nullptr && top != end) {
    BIO* below = BIO_pop(top);
    BIO_free(top);
    top = below;
  }
}

CmsPtr begun_signature(X509* certificate, EVP_PKEY* key, unsigned more) {
  const unsigned flags = CMS_PARTIAL | CMS_DETACHED | CMS_BINARY | more;
  CmsPtr cms(need(CMS_sign(nullptr, nullptr, nullptr, nullptr, flags), "CMS_sign"));
  need(CMS_add1_signer(cms.get(), certificate, key, EVP_sha256(), flags), "signer");
  return cms;
}

}  // namespace

CmsPeer::CmsPeer(const std::string& anna_key, const std::string& anna, const std::string& bernd_key,
                 const std::string& bernd, const std::string& root, const std::string& user_ca)
    : anna_key_(key_of(anna_key)),
      bernd_key_(key_of(bernd_key)),
      anna_(certificate_of(anna)),
      bernd_(certificate_of(bernd)),
      trust_(need(X509_STORE_new(), "store")) {
  X509_STORE_add_cert(trust_.get(), certificate_of(root).get());
  X509_STORE_add_cert(trust_.get(), certificate_of(user_ca).get());
  X509_STORE_set_purpose(trust_.get(), X509_PURPOSE_ANY);  // the network's certificates name no purpose
}

crypto::BorrowedX509Stack CmsPeer::recipients() const {
  crypto::BorrowedX509Stack both(need(sk_X509_new_null(), "stack"));
  sk_X509_push(both.get(), bernd_.get());
  sk_X509_push(both.get(), anna_.get());
  return both;
}

void CmsPeer::verify(BIO* signed_mail, BIO* out) const {
  BIO* content = nullptr;
  const CmsPtr cms(need(SMIME_read_CMS(signed_mail, &content), "read signed"));
  const BioPtr owner(content);
  need(CMS_verify(cms.get(), nullptr, trust_.get(), content, out, 0) == 1, "verify");
}

std::string CmsPeer::open_whole(std::string_view mail) const {
  const CmsPtr envelope(need(SMIME_read_CMS(reading(mail).get(), nullptr), "read envelope"));
  const BioPtr inside(need(BIO_new(BIO_s_mem()), "memory"));
  need(CMS_decrypt(envelope.get(), bernd_key_.get(), bernd_.get(), nullptr, inside.get(), 0) == 1, "decrypt");
  const BioPtr out(need(BIO_new(BIO_s_mem()), "memory"));
  verify(inside.get(), out.get());
  return text_of(out.get());
}

void CmsPeer::open_streamed(const std::string& mail_file, const std::string& scratch) const {
  const BioPtr mail = file(mail_file, "rb");
  const CmsPtr envelope(need(SMIME_read_CMS(mail.get(), nullptr), "read envelope"));
  {
    const BioPtr inside = file(scratch, "wb");
    need(CMS_decrypt(envelope.get(), bernd_key_.get(), bernd_.get(), nullptr, inside.get(), 0) == 1, "decrypt");
  }
  const BioPtr inside = file(scratch, "rb");
  const BioPtr out(need(BIO_new(BIO_s_null()), "null"));
  verify(inside.get(), out.get());
}

std::string CmsPeer::seal_whole(std::string_view content) const {
  const BioPtr in = reading(content);
  const CmsPtr signature = begun_signature(anna_.get(), anna_key_.get(), 0);
  constexpr int kFlags = CMS_DETACHED | CMS_BINARY;
  need(CMS_final(signature.get(), in.get(), nullptr, kFlags) == 1, "sign");
  const BioPtr again = reading(content);
  const BioPtr inside(need(BIO_new(BIO_s_mem()), "memory"));
  need(SMIME_write_CMS(inside.get(), signature.get(), again.get(), kFlags | CMS_REUSE_DIGEST) == 1, "write signed");
  const CmsPtr envelope(need(CMS_encrypt(recipients().get(), inside.get(), EVP_aes_256_cbc(), CMS_BINARY), "encrypt"));
  const BioPtr out(need(BIO_new(BIO_s_mem()), "memory"));
  need(SMIME_write_CMS(out.get(), envelope.get(), nullptr, 0) == 1, "write envelope");
  return text_of(out.get());
}

void CmsPeer::seal_streamed(BIO* content, BIO* out) const {
  const CmsPtr signature = begun_signature(anna_.get(), anna_key_.get(), CMS_STREAM);
  const CmsPtr envelope(need(
      CMS_encrypt(recipients().get(), nullptr, EVP_aes_256_cbc(), CMS_STREAM | CMS_PARTIAL | CMS_BINARY), "encrypt"));
  BIO_puts(out,
           "MIME-Version: 1.0\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=\"smime.p7m\"\n"
           "Content-Transfer-Encoding: base64\n\n");
  BIO* const base64 = BIO_push(need(BIO_new(BIO_f_base64()), "base64"), out);
  BIO* const encrypting = need(BIO_new_CMS(base64, envelope.get()), "stack");
  BIO* const buffer = BIO_push(need(BIO_new(BIO_f_buffer()), "buffer"), encrypting);
  BIO_set_buffer_size(buffer, kBuffer);
  BIO* const top = BIO_push(need(BIO_new(flush_swallower()), "filter"), buffer);
  need(SMIME_write_CMS(top, signature.get(), content, CMS_STREAM | CMS_DETACHED | CMS_BINARY) == 1, "write");
  need(BIO_flush(buffer) == 1, "flush");
  unstack(top, out);
}

const CmsPeer& cms_peer() {
  static const CmsPeer peer = [] {
    const auto& world = message::samples::world();
    return CmsPeer(test_pki::key_pem(world.anna.key), world.anna.certificate.pem(), test_pki::key_pem(world.bernd.key),
                   world.bernd.certificate.pem(), world.root.certificate.pem(), world.user_ca.certificate.pem());
  }();
  return peer;
}

}  // namespace kvc::bench
