// SPDX-License-Identifier: Apache-2.0
// Calls 11 to 16: requests, certificates, address book (protocol A and B).
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/Zip/ZipArchive.h>
#include <Poco/Zip/ZipStream.h>
#include <gmock/gmock.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "kvconnect_server/pki.h"
#include "kvconnect_server/test_client.h"
#include "kvconnect_server/text.h"

namespace kvserver::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class CertificateCalls : public ServerTest {
 protected:
  std::vector<int> states(const Login& login, const std::string& id) {
    const std::string xml = client().get("csr/" + id, login).body;
    std::vector<int> found;
    for (std::size_t at = 0; (at = xml.find("status=\"", at)) != std::string::npos; ++at) {
      found.push_back(std::stoi(xml.substr(at + 8, 3)));
    }
    return found;
  }
  std::string submit(const Login& login, const std::string& pem) {
    const Answer answer = client().post("csr", login, pem, "text/plain");
    EXPECT_EQ(answer.status, 201) << answer.body;
    EXPECT_THAT(answer.body, MatchesRegex("https://localhost:[0-9]+/kvconnect/rest/csr/[0-9a-f-]+"));
    return answer.body.substr(answer.body.rfind('/') + 1);
  }
  int certificate_status(const Login& login) { return client().get("certificates?uid=" + uid_of(login), login).status; }
  static std::string unzip(const std::string& zip, const std::string& name) {
    std::istringstream in(zip);
    Poco::Zip::ZipArchive archive(in);
    const auto header = archive.findHeader(name);
    if (header == archive.headerEnd() || std::distance(archive.headerBegin(), archive.headerEnd()) != 1) {
      return "?";
    }
    in.clear();
    Poco::Zip::ZipInputStream entry(in, header->second);
    std::ostringstream out;
    out << entry.rdbuf();
    return out.str();
  }
};

class SlowCertificateCalls : public CertificateCalls {
 protected:
  // Slow enough that the tests see single states although the machine is busy.
  void adjust(Options& o) override { o.csr_step = std::chrono::hours(1); }
  void pass_hours(int n) { server_->set_clock_offset(std::chrono::hours(n) + std::chrono::minutes(1)); }
};

std::string extension(const X509* cert, int nid, bool& critical) {
  const int at = X509_get_ext_by_NID(cert, nid, -1);
  if (at < 0) {
    return "absent";
  }
  X509_EXTENSION* e = X509_get_ext(cert, at);
  critical = X509_EXTENSION_get_critical(e) == 1;
  BioPtr out = bio_sink();
  X509V3_EXT_print(out.get(), e, 0, 0);
  return bio_text(out.get());
}

std::string name_text(const X509_NAME* name) {
  BioPtr out = bio_sink();
  X509_NAME_print_ex(out.get(), name, 0, (XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ & ~ASN1_STRFLGS_ESC_MSB) | XN_FLAG_FN_SN);
  return bio_text(out.get());
}

// Protocol B, "User certificate profile", field by field.
TEST_F(CertificateCalls, UserCertificateHasExactlyTheProfile) {
  const KeyPtr key = make_rsa_key(2048);
  const X509Ptr cert = certify(nord_, key.get());
  ASSERT_NE(cert, nullptr);
  const std::string uid = *percent_decode(uid_of(nord_));
  EXPECT_EQ(X509_get_version(cert.get()), X509_VERSION_3);
  EXPECT_EQ(X509_get_signature_nid(cert.get()), NID_sha512WithRSAEncryption);
  EXPECT_EQ(EVP_PKEY_eq(X509_get0_pubkey(cert.get()), key.get()), 1);
  EXPECT_THAT(uid, MatchesRegex("[0-9a-f-]{36}@38"));
  EXPECT_EQ(name_text(X509_get_subject_name(cert.get())),
            "emailAddress=nord@kv-safenet.de, UID=" + uid + ", CN=TEST ONLY Nora Nord, O=TEST ONLY Praxis Nord, C=DE");
  EXPECT_EQ(X509_get_ext_count(cert.get()), 5) << "nothing besides: no SAN, no CRL or OCSP pointer";
  bool critical = false;
  EXPECT_EQ(extension(cert.get(), NID_basic_constraints, critical), "CA:FALSE");
  EXPECT_TRUE(critical);
  EXPECT_EQ(extension(cert.get(), NID_key_usage, critical), "Digital Signature, Key Encipherment, Data Encipherment");
  EXPECT_TRUE(critical);
  EXPECT_EQ(extension(cert.get(), NID_ext_key_usage, critical), "TLS Web Client Authentication, E-mail Protection");
  EXPECT_FALSE(critical);
  EXPECT_NE(extension(cert.get(), NID_subject_key_identifier, critical), "absent");
  const X509Ptr ca = cert_from_pem(read_file(server_->ca_files().user_ca));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  X509_pubkey_digest(ca.get(), EVP_sha1(), digest.data(), &size);
  const ASN1_OCTET_STRING* akid = X509_get0_authority_key_id(cert.get());
  ASSERT_NE(akid, nullptr);
  ASSERT_EQ(ASN1_STRING_length(akid), static_cast<int>(size));
  EXPECT_EQ(std::memcmp(ASN1_STRING_get0_data(akid), digest.data(), size), 0);
}

