// SPDX-License-Identifier: Apache-2.0
#include "crypto/pbe.h"

#include <openssl/objects.h>

#include <string>

#include "crypto/library_context.h"
#include "crypto/rsa_key_der.h"

namespace kvc::crypto {
namespace {

using Pbe2Ptr = Owned<PBE2PARAM, PBE2PARAM_free>;
using PbeParamPtr = Owned<PBEPARAM, PBEPARAM_free>;
using Pbkdf2Ptr = Owned<PBKDF2PARAM, PBKDF2PARAM_free>;
using ScryptPtr = Owned<SCRYPT_PARAMS, SCRYPT_PARAMS_free>;

Status bad_parameters() {
  return Status(error::malformed, "the parameters of a password-based encryption do not parse")
      .with("reason", "damaged");
}

Status unsupported(const char* sentence) {
  return Status(error::malformed, sentence).with("reason", "unsupported");
}

int algorithm_id(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  return OBJ_obj2nid(object);
}

/// The SEQUENCE in the parameters of `algorithm` as an object of type T; nullptr if it is none.
template <class Ptr>
Ptr parameters(const X509_ALGOR* algorithm, const ASN1_ITEM* item) {
  int type = 0;
  const void* value = nullptr;
  X509_ALGOR_get0(nullptr, &type, &value, algorithm);
  if (type != V_ASN1_SEQUENCE || value == nullptr) {
    return nullptr;
  }
  const auto* text = static_cast<const ASN1_STRING*>(value);
  return Ptr(static_cast<typename Ptr::element_type*>(ASN1_item_unpack(text, item)));
}

/// Zero for anything that is no sensible count.
std::uint64_t positive(const ASN1_INTEGER* number) {
  std::uint64_t value = 0;
  return number != nullptr && ASN1_INTEGER_get_uint64(&value, number) == 1 ? value : 0;
}

Result<std::uint64_t> checked_rounds(std::uint64_t rounds) {
  if (rounds == 0) {
    return bad_parameters();
  }
  if (rounds > kMaxPbeRounds) {
    return unsupported("the file demands an unreasonable number of key derivation rounds");
  }
  return rounds;
}

Result<std::uint64_t> scrypt_rounds(const X509_ALGOR* algorithm) {
  const auto scrypt = parameters<ScryptPtr>(algorithm, ASN1_ITEM_rptr(SCRYPT_PARAMS));
  if (!scrypt) {
    return bad_parameters();
  }
  const std::uint64_t n = positive(scrypt->costParameter);
  const std::uint64_t r = positive(scrypt->blockSize);
  const std::uint64_t p = positive(scrypt->parallelizationParameter);
  constexpr std::uint64_t kMaxN = 1U << 24U;
  constexpr std::uint64_t kMaxFactor = 64;
  if (n > kMaxN || r > kMaxFactor || p > kMaxFactor) {
    return unsupported("the file demands an unreasonable scrypt cost");
  }
  return checked_rounds(2 * n * r * p);  // measured: N=2^14, r=8 takes as long as 170 000 rounds of PBKDF2
}

Result<std::uint64_t> derivation_rounds(const X509_ALGOR* algorithm) {
  if (algorithm_id(algorithm) == NID_id_scrypt) {
    return scrypt_rounds(algorithm);
  }
  if (algorithm_id(algorithm) != NID_id_pbkdf2) {
    return unsupported("unknown key derivation in a password-based encryption");
  }
  const auto pbkdf2 = parameters<Pbkdf2Ptr>(algorithm, ASN1_ITEM_rptr(PBKDF2PARAM));
  return pbkdf2 ? checked_rounds(positive(pbkdf2->iter)) : Result<std::uint64_t>(bad_parameters());
}

bool is_legacy_cipher(int id) {
  switch (id) {
    case NID_des_cbc:
    case NID_rc2_cbc:
    case NID_rc4:
      return true;
    default:
      return false;
  }
}

/// PKCS#5 v1 and PKCS#12: PBEParameter. Nothing: not one of them.
bool is_old_pbe(int id, bool& needs_legacy) {
  switch (id) {
    case NID_pbe_WithSHA1And3_Key_TripleDES_CBC:
    case NID_pbe_WithSHA1And2_Key_TripleDES_CBC:
      needs_legacy = false;
      return true;
    case NID_pbe_WithSHA1And40BitRC2_CBC:
    case NID_pbe_WithSHA1And128BitRC2_CBC:
    case NID_pbe_WithSHA1And40BitRC4:
    case NID_pbe_WithSHA1And128BitRC4:
    case NID_pbeWithMD5AndDES_CBC:
    case NID_pbeWithSHA1AndDES_CBC:
    case NID_pbeWithMD5AndRC2_CBC:
    case NID_pbeWithSHA1AndRC2_CBC:
      needs_legacy = true;
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<PbeCost> pbe_cost(const X509_ALGOR* algorithm) {
  PbeCost cost;
  if (is_old_pbe(algorithm_id(algorithm), cost.needs_legacy)) {
    const auto old = parameters<PbeParamPtr>(algorithm, ASN1_ITEM_rptr(PBEPARAM));
    if (!old) {
      return bad_parameters();
    }
    KVC_ASSIGN(cost.rounds, checked_rounds(positive(old->iter)));
    return cost;
  }
  if (algorithm_id(algorithm) != NID_pbes2) {
    return unsupported("unknown password-based encryption");
  }
  const auto pbes2 = parameters<Pbe2Ptr>(algorithm, ASN1_ITEM_rptr(PBE2PARAM));
  if (!pbes2) {
    return bad_parameters();
  }
  cost.needs_legacy = is_legacy_cipher(algorithm_id(pbes2->encryption));
  KVC_ASSIGN(cost.rounds, derivation_rounds(pbes2->keyfunc));
  return cost;
}

namespace {

/// The key of an rsaEncryption info. Null: it is another kind, or something is wrong.
bool is_rsa_key(const PKCS8_PRIV_KEY_INFO* info) {
  const ASN1_OBJECT* kind = nullptr;
  return PKCS8_pkey_get0(&kind, nullptr, nullptr, nullptr, info) == 1 && OBJ_obj2nid(kind) == NID_rsaEncryption;
}

PkeyPtr plain_rsa_key(const PKCS8_PRIV_KEY_INFO* info) {
  const unsigned char* at = nullptr;
  int size = 0;
  if (PKCS8_pkey_get0(nullptr, &at, &size, nullptr, info) != 1) {
    return nullptr;
  }
  return read_rsa_private_key({at, static_cast<std::size_t>(size)});
}

}  // namespace

Result<PkeyPtr> rsa_key(const PKCS8_PRIV_KEY_INFO* info) {
  if (!is_rsa_key(info)) {  // OpenSSL would read it, if need be with code older than its providers
    return Status(error::malformed, "the private key is no RSA key");
  }
  PkeyPtr key = plain_rsa_key(info);
  if (!key) {
    key.reset(EVP_PKCS82PKEY_ex(info, library_context(), nullptr));
  }
  if (!key) {
    return openssl_status(error::malformed, "the private key does not parse");
  }
  if (EVP_PKEY_is_a(key.get(), "RSA") != 1) {
    return Status(error::malformed, "the private key is no RSA key");
  }
  return key;
}

Result<Pkcs8InfoPtr> decrypt_key_info(const X509_SIG* encrypted, const Secret& password) {
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(encrypted, &algorithm, nullptr);
  KVC_ASSIGN(const PbeCost cost, pbe_cost(algorithm));
  OSSL_LIB_CTX* context = library_context();
  if (cost.needs_legacy) {
    KVC_ASSIGN(context, legacy_context());
  }
  const ContextScope scope(context);
  const std::string_view text = password.empty() ? std::string_view("") : password.reveal();
  Pkcs8InfoPtr info(PKCS8_decrypt_ex(encrypted, text.data(), static_cast<int>(text.size()), context, nullptr));
  if (!info) {
    return Status(error::wrong_passphrase, "the password does not open the private key");
  }
  return info;
}

}  // namespace kvc::crypto
