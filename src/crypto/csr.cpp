// SPDX-License-Identifier: Apache-2.0
#include "crypto/csr.h"

#include <algorithm>

#include <openssl/pem.h>

#include "base/guard.h"
#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"

namespace kvc::crypto {
namespace {

constexpr std::size_t kMaxUsername = 200;

bool is_usable(std::string_view username) {
  return !username.empty() && username.size() <= kMaxUsername &&
         std::none_of(username.begin(), username.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool fill(X509_REQ* request, const PrivateKey& key, std::string_view username) {
  // The string type is named: the default would depend on a mask that is global to the process.
  return X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
         X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(request), NID_x500UniqueIdentifier, V_ASN1_UTF8STRING,
                                    reinterpret_cast<const unsigned char*>(username.data()),
                                    static_cast<int>(username.size()), -1, 0) == 1 &&
         X509_REQ_set_pubkey(request, key.native()) == 1;
}

}  // namespace

Result<std::string> make_csr(const PrivateKey& key, std::string_view username) {
  return guarded([&]() -> Result<std::string> {
    if (!is_usable(username)) {
      return Status(error::invalid_field, "the user name is empty, too long or has control characters")
          .with("field", "username");
    }
    const ErrorScope errors;
    const X509ReqPtr request(X509_REQ_new_ex(library_context(), nullptr));
    const BioPtr out(BIO_new(BIO_s_mem()));
    if (!request || !out || !fill(request.get(), key, username) ||
        X509_REQ_sign(request.get(), key.native(), sha256_algorithm()) == 0 ||
        PEM_write_bio_X509_REQ(out.get(), request.get()) != 1) {
      return openssl_status(error::crypto_failed, "the certificate request cannot be made");
    }
    char* text = nullptr;
    const long length = BIO_get_mem_data(out.get(), &text);
    return std::string(text, static_cast<std::size_t>(length));
  });
}

}  // namespace kvc::crypto