TEST_F(CertificateCalls, CaTreeIsShapedLikeTheNetwork) {
  const CaFiles files = server_->ca_files();
  const X509Ptr root = cert_from_pem(read_file(files.root));
  bool critical = false;
  EXPECT_EQ(extension(root.get(), NID_basic_constraints, critical), "CA:TRUE, pathlen:1");
  EXPECT_EQ(extension(root.get(), NID_subject_key_identifier, critical), "absent");
  for (const auto& file : {files.user_ca, files.server_ca, files.foreign_user_ca}) {
    const X509Ptr ca = cert_from_pem(read_file(file));
    EXPECT_EQ(X509_verify(ca.get(), X509_get0_pubkey(root.get())), 1);
    EXPECT_EQ(extension(ca.get(), NID_basic_constraints, critical), "CA:TRUE, pathlen:0");
    EXPECT_EQ(extension(ca.get(), NID_key_usage, critical), "Certificate Sign, CRL Sign");
    EXPECT_TRUE(critical);
    EXPECT_EQ(X509_get_signature_nid(ca.get()), NID_sha512WithRSAEncryption);
    EXPECT_THAT(name_text(X509_get_subject_name(ca.get())), HasSubstr("TEST ONLY"));
  }
}

class KeyFiles : public ServerTest {
 protected:
  void adjust(Options& o) override {
    o.ca_dir.clear();
    o.robots = true;
  }
};

TEST_F(KeyFiles, AreForTheOwnerOnly) {
  int keys = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(options_.data_dir)) {
    if (!entry.is_regular_file()) {
      continue;
    }
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(in)), {});
    EXPECT_EQ(content.find("Passwort-AB1"), std::string::npos) << entry.path();
    if (content.find("PRIVATE KEY") == std::string::npos) {
      continue;
    }
    ++keys;
    EXPECT_EQ(entry.status().permissions() & std::filesystem::perms::mask,
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
        << entry.path();
  }
  EXPECT_EQ(keys, 7) << "four CAs, the server, two robots";
}

TEST_F(CertificateCalls, CertificateXml) {
  const X509Ptr cert = certify(nord_, make_rsa_key(2048).get());
  Client c = client();
  const Answer answer = c.get("certificates?uid=" + uid_of(nord_), sued_);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(element(answer.body, "id"), serial_hex(cert.get()));
  EXPECT_EQ(element(answer.body, "email"), "nord@kv-safenet.de");
  EXPECT_EQ(element(answer.body, "validTo"), xs_date_time(std::int64_t{not_after(cert.get())} * 1000));
  EXPECT_EQ(element(answer.body, "validFrom"), xs_date_time(std::int64_t{not_before(cert.get())} * 1000));
  EXPECT_EQ(c.get("certificates?email=NORD%40kv-safenet.de", sued_).body, answer.body);
  EXPECT_EQ(c.get("certificates?email=sued@kv-safenet.de", sued_).status, 404);
  EXPECT_EQ(c.get("certificates?email=nobody@kv-safenet.de", sued_).status, 404);
  EXPECT_EQ(c.get("certificates?uid=nobody", sued_).status, 404);
  EXPECT_EQ(c.get("certificates", sued_).status, 400);
  EXPECT_EQ(c.get("certificates?uid=a&email=b", sued_).status, 400);
  EXPECT_EQ(c.get("certificates?uid=a").status, 401);
}

