// SPDX-License-Identifier: Apache-2.0
// A manifest is what a host believes of a plugin before it loads it; whoever can put a file into the folder writes it.
#include <algorithm>
#include <pvs/manifest.hpp>

#include "fuzz/target.h"
#include "mime/charset.h"
#include "unit/plugin/manifest_file.h"

namespace kvc::fuzz {

void manifest_read(std::string_view input) {
  const pvs::ManifestResult result = pvs::parse_manifest(input);
  for (const pvs::ManifestIssue& issue : result.issues) {
    require(!issue.text.empty() && mime::is_utf8(issue.to_string()), "an issue is a sentence");
  }
  if (!result.ok()) {
    require(std::any_of(result.issues.begin(), result.issues.end(), [](const auto& issue) { return !issue.warning; }),
            "a refused manifest says why");
    return;
  }
  const pvs::Manifest& manifest = result.manifest;
  require(manifest.text == input, "the plugin gets the bytes that were checked");
  for (const std::string* file : {&manifest.library, &manifest.settings_schema}) {
    require(file->find('/') == std::string::npos && *file != ".." && file->find('\0') == std::string::npos,
            "files are base names: nothing outside the plugin's folder is loaded");
  }
  require(!manifest.library.empty(), "there is something to load");
  require(pvs::compare_descriptions(manifest.description, manifest.description).empty(),
          "a manifest agrees with itself");
}

std::vector<std::string> manifest_read_seeds() {
  return {"",
          "{}",
          "[]",
          "nothing",
          plugin::test::manifest_file(),
          R"({"manifest_version":1,"id":"de.example.plugin","library":"../../etc/passwd","version":"1e9"})",
          R"([[[[{"a":[true,false,null,"\ud83d\ude00\u0000",0.1e-5]}]]]])"};
}

}  // namespace kvc::fuzz
