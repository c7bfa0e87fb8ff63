// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/pki.h"

#include <fcntl.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <future>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "kvconnect_server/file_lock.h"

namespace kvserver {
namespace {

constexpr const char* kOrganisation = "TEST ONLY KV-Connect";
constexpr int kRootDays = 3650;
constexpr int kCaDays = 8 * 365;
constexpr int kServerDays = 825;

// A certificate template: everything that differs between the kinds of certificate.
struct Template {
  const EVP_PKEY* key = nullptr;
  const X509_NAME* subject = nullptr;
  const X509* issuer = nullptr;  // null: self-signed
  EVP_PKEY* issuer_key = nullptr;
  std::time_t from = 0;
  std::time_t to = 0;
};

void add_rdn(X509_NAME* name, int nid, int type, std::string_view value) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(value.data());
  ensure(X509_NAME_add_entry_by_NID(name, nid, type, bytes, static_cast<int>(value.size()), -1, 0) == 1,
         "the subject of the certificate cannot be built");
}

NamePtr new_name() {
  NamePtr name(X509_NAME_new());
  ensure(name != nullptr, "out of memory");
  return name;
}

NamePtr root_name(std::string_view cn) {
  NamePtr name = new_name();
  add_rdn(name.get(), NID_countryName, V_ASN1_PRINTABLESTRING, "DE");
  add_rdn(name.get(), NID_organizationName, V_ASN1_UTF8STRING, kOrganisation);
  add_rdn(name.get(), NID_commonName, V_ASN1_UTF8STRING, cn);
  return name;
}

// The network's issuing CAs carry their subject in the opposite order of the root.
NamePtr issuing_name(std::string_view cn) {
  NamePtr name = new_name();
  add_rdn(name.get(), NID_commonName, V_ASN1_UTF8STRING, cn);
  add_rdn(name.get(), NID_organizationName, V_ASN1_UTF8STRING, kOrganisation);
  add_rdn(name.get(), NID_countryName, V_ASN1_PRINTABLESTRING, "DE");
  return name;
}

NamePtr user_name(const UserSubject& subject) {
  NamePtr name = new_name();
  add_rdn(name.get(), NID_pkcs9_emailAddress, V_ASN1_IA5STRING, subject.email);
  add_rdn(name.get(), NID_userId, V_ASN1_UTF8STRING, subject.uid);
  add_rdn(name.get(), NID_commonName, V_ASN1_UTF8STRING, subject.cn);
  add_rdn(name.get(), NID_organizationName, V_ASN1_UTF8STRING, subject.o);
  add_rdn(name.get(), NID_countryName, V_ASN1_PRINTABLESTRING, "DE");
  return name;
}

void set_random_serial(X509* cert) {
  std::array<unsigned char, 8> bytes{};
  ensure(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, "no random bytes");
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);  // positive, full length
  std::unique_ptr<BIGNUM, OsslFree<BN_free>> number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  ensure(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(cert)) != nullptr, "out of memory");
}

X509Ptr new_certificate(const Template& t) {
  X509Ptr cert(X509_new());
  ensure(cert != nullptr, "out of memory");
  ensure(X509_set_version(cert.get(), X509_VERSION_3) == 1, "out of memory");
  set_random_serial(cert.get());
  ensure(X509_set_subject_name(cert.get(), t.subject) == 1, "out of memory");
  ensure(X509_set_issuer_name(cert.get(), t.issuer ? X509_get_subject_name(t.issuer) : t.subject) == 1,
         "out of memory");
  ensure(ASN1_TIME_set(X509_getm_notBefore(cert.get()), t.from) != nullptr, "out of memory");
  ensure(ASN1_TIME_set(X509_getm_notAfter(cert.get()), t.to) != nullptr, "out of memory");
  ensure(X509_set_pubkey(cert.get(), const_cast<EVP_PKEY*>(t.key)) == 1, "the public key cannot be set");
  return cert;
}

void add_extension(X509* cert, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, cert, cert, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, OsslFree<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  ensure(extension && X509_add_ext(cert, extension.get(), -1) == 1, "an extension cannot be built");
}

// The CAs carry no key identifier of their own, so the one the leaves name is the SHA-1 of the CA's key (protocol C).
void add_authority_key_id(X509* cert, const X509* issuer) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  ensure(X509_pubkey_digest(issuer, EVP_sha1(), digest.data(), &size) == 1, "digest failed");
  std::unique_ptr<AUTHORITY_KEYID, OsslFree<AUTHORITY_KEYID_free>> akid(AUTHORITY_KEYID_new());
  ensure(akid != nullptr, "out of memory");
  akid->keyid = ASN1_OCTET_STRING_new();
  ensure(akid->keyid && ASN1_OCTET_STRING_set(akid->keyid, digest.data(), static_cast<int>(size)) == 1,
         "out of memory");
  ensure(X509_add1_ext_i2d(cert, NID_authority_key_identifier, akid.get(), 0, 0) == 1, "an extension cannot be built");
}

