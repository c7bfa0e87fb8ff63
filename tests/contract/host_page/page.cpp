// SPDX-License-Identifier: Apache-2.0
#include "contract/host_page/page.h"

#include <Poco/JSON/Parser.h>

#include <stdexcept>
#include <thread>

#include "paths.h"

namespace kvc::page_test {
namespace {

namespace fs = std::filesystem;

/// Names that would do harm if one place forgot to escape them.
constexpr const char* kPractice = R"json({
  "practice": {"id": "p", "name": "Praxis <script>alert(1)</script> & \"Söhne\"",
               "sites": [{"bsnr": "999999901", "name": "Probe", "kv_code": "38"}]},
  "users": [{"id": "arzt", "name": "Dr. <img src=x onerror=alert(2)> Probe", "roles": ["doctor", "admin"], "password": {"env": "PAGE_DOCTOR"}},
            {"id": "mfa", "name": "Mia Muster", "roles": ["assistant"], "password": {"env": "PAGE_ASSISTANT"}}],
  "patients": [{"id": "p1", "given_name": "Erika", "family_name": "Muster\"><script>alert(3)</script>", "birth_date": "1970-01-31",
                "kvnr": "X000000000", "gender": "female"},
               {"id": "p2", "given_name": "Max", "family_name": "Probe"}],
  "documents": [{"id": "brief1", "patient": "p1", "title": "Brief <b>fett</b>\r\nSet-Cookie: x=y", "media_type": "text/html", "file": "brief.html"}]})json";

std::string unreachable_settings() {
  const std::string keys = kvc::test::source_dir() + std::string("/tests/vectors/messages/TEST_ONLY_");
  return R"({"environments": [{"id": "own", "name": "Niemand", "base_url": "https://localhost:9/kvconnect/rest/",
    "mail_domain": "kv-safenet.de", "tls_roots": [")" +
         keys + R"(root.pem"], "message_roots": [")" + keys + R"(root.pem"], "user_cas": [")" + keys +
         R"(user_ca.pem"]}], "fetch": {"interval_minutes": 0}})";
}

}  // namespace

Page::Page(const std::string& settings, const std::vector<std::string>& more) {
  const fs::path base = directory_.path();
  e2e::write_file(base / "practice.json", kPractice);
  e2e::write_file(base / "brief.html", "<script>alert(4)</script>");
  e2e::write_file(base / "settings.json", settings.empty() ? unreachable_settings() : settings);
  std::vector<std::string> command{KVC_PVS_HOST,   "serve",
                                   "--plugin",     KVC_PLUGIN_DIR,
                                   "--practice",   (base / "practice.json").string(),
                                   "--settings",   (base / "settings.json").string(),
                                   "--data",       data().string(),
                                   "--ready-file", (base / "ready.json").string()};
  command.insert(command.end(), more.begin(), more.end());
  process_ = std::make_unique<e2e::Process>(
      command, e2e::Environment{{"PAGE_DOCTOR", kDoctorPassword}, {"PAGE_ASSISTANT", kAssistantPassword}},
      base / "out.txt", base / "err.txt");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60) * e2e::time_factor();
  // Written as a whole when the page can be opened.
  while (!fs::exists(base / "ready.json")) {
    if (process_->wait(e2e::Millis(0)) || std::chrono::steady_clock::now() > end) {
      throw std::runtime_error("the page does not come: " + complaints());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const auto ready = Poco::JSON::Parser().parse(e2e::read_file(base / "ready.json")).extract<Poco::JSON::Object::Ptr>();
  port_ = ready->getValue<std::uint16_t>("port");
}

Browser Page::doctor() const {
  Browser browser(port_);
  if (!browser.log_in("arzt", kDoctorPassword).has("data-menu")) {
    throw std::runtime_error("the login failed: " + browser.page().body);
  }
  return browser;
}

std::string Page::printed() const {
  return e2e::read_file(directory_.path() / "out.txt");
}
std::string Page::complaints() const {
  return e2e::read_file(directory_.path() / "err.txt");
}

}  // namespace kvc::page_test
