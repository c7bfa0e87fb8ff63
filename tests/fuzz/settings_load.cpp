// SPDX-License-Identifier: Apache-2.0
// Settings are written by people, so everything wrong in them is to be named and nothing is to be believed.
#include "settings/settings.h"

#include <algorithm>
#include <filesystem>

#include "fuzz/target.h"
#include "mime/charset.h"

namespace kvc::fuzz {
namespace {

void check_problem(const settings::Problem& problem) {
  const auto names = settings::problem_names();
  require(std::find(names.begin(), names.end(), problem.problem) != names.end(), "every problem is a known one");
  for (const auto& [name, value] : problem.params) {
    require(!name.empty() && mime::is_utf8(value), "what a problem shows is text");
    require(std::none_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }),
            "what a problem shows has no control characters");
  }
}

void check_environment(const settings::Environment& environment) {
  require(!environment.id.empty() && !environment.name.empty(), "an environment has an id and a name");
  require(environment.base_url.starts_with("https://") && environment.base_url.ends_with('/'),
          "a server is reached by https, and its URL is a folder");
  for (const auto* files : {&environment.tls_roots, &environment.message_roots, &environment.user_cas}) {
    require(std::all_of(files->begin(), files->end(),
                        [](const std::string& file) { return std::filesystem::path(file).is_absolute(); }),
            "files have absolute paths");
  }
}

}  // namespace

void settings_load(std::string_view input) {
  // The folder of artificial_pki.pem, so that a fuzzer can get past the certificate files.
  const auto loaded = settings::load(input, KVC_FUZZ_FOLDER);
  std::for_each(loaded.problems.begin(), loaded.problems.end(), check_problem);
  if (!loaded.ok()) {
    return;
  }
  const auto& found = loaded.settings;
  std::for_each(found.environments.begin(), found.environments.end(), check_environment);
  require(found.fetch_interval_minutes >= 0 && found.renewal_hint_days > 0 && found.csr_poll_seconds > 0 &&
              found.max_message_bytes > 0 && !found.storage_dsn.empty(),
          "accepted settings can be worked with");
}

std::vector<std::string> settings_load_seeds() {
  const std::string environment =
      R"({"id":"own","name":"Eigener Server","base_url":"https://localhost:8443/kvconnect/rest/",)"
      R"("mail_domain":"kv-safenet.de","tls_roots":["artificial_pki.pem"],"message_roots":["artificial_pki.pem"],)"
      R"("user_cas":["artificial_pki.pem"]})";
  return {
      "",
      "{}",
      R"({"environments":[)" + environment + "]}",
      R"({"environments":[)" + environment + "," + environment + R"(],"storage":{"dsn":"sqlite:own.db"}})",
      R"({"environments":[{"id":"\u00fc","base_url":"http://user:pass@[::1]:99999/a?b#c","use_system_tls_roots":1}]})",
      R"({"fetch":{"interval_minutes":1441},"renewal_hint_days":-1,"max_message_bytes":1e99,"csr_poll_seconds":5.5})",
      R"({"storage":{"dsn":"postgresql://kv@db.praxis.example:5432/kvconnect?sslrootcert=/ca.pem&schema=kv"},"application_forms_file":"none.xml"})",
      R"([[[[{"a":[true,false,null,"\ud83d\ude00\u0000",0.1e-5]}]]]])",
  };
}

}  // namespace kvc::fuzz
