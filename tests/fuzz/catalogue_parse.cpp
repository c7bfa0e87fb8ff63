// SPDX-License-Identifier: Apache-2.0
// A catalogue of services is an integrator's file: what is accepted must be usable, whatever else is in it.
#include "service/catalogue.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "fuzz/target.h"
#include "service/clear_subject.h"
#include "service/parts_check.h"

namespace kvc::fuzz {
namespace {

bool printable(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void check_message(const service::Catalogue& catalogue, const service::Service& of, const service::MessageRule& rule) {
  const auto match = catalogue.find(rule.id);
  require(match && match->service->key == of.key && match->message->id == rule.id && match->version_known,
          "every message is found by its own id");
  require(printable(service::clear_subject(rule.id, catalogue)), "a clear subject fits a header");
  for (const auto& roles : rule.any_of) {
    require(!roles.empty() &&
                std::all_of(roles.begin(), roles.end(), [&](const auto& role) { return rule.part(role) != nullptr; }),
            "sets name roles that exist");
  }
  const std::vector<service::FileFacts> files{{"begleitdatei.xml", "application/xml", ""}, {"", "", ""}};
  require(service::roles_of(rule, files).size() == files.size(), "every file has a role or none");
  for (const auto& problem : service::check_parts(rule, true, files)) {
    require(problem.file == service::PartProblem::kNoFile || problem.file < files.size(), "problems name files");
  }
}

}  // namespace

void catalogue_parse(std::string_view input) {
  const auto parsed = service::Catalogue::parse(input);
  if (!parsed.ok()) {
    require(parsed.status().is(error::invalid_settings) && printable(parsed.status().detail()),
            "what is wrong is said in plain words");
    return;
  }
  for (const service::Service& service : parsed->services()) {
    require(!service.key.empty() && parsed->service(service.key) == &service, "keys are unique");
    for (const service::MessageRule& rule : service.messages) {
      check_message(*parsed, service, rule);
    }
  }
  const auto merged = service::Catalogue::builtin().with(*parsed);
  require(!merged.ok() || merged->receipt_type() == service::Catalogue::builtin().receipt_type(),
          "the built-in receipt type stays");
}

std::vector<std::string> catalogue_parse_seeds() {
  std::ifstream builtin(KVC_FUZZ_FOLDER "/../../src/service/services.json");
  const std::string whole((std::istreambuf_iterator<char>(builtin)), {});
  require(!whole.empty(), "the built-in catalogue lies in the tree");
  return {
      "",
      R"({"services":[]})",
      whole,
      R"({"services":[{"key":"a","title":{"de":"\u00fc","en":"b"},"mark":"D","variants":["X","Y"],"recipients":"local_part",
        "local_part":"p","receipt":"never","answered_by":"enachricht","messages":[{"kind":"delivery","id":"A-{variant};B;V1",
        "mark":"C","read_versions":["V0"],"subject":"A {variant}","title":{"de":"a","en":"b"},"any_of":[["x","y"]],
        "parts":[{"role":"x","title":{"de":"a","en":"b"},"names":["*.##"],"types":["a/b"],"descriptions":["*"],"min":1,
        "max":2},{"role":"y","title":{"de":"a","en":"b"},"text":true}]}],"replies":[{"kind":"status","by":["guid"],
        "expected":"always","deadline_hours":72,"working_days":true,"mark":"I"}]}]})",
      R"({"services":[{"key":"\u0000","min":1e99,"max":-1,"text":null}]})",
  };
}

}  // namespace kvc::fuzz