TEST_F(CertificateCalls, BrokenRequestsAreRefused) {
  Client c = client();
  const std::string good = make_csr(make_rsa_key(2048).get(), "nord");
  std::string damaged = good;
  damaged[good.size() / 2] = damaged[good.size() / 2] == 'A' ? 'B' : 'A';
  for (const std::string& body :
       {std::string(), std::string("x"), damaged, good.substr(0, good.size() / 2), std::string(100'000, 'A')}) {
    EXPECT_EQ(c.post("csr", nord_, body, "text/plain").status, 400) << body.substr(0, 40);
  }
  EXPECT_EQ(c.post("csr", nord_, good, "application/pkcs10").status, 400);
  EXPECT_EQ(certificate_status(nord_), 404);
}

TEST_F(CertificateCalls, WrongSubjectAndWeakKeyLeaveTheOldCertificate) {
  const KeyPtr key = make_rsa_key(2048);
  const X509Ptr old = certify(nord_, key.get());
  const KeyPtr small = make_rsa_key(1024);
  EXPECT_THAT(states(nord_, submit(nord_, make_csr(key.get(), "sued"))), ElementsAre(903, 100));
  EXPECT_THAT(states(nord_, submit(nord_, make_csr(key.get(), "nord", true))), ElementsAre(903, 100));
  EXPECT_THAT(states(nord_, submit(nord_, make_csr(small.get(), "nord"))), ElementsAre(902, 100));
  const std::string body = client().get("certificates?uid=" + uid_of(nord_), nord_).body;
  EXPECT_EQ(element(body, "id"), serial_hex(old.get()));
}

TEST_F(CertificateCalls, RejectedAndUnreachableCa) {
  certify(nord_, make_rsa_key(2048).get());
  const KeyPtr key = make_rsa_key(2048);
  server_->apply_accounts(R"({"accounts":[{"username":"nord","kv":"38","csr":"reject"}]})");
  EXPECT_THAT(states(nord_, submit(nord_, make_csr(key.get(), "nord"))), ElementsAre(902, 100));
  EXPECT_EQ(certificate_status(nord_), 200);
  server_->apply_accounts(R"({"accounts":[{"username":"nord","kv":"38","csr":"ca_down"}]})");
  EXPECT_THAT(states(nord_, submit(nord_, make_csr(key.get(), "nord"))), ElementsAre(900, 210, 120, 110, 100));
  EXPECT_EQ(certificate_status(nord_), 404) << "an accepted request removes the certificate even if the CA fails";
}

TEST_F(CertificateCalls, OnlyTheOwnerSeesARequest) {
  const std::string id = submit(nord_, make_csr(make_rsa_key(2048).get(), "nord"));
  EXPECT_EQ(client().get("csr/" + id, sued_).status, 404);
  EXPECT_EQ(client().get("csr/no-such-id", nord_).status, 404);
}

TEST_F(SlowCertificateCalls, StatesOverTime) {
  const KeyPtr key = make_rsa_key(2048);
  const std::string id = submit(nord_, make_csr(key.get(), "nord"));
  EXPECT_THAT(states(nord_, id), ElementsAre(100));
  pass_hours(2);
  EXPECT_THAT(states(nord_, id), ElementsAre(120, 110, 100));
  restart();
  pass_hours(4);
  EXPECT_THAT(states(nord_, id), ElementsAre(299, 210, 120, 110, 100));
  EXPECT_EQ(certificate_status(nord_), 404) << "not published yet";
  pass_hours(5);
  EXPECT_EQ(certificate_status(nord_), 200);
  pass_hours(6);
  EXPECT_THAT(states(nord_, id), ElementsAre(999, 399, 299, 210, 120, 110, 100));
}

TEST_F(SlowCertificateCalls, ANewRequestCancelsTheOlderAndTheCertificate) {
  const std::string first = submit(nord_, make_csr(make_rsa_key(2048).get(), "nord"));
  pass_hours(2);
  const std::string second = submit(nord_, make_csr(make_rsa_key(2048).get(), "nord"));
  EXPECT_THAT(states(nord_, first), ElementsAre(901, 120, 110, 100));
  pass_hours(9);
  EXPECT_THAT(states(nord_, first), ElementsAre(901, 120, 110, 100));
  EXPECT_THAT(states(nord_, second), ElementsAre(999, 399, 299, 210, 120, 110, 100));
  EXPECT_EQ(certificate_status(nord_), 200);
  submit(nord_, make_csr(make_rsa_key(2048).get(), "nord"));
  EXPECT_EQ(certificate_status(nord_), 404) << "gone at once, long before the new one is there";
  EXPECT_THAT(states(nord_, second), ElementsAre(999, 399, 299, 210, 120, 110, 100)) << "what is done stays done";
}

TEST_F(SlowCertificateCalls, ARefusedRequestCancelsNothing) {
  const KeyPtr key = make_rsa_key(2048);
  const std::string first = submit(nord_, make_csr(key.get(), "nord"));
  submit(nord_, make_csr(key.get(), "sued"));
  pass_hours(8);
  EXPECT_EQ(states(nord_, first).front(), 999);
}

TEST_F(CertificateCalls, ClockOffsetDatesCertificates) {
  server_->set_clock_offset(std::chrono::hours(-24 * 1000));
  const X509Ptr cert = certify(nord_, make_rsa_key(2048).get());
  ASSERT_NE(cert, nullptr);
  EXPECT_NEAR(static_cast<double>(not_before(cert.get())), static_cast<double>(std::time(nullptr) - 86'400 * 1000), 60);
}

TEST_F(CertificateCalls, ValidityIsCutAtTheCa) {
  server_->apply_accounts(R"({"accounts":[{"username":"nord","kv":"38","certificateDays":36500}]})");
  const X509Ptr cert = certify(nord_, make_rsa_key(2048).get());
  const X509Ptr ca = cert_from_pem(read_file(server_->ca_files().user_ca));
  EXPECT_EQ(not_after(cert.get()), not_after(ca.get()));
}

TEST_F(CertificateCalls, ForeignCaUsersHangUnderTheSameRoot) {
  server_->apply_accounts(R"({"accounts":[{"username":"nord","kv":"38","foreignCa":true}]})");
  const X509Ptr cert = certify(nord_, make_rsa_key(2048).get());
  const X509Ptr foreign = cert_from_pem(read_file(server_->ca_files().foreign_user_ca));
  const X509Ptr own = cert_from_pem(read_file(server_->ca_files().user_ca));
  EXPECT_EQ(X509_verify(cert.get(), X509_get0_pubkey(foreign.get())), 1);
  EXPECT_NE(X509_verify(cert.get(), X509_get0_pubkey(own.get())), 1);
}

TEST_F(CertificateCalls, DeleteCertificate) {
  const std::string path = "accounts/" + uid_of(nord_) + "/certificate";
  EXPECT_EQ(client().remove(path, nord_).status, 404);
  certify(nord_, make_rsa_key(2048).get());
  EXPECT_EQ(client().remove(path, nord_).status, 204);
  EXPECT_EQ(certificate_status(nord_), 404);
  EXPECT_EQ(client().remove(path, nord_).status, 404);
}

TEST_F(CertificateCalls, AddressBook) {
  const X509Ptr cert = certify(nord_, make_rsa_key(2048).get());
  const Answer answer = client().get("vzd/accounts.json.zip");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), "application/zip");
  const auto list = Poco::JSON::Parser().parse(unzip(answer.body, "accounts.json")).extract<Poco::JSON::Array::Ptr>();
  ASSERT_EQ(list->size(), 5U);
  bool found = false;
  for (unsigned i = 0; i < list->size(); ++i) {
    const auto o = list->getObject(i);
    for (const char* key : {"uid", "email", "cn", "sn", "givenName", "title", "o", "street", "postalCode", "l", "phone",
                            "kv", "certificateValidTo", "dienste"}) {
      EXPECT_TRUE(o->has(key)) << key;
    }
    if (o->getValue<std::string>("email") != "nord@kv-safenet.de") {
      continue;
    }
    found = true;
    EXPECT_EQ(o->getValue<std::string>("uid"), *percent_decode(uid_of(nord_)));
    EXPECT_EQ(o->getValue<std::string>("certificateValidTo"), xs_date_time(std::int64_t{not_after(cert.get())} * 1000));
    EXPECT_EQ(o->getArray("dienste")->getElement<std::string>(0), "eNachricht");
  }
  EXPECT_TRUE(found);
  const std::string xml = unzip(client().get("vzd/accounts.xml.zip").body, "accounts.xml");
  EXPECT_THAT(xml, HasSubstr("<email>nord@kv-safenet.de</email>"));
  EXPECT_THAT(xml, HasSubstr("TEST ONLY Sven Süd"));
}

TEST_F(CertificateCalls, AddressBookIsDatedByItsContent) {
  Client c = client();
  const std::string date = c.get("vzd/accounts.json.zip").headers.at("last-modified");
  const auto since = [&](const std::string& when, const std::string& path) {
    return c.send("GET", path, nullptr, "", {{"If-Modified-Since", when}});
  };
  EXPECT_EQ(since(date, "vzd/accounts.json.zip").status, 304);
  EXPECT_EQ(since(date, "vzd/accounts.json.zip").body, "");
  EXPECT_EQ(since(date, "vzd/accounts.xml.zip").status, 304);
  EXPECT_EQ(since("Thu, 01 Jan 2015 00:00:00 GMT", "vzd/accounts.json.zip").status, 200);
  EXPECT_EQ(since("nonsense", "vzd/accounts.json.zip").status, 200);
  server_->apply_accounts(R"({"accounts":[{"username":"dazu","cn":"TEST ONLY dazu"}]})");
  const Answer changed = since(date, "vzd/accounts.json.zip");
  EXPECT_EQ(changed.status, 200) << "even within the same second";
  EXPECT_NE(changed.headers.at("last-modified"), date);
}

}  // namespace
}  // namespace kvserver::test
