// SPDX-License-Identifier: Apache-2.0
// What a broken or hostile plugin may answer to its host: the reference host shows it, or says why not, and a value the
// plugin put into a secret field is never repeated. (That the host survives plugins which break the C contract itself
// is proved by the broken plugins of host_api/conformance.)
#include "fuzz/target.h"
#include "json.h"
#include "mime/charset.h"
#include "view_json.h"

namespace kvc::fuzz {
namespace {

namespace v1 = pvs::v1;

constexpr std::string_view kCanary = "Canary-Geheim";

/// The plugin's answer, with a canary in every secret field: the one thing a host must not repeat.
v1::ActionReply with_canaries(v1::ActionReply reply) {
  if (reply.has_view() && reply.view().has_form()) {
    for (auto& field : *reply.mutable_view()->mutable_form()->mutable_fields()) {
      if (field.type() == v1::Field::TYPE_SECRET) {
        field.mutable_value()->set_secret(std::string(kCanary));
      }
    }
  }
  return reply;
}

void check(const v1::ActionReply& reply) {
  const std::string text = pvs::host::to_line(pvs::host::outcome_to_json(reply));
  require(text.find(kCanary) == std::string::npos, "no value of a secret field is shown");
  require(mime::is_utf8(text), "what a script reads is text");
  require(text.find('\n') == std::string::npos, "an outcome is one line");
}

}  // namespace

void plugin_answers(std::string_view input) {
  v1::ActionReply reply;
  if (reply.ParseFromArray(input.data(), static_cast<int>(input.size()))) {
    check(with_canaries(std::move(reply)));
  }
}

std::vector<std::string> plugin_answers_seeds() {
  std::vector<std::string> seeds;
  v1::ActionReply reply;
  auto& view = *reply.mutable_view();
  view.set_view_id("1");
  view.set_kind("account.new");
  view.set_title("Neues Konto");
  auto& action = *view.add_actions();
  action.set_action_id("check");
  action.set_label("Prüfen");
  action.set_role(v1::Action::ROLE_PRIMARY);
  for (int type = v1::Field::TYPE_TEXT; type <= v1::Field::TYPE_RECIPIENT; ++type) {
    auto& field = *view.mutable_form()->add_fields();
    field.set_name("feld_" + std::to_string(type));
    field.set_type(static_cast<v1::Field::Type>(type));
    field.mutable_value()->set_text("Text");
    field.add_choices()->set_id("a");
    field.mutable_password_rules()->set_min_length(8);
  }
  seeds.push_back(reply.SerializeAsString());
  auto& table = *view.mutable_table();
  for (int kind = v1::Table::Column::KIND_TEXT; kind <= v1::Table::Column::KIND_STATE; ++kind) {
    auto& column = *table.add_columns();
    column.set_name("spalte_" + std::to_string(kind));
    column.set_kind(static_cast<v1::Table::Column::Kind>(kind));
  }
  auto& row = *table.add_rows();
  row.set_row_id("r");
  row.add_cells()->set_time_ms(1766666666000);
  row.add_cells()->set_code("valid");
  *row.add_actions() = action;
  seeds.push_back(reply.SerializeAsString());
  auto& detail = *view.mutable_detail();
  auto& fact = *detail.add_groups()->add_facts();
  fact.set_name("state");
  fact.set_severity(v1::SEVERITY_BAD);
  *detail.add_parts()->add_actions() = action;
  seeds.push_back(reply.SerializeAsString());
  view.mutable_notice()->add_facts()->set_label("Grund");
  seeds.push_back(reply.SerializeAsString());
  view.mutable_confirmation()->set_question("Wirklich?");
  seeds.push_back(reply.SerializeAsString());
  view.mutable_progress()->set_permille(-1);
  seeds.push_back(reply.SerializeAsString());
  view.mutable_document()->set_name("befund.pdf");
  seeds.push_back(reply.SerializeAsString());
  reply.mutable_accepted()->set_job_id(7);
  seeds.push_back(reply.SerializeAsString());
  reply.mutable_done()->set_close_view(true);
  seeds.push_back(reply.SerializeAsString());
  reply.mutable_error()->add_params()->set_name("file");
  seeds.push_back(reply.SerializeAsString());
  reply.mutable_suggestions()->add_suggestions()->set_value("praxis@kv-safenet.de");
  seeds.push_back(reply.SerializeAsString());
  return seeds;
}

}  // namespace kvc::fuzz
