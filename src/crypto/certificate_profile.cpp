// SPDX-License-Identifier: Apache-2.0
// The user certificate profile of protocol B, one check per line of it.
#include <openssl/obj_mac.h>

#include <algorithm>
#include <array>

#include "crypto/certificate.h"
#include "crypto/library_context.h"
#include "crypto/openssl_ptr.h"

namespace kvc::crypto {
namespace {

using Findings = std::vector<std::string>;

constexpr std::array kSubject = {NID_pkcs9_emailAddress, NID_userId, NID_commonName, NID_organizationName,
                                 NID_countryName};
constexpr int kKeyBits = 2048;

std::string entry_text(const X509_NAME* name, int index) {
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// <uuid>@<two-digit code>
bool is_profile_uid(std::string_view uid) {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx@99";
  return uid.size() == kShape.size() && std::equal(uid.begin(), uid.end(), kShape.begin(), [](char c, char shape) {
           return shape == 'x' ? is_hex(c) : shape == '9' ? is_digit(c) : c == shape;
         });
}

void check_subject(const X509* x509, Findings& found) {
  const X509_NAME* subject = X509_get_subject_name(x509);
  bool ordered = X509_NAME_entry_count(subject) == static_cast<int>(kSubject.size());
  for (int i = 0; ordered && i < static_cast<int>(kSubject.size()); ++i) {
    const ASN1_OBJECT* type = X509_NAME_ENTRY_get_object(X509_NAME_get_entry(subject, i));
    ordered = OBJ_obj2nid(type) == kSubject[static_cast<std::size_t>(i)];
  }
  if (!ordered) {
    found.emplace_back("The subject is not emailAddress, UID, CN, O, C in this order.");
    return;
  }
  const std::string address = entry_text(subject, 0);
  const std::size_t at = address.find('@');
  if (at == std::string::npos || at == 0 || at + 1 == address.size() ||
      address.find('@', at + 1) != std::string::npos) {
    found.emplace_back("The emailAddress of the subject is no mail address.");
  }
  if (!is_profile_uid(entry_text(subject, 1))) {
    found.emplace_back("The UID of the subject is not of the form <uuid>@<two digits>.");
  }
  if (entry_text(subject, 4) != "DE") {
    found.emplace_back("The country of the subject is not DE.");
  }
}

void check_key_and_signature(const X509* x509, Findings& found) {
  if (X509_get_version(x509) != X509_VERSION_3) {
    found.emplace_back("The certificate is not of version 3.");
  }
  const EVP_PKEY* key = X509_get0_pubkey(x509);
  if (key == nullptr || EVP_PKEY_is_a(key, "RSA") != 1 || EVP_PKEY_get_bits(key) != kKeyBits) {
    found.emplace_back("The key is not RSA with 2048 bits.");
  }
  if (X509_get_signature_nid(x509) != NID_sha512WithRSAEncryption) {
    found.emplace_back("The signature algorithm is not sha512WithRSAEncryption.");
  }
}

/// Position of an extension; -1 absent, -2 present more than once.
int only_position(const X509* x509, int nid) {
  const int first = X509_get_ext_by_NID(x509, nid, -1);
  return first >= 0 && X509_get_ext_by_NID(x509, nid, first) >= 0 ? -2 : first;
}

bool is_critical(const X509* x509, int nid) {
  const int at = only_position(x509, nid);
  return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(x509, at)) == 1;
}

void check_basic_constraints(const X509* x509, Findings& found) {
  const BasicConstraintsPtr constraints(
      static_cast<BASIC_CONSTRAINTS*>(X509_get_ext_d2i(x509, NID_basic_constraints, nullptr, nullptr)));
  if (!constraints || !is_critical(x509, NID_basic_constraints)) {
    found.emplace_back("The basic constraints are absent or not critical.");
  } else if (constraints->ca != 0) {
    found.emplace_back("The certificate is one of a CA.");
  }
}

void check_key_usage(X509* x509, Findings& found) {
  constexpr std::uint32_t kDemanded = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT;
  constexpr std::uint32_t kTolerated = KU_KEY_CERT_SIGN | KU_CRL_SIGN;  // old certificates have them, wrongly
  if (!is_critical(x509, NID_key_usage)) {
    found.emplace_back("The key usage is absent or not critical.");
    return;
  }
  const std::uint32_t usage = X509_get_key_usage(x509);
  if ((usage & kDemanded) != kDemanded) {
    found.emplace_back("The key usage lacks digitalSignature, keyEncipherment or dataEncipherment.");
  }
  if ((usage & ~(kDemanded | kTolerated)) != 0) {
    found.emplace_back("The key usage allows more than the profile.");
  }
}

void check_extended_key_usage(const X509* x509, Findings& found) {
  const ExtendedKeyUsagePtr usages(
      static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(x509, NID_ext_key_usage, nullptr, nullptr)));
  bool client = false;
  bool mail = false;
  bool other = false;
  for (int i = 0; usages && i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    const int usage = OBJ_obj2nid(sk_ASN1_OBJECT_value(usages.get(), i));
    client = client || usage == NID_client_auth;
    mail = mail || usage == NID_email_protect;
    other = other || (usage != NID_client_auth && usage != NID_email_protect);
  }
  if (!client || !mail || other) {
    found.emplace_back("The extended key usage is not clientAuth and emailProtection.");
  }
}

void check_other_extensions(const X509* x509, Findings& found) {
  const auto present = [&](int nid) { return X509_get_ext_by_NID(x509, nid, -1) >= 0; };
  if (present(NID_subject_alt_name)) {
    found.emplace_back("The certificate has a subject alternative name.");
  }
  if (!present(NID_authority_key_identifier)) {
    found.emplace_back("The authority key identifier is absent.");
  }
  if (!present(NID_subject_key_identifier)) {
    found.emplace_back("The subject key identifier is absent.");
  }
  if (present(NID_crl_distribution_points) || present(NID_info_access)) {
    found.emplace_back("The certificate points to a CRL or OCSP service.");
  }
}

}  // namespace

std::vector<std::string> user_profile_deviations(const Certificate& certificate) {
  const ErrorScope errors;
  Findings found;
  X509* x509 = certificate.native();
  check_key_and_signature(x509, found);
  check_subject(x509, found);
  check_basic_constraints(x509, found);
  check_key_usage(x509, found);
  check_extended_key_usage(x509, found);
  check_other_extensions(x509, found);
  return found;
}

}  // namespace kvc::crypto
