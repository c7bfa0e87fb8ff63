// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Poco/Net/HTTPSClientSession.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "kvconnect_server/ossl.h"
#include "kvconnect_server/server.h"

namespace kvserver::test {

struct Answer {
  int status = 0;
  std::string body;
  std::map<std::string, std::string> headers;  ///< names in lower case
};

struct Login {
  std::string username;
  std::string password;
};

/// A plain HTTPS client of the tests; knows nothing of the protocol.
class Client {
 public:
  Client(std::uint16_t port, const std::filesystem::path& root);

  /// `path` is relative to the base URL and sent as it is. Throws Poco::Exception if no answer comes.
  Answer send(const std::string& method, const std::string& path, const Login* login = nullptr,
              const std::string& body = {}, const std::map<std::string, std::string>& headers = {});
  Answer get(const std::string& path, const Login& login) { return send("GET", path, &login); }
  Answer get(const std::string& path) { return send("GET", path); }
  Answer post(const std::string& path, const Login& login, const std::string& body,
              const std::string& type = "text/plain;charset=UTF-8") {
    return send("POST", path, &login, body, {{"Content-Type", type}});
  }
  Answer remove(const std::string& path, const Login& login) { return send("DELETE", path, &login); }
  Poco::Net::HTTPSClientSession& session() { return *session_; }

 private:
  Poco::Net::Context::Ptr context_;
  std::unique_ptr<Poco::Net::HTTPSClientSession> session_;
};

/// A directory that goes away with the object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A running server with the accounts `nord`, `sued` (password `Passwort-AB1`, no change needed), `neu` (initial
/// password `Initial-AB1`), and the robots `kv` and `kollegin`, switched off. The CA tree is shared by all tests.
class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override;
  virtual void adjust(Options&) {}
  void restart();
  Client client() { return Client(server_->port(), server_->ca_files().root); }
  /// Text between `<name>` and `</name>`; "" if the element is not there or empty.
  static std::string element(const std::string& xml, const std::string& name);
  std::string uid_of(const Login& login);
  /// Sends a request for `key` and waits until it is finished; returns the certificate.
  X509Ptr certify(const Login& login, EVP_PKEY* key);

  TempDir dir_;
  Options options_;
  std::unique_ptr<Server> server_;
  const Login nord_{"nord", "Passwort-AB1"};
  const Login sued_{"sued", "Passwort-AB1"};
  const Login neu_{"neu", "Initial-AB1"};
};

/// PEM PKCS#10 with the subject `x500UniqueIdentifier=<username>`, or with CN besides if `extra_cn`.
std::string make_csr(EVP_PKEY* key, const std::string& username, bool extra_cn = false);

/// An unencrypted mail as the server's mailbox takes it.
std::string simple_mail(const std::string& id, const std::string& from = "nord@kv-safenet.de",
                        const std::string& to = "sued@kv-safenet.de", const std::string& body = "Hallo\r\n",
                        const std::string& extra_header = {});

}  // namespace kvserver::test
