// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/test_client.h"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include <sstream>
#include <thread>

#include "kvconnect_server/text.h"

namespace kvserver::test {
namespace {

constexpr const char* kAccounts = R"({"accounts": [
  {"username": "nord", "password": "Passwort-AB1", "passwordChangeNeeded": false, "kv": "38",
   "cn": "TEST ONLY Nora Nord", "o": "TEST ONLY Praxis Nord", "dienste": ["eNachricht"]},
  {"username": "sued", "password": "Passwort-AB1", "passwordChangeNeeded": false, "kv": "38", "cn": "TEST ONLY Sven Süd"},
  {"username": "neu", "password": "Initial-AB1", "kv": "38"},
  {"username": "kv", "robot": "kv", "kv": "38", "cn": "TEST ONLY KV"},
  {"username": "kollegin", "robot": "colleague", "kv": "38", "cn": "TEST ONLY Karla Kollegin"}]})";

}  // namespace

Client::Client(std::uint16_t port, const std::filesystem::path& root)
    : context_(
          new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, root.string(), Poco::Net::Context::VERIFY_STRICT)),
      session_(std::make_unique<Poco::Net::HTTPSClientSession>("localhost", port, context_)) {
  session_->setKeepAlive(true);
  session_->setTimeout(Poco::Timespan(20, 0));
}

Answer Client::send(const std::string& method, const std::string& path, const Login* login, const std::string& body,
                    const std::map<std::string, std::string>& headers) {
  Poco::Net::HTTPRequest request(method, "/kvconnect/rest/" + path, "HTTP/1.1");
  if (login) {
    request.set("Authorization", "Basic " + base64_encode(login->username + ":" + login->password));
  }
  for (const auto& [name, value] : headers) {
    request.set(name, value);
  }
  if (method == "POST") {
    request.setContentLength64(static_cast<Poco::Int64>(body.size()));
  }
  session_->sendRequest(request) << body << std::flush;
  Poco::Net::HTTPResponse response;
  std::istream& in = session_->receiveResponse(response);
  Answer answer;
  // Byte by byte: a block read that fails in its middle would lose what came before.
  for (char c = 0; in.get(c);) {
    answer.body += c;
  }
  answer.status = static_cast<int>(response.getStatus());
  for (const auto& [name, value] : response) {
    answer.headers[lower(name)] = value;
  }
  return answer;
}

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "kvserver-test-XXXXXX").string();
  if (!::mkdtemp(name.data())) {
    throw std::runtime_error("no temporary directory");
  }
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void ServerTest::SetUp() {
  options_.data_dir = dir_.path() / "data";
  options_.accounts_json = kAccounts;
  options_.ca_bits = 2048;
  options_.ca_dir = KVC_TEST_CA_DIR;
  options_.robots = false;
  options_.csr_step = std::chrono::milliseconds(0);
  adjust(options_);
  restart();
}

void ServerTest::restart() {
  server_.reset();
  server_ = std::make_unique<Server>(options_);
  server_->start();
}

std::string ServerTest::element(const std::string& xml, const std::string& name) {
  const std::size_t start = xml.find("<" + name + ">");
  const std::size_t end = xml.find("</" + name + ">");
  if (start == std::string::npos || end == std::string::npos) {
    return {};
  }
  return xml.substr(start + name.size() + 2, end - start - name.size() - 2);
}

std::string ServerTest::uid_of(const Login& login) {
  const Answer answer = client().get("login/" + login.username, login);
  const std::string location = answer.headers.count("location") ? answer.headers.at("location") : "";
  return location.substr(location.rfind('/') + 1);
}

X509Ptr ServerTest::certify(const Login& login, EVP_PKEY* key) {
  Client c = client();
  const Answer posted = c.post("csr", login, make_csr(key, login.username), "text/plain");
  EXPECT_EQ(posted.status, 201) << posted.body;
  const std::string id = posted.body.substr(posted.body.rfind('/') + 1);
  for (int i = 0; i < 200; ++i) {
    if (c.get("csr/" + id, login).body.find("\"999\"") != std::string::npos) {
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return cert_from_pem(element(c.get("certificates?email=" + login.username + "@kv-safenet.de", login).body, "body"));
}

std::string make_csr(EVP_PKEY* key, const std::string& username, bool extra_cn) {
  const ReqPtr req(X509_REQ_new());
  X509_NAME* name = X509_REQ_get_subject_name(req.get());
  const auto* bytes = reinterpret_cast<const unsigned char*>(username.c_str());
  X509_NAME_add_entry_by_NID(name, NID_x500UniqueIdentifier, V_ASN1_UTF8STRING, bytes, -1, -1, 0);
  if (extra_cn) {
    X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING, bytes, -1, -1, 0);
  }
  X509_REQ_set_pubkey(req.get(), key);
  X509_REQ_sign(req.get(), key, EVP_sha256());
  BioPtr out = bio_sink();
  PEM_write_bio_X509_REQ(out.get(), req.get());
  return bio_text(out.get());
}

std::string simple_mail(const std::string& id, const std::string& from, const std::string& to, const std::string& body,
                        const std::string& extra_header) {
  return "From: " + from + "\r\nTo: " + to + "\r\nDate: Mon, 05 Jan 2026 09:30:00 +0100\r\nSubject: eNachricht\r\n" +
         "Message-ID: <" + id + ">\r\nX-KVC-Dienstkennung: eNachricht;Lieferung;V2.0\r\n" + extra_header + "\r\n" +
         body;
}

}  // namespace kvserver::test
