// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/ossl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <stdexcept>

namespace kvserver {

void ensure(bool ok, const char* what) {
  if (ok) {
    return;
  }
  ERR_clear_error();
  throw std::runtime_error(what);
}

BioPtr bio_over(std::string_view bytes) {
  BioPtr bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  ensure(bio != nullptr, "out of memory");
  return bio;
}

BioPtr bio_sink() {
  BioPtr bio(BIO_new(BIO_s_mem()));
  ensure(bio != nullptr, "out of memory");
  return bio;
}

std::string bio_text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  if (size <= 0) {
    return {};
  }
  return std::string(data, static_cast<std::size_t>(size));
}

std::string to_pem(const X509* cert) {
  BioPtr out = bio_sink();
  ensure(PEM_write_bio_X509(out.get(), cert) == 1, "certificate cannot be written");
  return bio_text(out.get());
}

X509Ptr cert_from_pem(std::string_view pem) {
  BioPtr in = bio_over(pem);
  X509Ptr cert(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return cert;
}

}  // namespace kvserver