void sign(X509* cert, EVP_PKEY* key) {
  ensure(X509_sign(cert, key, EVP_sha512()) > 0, "the certificate cannot be signed");
}

X509Ptr make_ca(const Template& t, const char* basic_constraints) {
  X509Ptr cert = new_certificate(t);
  add_extension(cert.get(), NID_basic_constraints, basic_constraints);
  add_extension(cert.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  sign(cert.get(), t.issuer_key);
  return cert;
}

Identity load_identity(const std::filesystem::path& cert_file, const std::filesystem::path& key_file) {
  Identity id;
  std::error_code ignored;
  if (!std::filesystem::exists(cert_file, ignored)) {
    return id;
  }
  id.cert = cert_from_pem(read_file(cert_file));
  id.key = read_key_file(key_file);
  if (id.cert && id.key && X509_check_private_key(id.cert.get(), id.key.get()) != 1) {
    id = {};
  }
  ERR_clear_error();
  return id;
}

std::time_t to_time(const ASN1_TIME* time) {
  std::tm parts{};
  ensure(ASN1_TIME_to_tm(time, &parts) == 1, "a certificate carries an unreadable date");
  return timegm(&parts);
}

bool subject_is_username(const X509_REQ* req, std::string_view username) {
  const X509_NAME* name = X509_REQ_get_subject_name(req);
  if (X509_NAME_entry_count(name) != 1) {
    return false;
  }
  const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, 0);
  if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != NID_x500UniqueIdentifier) {
    return false;
  }
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
  // 2.5.4.45 is a BIT STRING by its definition; clients of the network write a character string. Both carry the bytes.
  const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(value));
  return std::string_view(bytes, static_cast<std::size_t>(ASN1_STRING_length(value))) == username;
}

}  // namespace

