// SPDX-License-Identifier: Apache-2.0
// Our REST client beside libcurl, against the same HTTPS server on loopback. Names are OPERATION/WHO/SIZE; `get_new`
// makes a new connection each time.
#include <Poco/MemoryStream.h>
#include <curl/curl.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "bench/null_stream.h"
#include "bench/support.h"
#include "bench/transport/server.h"
#include "kvconnect/client.h"
#include "unit/crypto/openssl_tool.h"
#include "unit/crypto/test_pki.h"

namespace kvc::bench {
namespace {

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "transport_bench: %s\n", why.c_str());
  std::exit(1);
}

struct Place {
  std::string base_url;
  std::string root_file;
};

const Cancel& never() {
  static const Cancel cancel;
  return cancel;
}

// ---- ours ----

std::unique_ptr<kvconnect::Client> new_client(const Place& place) {
  kvconnect::ServerConfig config;
  config.base_url = place.base_url;
  config.tls_roots = {place.root_file};
  config.max_attempts = 1;
  auto client = kvconnect::Client::create(std::move(config), Env::system(), Log::none());
  if (!client.ok()) {
    give_up(client.status().to_string());
  }
  return std::move(*client);
}

const transport::Credentials& credentials() {
  static const transport::Credentials login{"anna", Secret("probe-passwort")};
  return login;
}

void get_ours(kvconnect::Client& client, std::size_t size) {
  NullStream nowhere;
  const Status status = client.fetch(credentials(), "u", std::to_string(size), nowhere, never());
  if (!status.ok()) {
    give_up(status.to_string());
  }
}

void post_ours(kvconnect::Client& client, const std::string& body) {
  Poco::MemoryInputStream in(body.data(), static_cast<std::streamsize>(body.size()));
  const Status status = client.submit(credentials(), in, body.size(), never());
  if (!status.ok()) {
    give_up(status.to_string());
  }
}

// ---- libcurl ----

struct CurlFree {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
using CurlPtr = std::unique_ptr<CURL, CurlFree>;

struct Body {
  const std::string* bytes;
  std::size_t at = 0;
};

std::size_t forget(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

std::size_t give(char* to, std::size_t size, std::size_t count, void* from) {
  auto& body = *static_cast<Body*>(from);
  const std::size_t piece = std::min(size * count, body.bytes->size() - body.at);
  std::memcpy(to, body.bytes->data() + body.at, piece);
  body.at += piece;
  return piece;
}

/// The same TLS anchors, user and blocks as ours, and none of the features that cost time and that we have not.
CurlPtr new_curl(const Place& place) {
  constexpr long kBlock = 64L * 1024;
  CurlPtr handle(curl_easy_init());
  curl_easy_setopt(handle.get(), CURLOPT_CAINFO, place.root_file.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(handle.get(), CURLOPT_USERPWD, "anna:probe-passwort");
  curl_easy_setopt(handle.get(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(handle.get(), CURLOPT_BUFFERSIZE, kBlock);
  curl_easy_setopt(handle.get(), CURLOPT_UPLOAD_BUFFERSIZE, kBlock);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, forget);
  curl_easy_setopt(handle.get(), CURLOPT_FAILONERROR, 1L);
  return handle;
}

void perform(CURL* handle) {
  const CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) {
    give_up(std::string("libcurl: ") + curl_easy_strerror(code));
  }
}

void get_curl(CURL* handle, const Place& place, std::size_t size) {
  curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(handle, CURLOPT_URL, (place.base_url + "accounts/u/mails/" + std::to_string(size)).c_str());
  perform(handle);
}

void post_curl(CURL* handle, const Place& place, const curl_slist* fields, const std::string& bytes) {
  Body body{&bytes};
  curl_easy_setopt(handle, CURLOPT_POST, 1L);
  curl_easy_setopt(handle, CURLOPT_URL, (place.base_url + "mails").c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields);
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, give);
  curl_easy_setopt(handle, CURLOPT_READDATA, &body);
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(bytes.size()));
  perform(handle);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, nullptr);
}

void add_size(const Place& place, kvconnect::Client& client, CURL* curl, const curl_slist* fields, std::size_t size) {
  const std::string tail = "/" + size_name(size);
  const auto nothing = [] {};
  const auto body = std::make_shared<std::string>(size, 'x');
  add("get/ours" + tail, size, nothing, [&client, size] { get_ours(client, size); });
  add("get/libcurl" + tail, size, nothing, [&place, curl, size] { get_curl(curl, place, size); });
  add("post/ours" + tail, size, nothing, [&client, body] { post_ours(client, *body); });
  add("post/libcurl" + tail, size, nothing, [&place, curl, fields, body] { post_curl(curl, place, fields, *body); });
}

void add_new_connections(const Place& place) {
  constexpr std::size_t kSize = 1024;
  const auto nothing = [] {};
  add("get_new/ours/1K", kSize, nothing, [&place] { get_ours(*new_client(place), kSize); });
  add("get_new/libcurl/1K", kSize, nothing, [&place] { get_curl(new_curl(place).get(), place, kSize); });
}

}  // namespace
}  // namespace kvc::bench

int main(int argc, char** argv) {
  using namespace kvc;
  using namespace kvc::bench;
  const auto root = test_pki::make_root();
  test_pki::Recipe recipe;
  recipe.subject = {{"O", "Testnetz"}, {"CN", "Messserver"}};
  recipe.not_before = test_pki::day("2024-01-01");
  recipe.not_after = test_pki::day("2039-01-01");
  recipe.extensions = {{"keyUsage", "critical,digitalSignature,keyEncipherment"}, {"subjectAltName", "IP:127.0.0.1"}};
  recipe.digest = "SHA256";
  const auto key = test_pki::key("Messserver");
  const auto certificate = test_pki::issue(recipe, key, root);
  const HttpsServer server(certificate.pem(), test_pki::key_pem(key));
  const test_pki::ScratchDirectory scratch;
  const Place place{"https://127.0.0.1:" + std::to_string(server.port()) + "/kvconnect/rest/",
                    scratch.put("root.pem", root.certificate.pem())};
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const auto client = new_client(place);
  const CurlPtr curl = new_curl(place);
  // Asking first whether it may send would cost libcurl a journey more than us.
  curl_slist* const fields = curl_slist_append(curl_slist_append(nullptr, "Expect:"), "Content-Type: text/plain");
  constexpr std::size_t kKilo = 1UL << 10U;
  constexpr std::size_t kMega = 1UL << 20U;
  for (const std::size_t size : {kKilo, 10 * kMega}) {
    add_size(place, *client, curl.get(), fields, size);
  }
  add_new_connections(place);
  const int result = run(argc, argv);
  curl_slist_free_all(fields);
  return result;
}
