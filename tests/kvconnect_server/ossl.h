// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace kvserver {

/// Deleter for the OpenSSL objects of this folder.
template <auto Fn>
struct OsslFree {
  template <class T>
  void operator()(T* p) const noexcept {
    Fn(p);
  }
};

using KeyPtr = std::unique_ptr<EVP_PKEY, OsslFree<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, OsslFree<X509_free>>;
using ReqPtr = std::unique_ptr<X509_REQ, OsslFree<X509_REQ_free>>;
using NamePtr = std::unique_ptr<X509_NAME, OsslFree<X509_NAME_free>>;
using BioPtr = std::unique_ptr<BIO, OsslFree<BIO_free_all>>;
using CmsPtr = std::unique_ptr<CMS_ContentInfo, OsslFree<CMS_ContentInfo_free>>;
using X509StorePtr = std::unique_ptr<X509_STORE, OsslFree<X509_STORE_free>>;

/// Throws std::runtime_error(`what`) if `ok` is false, after clearing the thread's OpenSSL error queue.
void ensure(bool ok, const char* what);

/// A read-only memory BIO over `bytes`, which must outlive it.
BioPtr bio_over(std::string_view bytes);
/// An empty memory BIO to write into; read it with bio_text().
BioPtr bio_sink();
/// What was written into a memory BIO.
std::string bio_text(BIO* bio);

std::string to_pem(const X509* cert);
/// Null if `pem` holds no certificate.
X509Ptr cert_from_pem(std::string_view pem);

}  // namespace kvserver