CsrFault check_csr(std::string_view pem, std::string_view username, KeyPtr& key) {
  BioPtr in = bio_over(pem);
  ReqPtr req(PEM_read_bio_X509_REQ(in.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (!req) {
    return CsrFault::kMalformed;
  }
  key.reset(X509_REQ_get_pubkey(req.get()));
  const bool good = key && X509_REQ_verify(req.get(), key.get()) == 1;
  ERR_clear_error();
  if (!good) {
    return CsrFault::kMalformed;
  }
  if (!subject_is_username(req.get(), username)) {
    return CsrFault::kWrongSubject;
  }
  if (EVP_PKEY_is_a(key.get(), "RSA") != 1 || EVP_PKEY_get_bits(key.get()) != 2048) {
    return CsrFault::kWeakKey;
  }
  return CsrFault::kNone;
}

Pki::Pki(std::filesystem::path dir, int bits) : dir_(std::move(dir)) {
  std::filesystem::create_directories(dir_);
  std::filesystem::permissions(dir_, std::filesystem::perms::owner_all);
  files_ = {dir_ / "root.pem", dir_ / "user_ca.pem", dir_ / "server_ca.pem", dir_ / "foreign_user_ca.pem"};
  chain_file_ = dir_ / "server_chain.pem";
  server_key_file_ = dir_ / "server.key.pem";
  // Several servers may share the tree and start together.
  const FileLock lock(dir_ / "lock", true, "the CA directory cannot be locked");
  load_or_create(bits);
  renew_server_certificate();
}

void Pki::load_or_create(int bits) {
  root_ = load_identity(files_.root, dir_ / "root.key.pem");
  user_ca_ = load_identity(files_.user_ca, dir_ / "user_ca.key.pem");
  server_ca_ = load_identity(files_.server_ca, dir_ / "server_ca.key.pem");
  foreign_user_ca_ = load_identity(files_.foreign_user_ca, dir_ / "foreign_user_ca.key.pem");
  if (root_.cert && user_ca_.cert && server_ca_.cert && foreign_user_ca_.cert) {
    return;
  }
  create(bits);
}

void Pki::create(int bits) {
  // Four large primes searches: in parallel they take half the time on two cores.
  std::array<std::future<KeyPtr>, 4> keys;
  for (auto& key : keys) {
    key = std::async(std::launch::async, make_rsa_key, bits);
  }
  for (Identity* id : {&root_, &user_ca_, &server_ca_, &foreign_user_ca_}) {
    id->cert.reset();
    id->key = keys[static_cast<std::size_t>(id == &user_ca_           ? 1
                                            : id == &server_ca_       ? 2
                                            : id == &foreign_user_ca_ ? 3
                                                                      : 0)]
                  .get();
  }
  const std::time_t from = std::time(nullptr) - 3600;
  const auto days = [from](int n) { return from + static_cast<std::time_t>(n) * 86400; };
  const NamePtr name = root_name("TEST ONLY KV-Connect Root CA");
  root_.cert =
      make_ca({root_.key.get(), name.get(), nullptr, root_.key.get(), from, days(kRootDays)}, "CA:TRUE,pathlen:1");
  const auto issue = [&](Identity& id, const char* cn) {
    const NamePtr subject = issuing_name(cn);
    id.cert = make_ca({id.key.get(), subject.get(), root_.cert.get(), root_.key.get(), from, days(kCaDays)},
                      "CA:TRUE,pathlen:0");
  };
  issue(user_ca_, "TEST ONLY KV-Connect User CA");
  issue(server_ca_, "TEST ONLY KV-Connect Server CA");
  issue(foreign_user_ca_, "TEST ONLY KV-Connect Foreign User CA");
  const std::array<std::pair<const Identity*, std::string>, 4> all{
      {{&user_ca_, "user_ca"}, {&server_ca_, "server_ca"}, {&foreign_user_ca_, "foreign_user_ca"}, {&root_, "root"}}};
  for (const auto& [id, stem] : all) {
    write_key_file(dir_ / (stem + ".key.pem"), id->key.get());
    write_file(dir_ / (stem + ".pem"), to_pem(id->cert.get()), 0644);
  }
}

void Pki::renew_server_certificate() {
  const Identity old = load_identity(chain_file_, server_key_file_);
  const std::time_t now = std::time(nullptr);
  if (old.cert && not_after(old.cert.get()) > now + 30 * 86400 &&
      X509_verify(old.cert.get(), server_ca_.key.get()) == 1) {
    return;
  }
  ERR_clear_error();
  const KeyPtr key = make_rsa_key(2048);
  NamePtr subject = issuing_name("localhost");
  X509Ptr cert = new_certificate({key.get(), subject.get(), server_ca_.cert.get(), server_ca_.key.get(), now - 3600,
                                  now + static_cast<std::time_t>(kServerDays) * 86400});
  add_extension(cert.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(cert.get(), NID_key_usage, "critical,digitalSignature,keyEncipherment");
  add_extension(cert.get(), NID_ext_key_usage, "serverAuth");
  add_extension(cert.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
  add_extension(cert.get(), NID_subject_key_identifier, "hash");
  add_authority_key_id(cert.get(), server_ca_.cert.get());
  sign(cert.get(), server_ca_.key.get());
  write_key_file(server_key_file_, key.get());
  write_file(chain_file_, to_pem(cert.get()) + to_pem(server_ca_.cert.get()), 0644);
}

X509Ptr Pki::issue_user(EVP_PKEY* key, const UserSubject& subject, bool foreign_ca, std::time_t now, int days) const {
  const Identity& ca = foreign_ca ? foreign_user_ca_ : user_ca_;
  const NamePtr name = user_name(subject);
  const std::time_t end = std::min(now + static_cast<std::time_t>(days) * 86400, not_after(ca.cert.get()));
  X509Ptr cert = new_certificate({key, name.get(), ca.cert.get(), ca.key.get(), now, end});
  add_extension(cert.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(cert.get(), NID_key_usage, "critical,digitalSignature,keyEncipherment,dataEncipherment");
  add_extension(cert.get(), NID_ext_key_usage, "clientAuth,emailProtection");
  add_extension(cert.get(), NID_subject_key_identifier, "hash");
  add_authority_key_id(cert.get(), ca.cert.get());
  sign(cert.get(), ca.key.get());
  return cert;
}

KeyPtr make_rsa_key(int bits) {
  KeyPtr key(EVP_RSA_gen(static_cast<unsigned int>(bits)));
  ensure(key != nullptr, "an RSA key cannot be made");
  return key;
}

void write_key_file(const std::filesystem::path& path, const EVP_PKEY* key) {
  BioPtr out = bio_sink();
  ensure(PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
         "a key cannot be written");
  write_file(path, bio_text(out.get()), 0600);
}

KeyPtr read_key_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return nullptr;
  }
  const std::string pem = read_file(path);
  BioPtr in = bio_over(pem);
  KeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return key;
}

void write_file(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  const std::string temporary = path.string() + ".new";
  ::unlink(temporary.c_str());
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, static_cast<mode_t>(mode));
  ensure(fd >= 0, "a file of the data directory cannot be created");
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = ::write(fd, content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      break;
    }
    done += static_cast<std::size_t>(n);
  }
  const bool synced = ::fsync(fd) == 0;
  ::close(fd);
  ensure(done == content.size() && synced, "a file of the data directory cannot be written");
  std::filesystem::rename(temporary, path);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw std::runtime_error("cannot read " + path.string());
  }
  std::ostringstream content;
  content << in.rdbuf();
  return std::move(content).str();
}

std::string serial_hex(const X509* cert) {
  std::unique_ptr<BIGNUM, OsslFree<BN_free>> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), nullptr));
  ensure(number != nullptr, "out of memory");
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    text += kHex[b >> 4];
    text += kHex[b & 15];
  }
  return text;
}

std::time_t not_before(const X509* cert) {
  return to_time(X509_get0_notBefore(cert));
}
std::time_t not_after(const X509* cert) {
  return to_time(X509_get0_notAfter(cert));
}

}  // namespace kvserver
