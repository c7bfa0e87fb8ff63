// SPDX-License-Identifier: Apache-2.0
#include "settings/pem_file.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "base/read_file.h"

namespace kvc::settings {
namespace {

constexpr std::size_t kMaxPemFile = 1024 * 1024;

/// An encrypted block must not make OpenSSL ask for a password on the console.
int no_password(char*, int, int, void*) {
  return -1;
}

bool regular(const std::string& file) {
  std::error_code error;
  return std::filesystem::is_regular_file(file, error) && !error;
}

bool all_certificates(const std::string& text) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
                                                     &BIO_free);
  std::size_t count = 0;
  while (in != nullptr) {
    const std::unique_ptr<X509, decltype(&X509_free)> one(PEM_read_bio_X509(in.get(), nullptr, &no_password, nullptr),
                                                          &X509_free);
    if (one == nullptr) {
      break;
    }
    ++count;
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return count > 0 && at_end;
}

}  // namespace

bool readable_file(const std::string& file) {
  return regular(file) && std::ifstream(file, std::ios::binary).good();
}

PemFile look_at_pem_file(const std::string& file) {
  if (!regular(file)) {
    return PemFile::unreadable;
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    return PemFile::unreadable;
  }
  const std::string text = read_at_most(in, kMaxPemFile);
  if (in.bad()) {
    return PemFile::unreadable;
  }
  if (text.size() > kMaxPemFile || !all_certificates(text)) {
    return PemFile::not_a_certificate;
  }
  return PemFile::good;
}

}  // namespace kvc::settings
