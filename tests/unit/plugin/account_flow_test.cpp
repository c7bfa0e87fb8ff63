// SPDX-License-Identifier: Apache-2.0
// Accounts through the plugin's C table, with a host in the same process and a server nobody listens on: what a user
// can do then, and that nothing of it is lost or left behind. The good ways stand in tests/e2e.
#include <gmock/gmock.h>

#include <fstream>

#include "instance/instance.h"
#include "unit/crypto/test_pki.h"
#include "unit/plugin/fake_host.h"
#include "unit/plugin/manifest_file.h"

namespace kvc::plugin {
namespace {

namespace v1 = pvs::v1;
using test::FakeHost;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using Secrets = std::map<std::string, std::string>;
using Texts_ = std::map<std::string, std::string>;

class AccountFlow : public testing::Test {
 protected:
  void SetUp() override {
    host_.users = {{"anna", "Anna Arzt"}, {"ben", "Ben Beispiel"}};
    host_.sites = {{"999999901", "93"}};
    const auto root = test_pki::make_root();
    std::ofstream(host_.directory() / "root.pem") << root.certificate.pem();
    std::ofstream(host_.directory() / "user_ca.pem") << test_pki::make_user_ca(root).certificate.pem();
    plugin_ = pvs::plugin_entry(kPlugin, PVS_ABI_MINOR);
    ASSERT_EQ(plugin_->create(host_.table(), host_.context(), pvs::borrow(manifest_), &instance_), PVS_OK);
    v1::HelloRequest hello;
    hello.set_locale("de-DE");
    hello.set_settings_directory(host_.directory().string());
    hello.set_settings_json(settings());
    for (const char* service :
         {"user_context", "key_custody", "storage", "files", "progress", "audit", "schedule", "notifications"}) {
      hello.add_services(service);
    }
    const auto greeted = call<v1::HelloReply>(v1::METHOD_LIFECYCLE_HELLO, hello);
    ASSERT_TRUE(greeted.has_description()) << greeted.errors().error(0).text();
    static_cast<void>(call<v1::ActivateReply>(v1::METHOD_LIFECYCLE_ACTIVATE, v1::ActivateRequest()));
  }
  void TearDown() override {
    EXPECT_EQ(plugin_->stop(instance_, 20000), PVS_OK);
    plugin_->destroy(instance_);
    EXPECT_EQ(host_.open_streams(), 0U);
  }
  [[nodiscard]] virtual std::string settings() const {
    return R"({"environments": [{"id": "own", "base_url": "https://localhost:1/kvconnect/rest/", "mail_domain": "kv-safenet.de",
      "tls_roots": ["root.pem"], "message_roots": ["root.pem"], "user_cas": ["user_ca.pem"]}]})";
  }

  static pvs_status PVS_CALL take(void* sink, pvs_bytes payload) {
    *static_cast<std::string*>(sink) = std::string(pvs::view(payload));
    return PVS_OK;
  }
  template <class Reply>
  Reply call(v1::Method method, const google::protobuf::MessageLite& request) {
    pvs_call_header header{};
    header.struct_size = sizeof header;
    header.method = static_cast<std::uint32_t>(method);
    header.call_id = ++last_call_;
    std::string bytes;
    const std::string sent = request.SerializeAsString();
    EXPECT_EQ(plugin_->call(instance_, &header, pvs::borrow(sent), &AccountFlow::take, &bytes), PVS_OK);
    Reply reply;
    EXPECT_TRUE(reply.ParseFromString(bytes));
    return reply;
  }
  v1::ActionReply settle(const v1::ActionReply& reply) {
    return reply.has_accepted() ? host_.wait_job(reply.accepted().job_id()) : reply;
  }
  void fill(v1::Context& context, const Who& who) {
    context.set_session_id(who.session_id);
    context.set_user_id(who.user_id);
  }
  v1::ActionReply invoke(const std::string& command, const Who& who) {
    v1::InvokeRequest request;
    request.set_command_id(command);
    fill(*request.mutable_context(), who);
    return settle(call<v1::ActionReply>(v1::METHOD_COMMAND_INVOKE, request));
  }
  v1::ActionReply act(const v1::View& view, const std::string& action, const Who& who, const std::string& row = {}) {
    v1::ViewActionRequest request;
    request.set_view_id(view.view_id());
    request.set_action_id(action);
    request.set_row_id(row);
    fill(*request.mutable_context(), who);
    return settle(call<v1::ActionReply>(v1::METHOD_VIEW_ACTION, request));
  }
  v1::ActionReply submit(const v1::View& view, const std::string& action, const Who& who, const Texts_& texts,
                         const Secrets& secrets = {}, const std::map<std::string, std::vector<std::string>>& ids = {},
                         const std::vector<std::string>& files = {}, const std::string& file_field = "keystore_file") {
    v1::SubmitRequest request;
    request.set_view_id(view.view_id());
    request.set_action_id(action);
    fill(*request.mutable_context(), who);
    const auto add = [&](const std::string& name) -> v1::Value& {
      auto& named = *request.add_values();
      named.set_name(name);
      return *named.mutable_value();
    };
    for (const auto& [name, text] : texts) {
      add(name).set_text(text);
    }
    for (const auto& [name, secret] : secrets) {
      add(name).set_secret(secret);
    }
    for (const auto& [name, list] : ids) {
      auto& to = *add(name).mutable_ids();
      for (const std::string& id : list) {
        to.add_id(id);
      }
    }
    if (!files.empty()) {
      auto& refs = *add(file_field).mutable_files();
      for (const std::string& bytes : files) {
        refs.add_file()->set_stream_id(host_.open_stream(bytes));
      }
    }
    return settle(call<v1::ActionReply>(v1::METHOD_FORM_SUBMIT, request));
  }

  const Secrets good_secrets_{{"password", "Initial-AB1"},
                              {"keystore_password", "Canary-KEYSTORE-1x"},
                              {"keystore_password_repeat", "Canary-KEYSTORE-1x"}};
  /// An account the server never answered for: a draft. Returns the form that came back.
  v1::View make_draft() {
    const v1::View form = invoke("kvconnect.account.new", anna_).view();
    return submit(form, "check", anna_, {{"username", "praxis.anna"}, {"display_name", "Praxis"}}, good_secrets_)
        .view();
  }
  v1::View open_overview(const Who& who) {
    const v1::View list = invoke("kvconnect.accounts", who).view();
    EXPECT_EQ(list.table().rows_size(), 1);
    return act(list, "open", who, list.table().rows(0).row_id()).view();
  }
  static const v1::Field& field(const v1::View& view, const std::string& name) {
    static const v1::Field none;
    for (const auto& found : view.form().fields()) {
      if (found.name() == name) {
        return found;
      }
    }
    ADD_FAILURE() << "no field " << name << " in " << view.kind();
    return none;
  }
  static std::string fact_code(const v1::View& view, const std::string& name) {
    for (const auto& group : view.detail().groups()) {
      for (const auto& fact : group.facts()) {
        if (fact.name() == name) {
          return fact.code();
        }
      }
    }
    return "no such fact";
  }
  static int rows(const v1::ActionReply& reply) { return reply.view().table().rows_size(); }

  FakeHost host_;
  const std::string manifest_ = test::manifest_file();
  const pvs_plugin_v1* plugin_ = nullptr;
  pvs_instance* instance_ = nullptr;
  std::uint64_t last_call_ = 0;
  const Who anna_{"s1", "anna"};
  const Who ben_{"s2", "ben"};
};

TEST_F(AccountFlow, AServerThatIsDownBringsTheFormBackAsTyped) {
  const v1::View form = make_draft();
  ASSERT_EQ(form.kind(), "account.new");
  EXPECT_EQ(form.form().error().code(), "network.unreachable");
  EXPECT_EQ(field(form, "username").value().text(), "praxis.anna");
  EXPECT_EQ(field(form, "display_name").value().text(), "Praxis");
  EXPECT_FALSE(field(form, "password").has_value());
  EXPECT_THAT(field(form, "environment").error(), HasSubstr("nicht zu erreichen"));
  EXPECT_THAT(host_.audit_events(), ElementsAre("account.created"));
}

TEST_F(AccountFlow, ACorrectedUsernameLeavesNoSecondDraft) {
  const v1::View form = make_draft();
  EXPECT_EQ(submit(form, "check", anna_, {{"username", "praxis.anne"}}, good_secrets_).view().kind(), "account.new");
  const auto list = invoke("kvconnect.accounts", anna_);
  ASSERT_EQ(rows(list), 1);
  EXPECT_EQ(list.view().table().rows(0).cells(1).text(), "praxis.anne@kv-safenet.de");
  EXPECT_THAT(host_.audit_events(), ElementsAre("account.created", "account.removed", "account.created"));
}

TEST_F(AccountFlow, WhatWasTypedAgainCounts) {
  const v1::View form = make_draft();
  static_cast<void>(
      submit(form, "check", anna_, {{"username", "praxis.anna"}, {"display_name", "Neuer Name"}}, good_secrets_));
  EXPECT_EQ(invoke("kvconnect.accounts", anna_).view().table().rows(0).cells(0).text(), "Neuer Name");
}

TEST_F(AccountFlow, AWeakKeystorePasswordIsRefusedBeforeAnythingIsStored) {
  const v1::View form = invoke("kvconnect.account.new", anna_).view();
  const auto reply =
      submit(form, "check", anna_, {{"username", "x"}},
             {{"password", "p"}, {"keystore_password", "Praxis2024"}, {"keystore_password_repeat", "Praxis2024"}});
  EXPECT_THAT(field(reply.view(), "keystore_password").error(), HasSubstr("zu schwach"));
  EXPECT_EQ(rows(invoke("kvconnect.accounts", anna_)), 0);
}

/// Counted in characters, as the form's rules say: an umlaut is one.
TEST_F(AccountFlow, AKeystorePasswordIsAsLongAsTheFormSays) {
  const v1::View form = invoke("kvconnect.account.new", anna_).view();
  const auto error_of = [&](const std::string& password) {
    const auto reply =
        submit(form, "check", anna_, {{"username", "x"}},
               {{"password", ""}, {"keystore_password", password}, {"keystore_password_repeat", password}});
    return field(reply.view(), "keystore_password").error();
  };
  std::string longest;
  for (int i = 0; i < 200; ++i) {
    longest += i % 2 == 0 ? "ß" : std::string(1, static_cast<char>('a' + i * 7 % 26));
  }
  EXPECT_EQ(error_of(longest), "");
  EXPECT_THAT(error_of(longest + "x"), HasSubstr("höchstens 200"));
  EXPECT_THAT(error_of("äöüß"), HasSubstr("mindestens 8"));
}

TEST_F(AccountFlow, AssigningOpensTheAccountAndTakingItAwayClosesIt) {
  make_draft();
  EXPECT_EQ(rows(invoke("kvconnect.accounts", ben_)), 0);
  const v1::View form = act(open_overview(anna_), "assign", anna_).view();
  ASSERT_EQ(form.kind(), "account.assign");
  EXPECT_EQ(field(form, "users").choices_size(), 2);
  EXPECT_THAT(field(form, "users").value().ids().id(), ElementsAre("anna"));
  const auto saved =
      submit(form, "save", anna_, {}, {}, {{"users", {"anna", "ben"}}, {"practice_sites", {"999999901"}}});
  EXPECT_EQ(saved.view().kind(), "account.overview");
  EXPECT_EQ(rows(invoke("kvconnect.accounts", ben_)), 1);
  const v1::View bens = open_overview(ben_);

  const v1::View again = act(saved.view(), "assign", anna_).view();
  EXPECT_EQ(submit(again, "save", anna_, {}, {}, {{"users", {"anna"}}}).view().kind(), "account.overview");
  EXPECT_EQ(rows(invoke("kvconnect.accounts", ben_)), 0);
  // The view that stood open does not help.
  EXPECT_EQ(act(bens, "export", ben_).error().code(), "usage.not_found");
  EXPECT_EQ(act(bens, "remove", ben_).error().code(), "usage.not_found");
  EXPECT_THAT(host_.audit_events(), Contains("account.unassigned"));
}

TEST_F(AccountFlow, TheLastUserStaysAndOneselfIsAsked) {
  make_draft();
  const v1::View form = act(open_overview(anna_), "assign", anna_).view();
  const auto none = submit(form, "save", anna_, {}, {}, {{"users", {}}});
  EXPECT_THAT(field(none.view(), "users").error(), HasSubstr("Konto entfernen"));
  const auto asked = submit(form, "save", anna_, {}, {}, {{"users", {"ben"}}});
  ASSERT_EQ(asked.view().kind(), "account.unassign_self");
  EXPECT_EQ(rows(invoke("kvconnect.accounts", anna_)), 1);
  EXPECT_EQ(act(asked.view(), "confirm", anna_).view().kind(), "account.unassigned");
  EXPECT_EQ(rows(invoke("kvconnect.accounts", anna_)), 0);
  EXPECT_EQ(rows(invoke("kvconnect.accounts", ben_)), 1);
}

TEST_F(AccountFlow, AHostThatSendsNoListTakesNobodyAway) {
  make_draft();
  const v1::View form = act(open_overview(anna_), "assign", anna_).view();
  EXPECT_EQ(submit(form, "save", anna_, {}).view().kind(), "account.overview");
  EXPECT_EQ(rows(invoke("kvconnect.accounts", anna_)), 1);
}

TEST_F(AccountFlow, DetailsCanBeChanged) {
  make_draft();
  const v1::View form = act(open_overview(anna_), "edit", anna_).view();
  EXPECT_EQ(field(form, "display_name").value().text(), "Praxis");
  const auto refused = submit(form, "save", anna_, {{"display_name", "Neu"}},
                              {{"keystore_password", "Canary-OTHER-7"}, {"keystore_password_repeat", "x"}});
  EXPECT_FALSE(field(refused.view(), "keystore_password_repeat").error().empty());
  EXPECT_EQ(field(refused.view(), "display_name").value().text(), "Neu");
  const auto saved = submit(form, "save", anna_, {{"display_name", "Neu"}, {"description", "für Befunde"}},
                            {{"keystore_password", "Canary-OTHER-7"}, {"keystore_password_repeat", "Canary-OTHER-7"}});
  EXPECT_EQ(saved.view().title(), "KV-Connect-Konto Neu");
  EXPECT_EQ(fact_code(saved.view(), "keystore_strength"), "strong");
  EXPECT_THAT(host_.audit_events(), Contains("account.edited"));
}

TEST_F(AccountFlow, AWrongStoredPasswordCanBeCorrected) {
  make_draft();
  const v1::View form = act(open_overview(anna_), "correct_password", anna_).view();
  ASSERT_EQ(form.kind(), "account.correct_password");
  EXPECT_FALSE(field(submit(form, "correct", anna_, {}).view(), "password").error().empty());
  const auto tried = submit(form, "correct", anna_, {}, {{"password", "Richtig-AB1"}});
  EXPECT_EQ(tried.view().form().error().code(), "network.unreachable");
  EXPECT_THAT(host_.audit_events(), Contains("password.corrected"));
}

TEST_F(AccountFlow, WhatTheStateForbidsIsRefusedHoweverItIsAsked) {
  make_draft();
  const v1::View overview = open_overview(anna_);
  for (const char* action : {"renew", "delete_certificate"}) {
    EXPECT_EQ(act(overview, action, anna_).error().code(), "usage.invalid_state") << action;
  }
  EXPECT_EQ(act(overview, "export", anna_).error().code(), "protocol.no_certificate");
  EXPECT_EQ(act(overview, "check", anna_).view().kind(), "account.overview");
  EXPECT_EQ(fact_code(act(overview, "continue", anna_).view(), "failure"), "network.unreachable");
  EXPECT_EQ(act(overview, "explode", anna_).error().code(), "usage.bad_request");
}

TEST_F(AccountFlow, RemovingAsksAndThenLeavesNothing) {
  make_draft();
  const v1::View asked = act(open_overview(anna_), "remove", anna_).view();
  ASSERT_EQ(asked.kind(), "account.remove");
  EXPECT_THAT(asked.confirmation().consequence(), HasSubstr("0 Nachrichten im Posteingang"));
  EXPECT_EQ(rows(invoke("kvconnect.accounts", anna_)), 1);
  EXPECT_EQ(act(asked, "remove", anna_).view().kind(), "account.removed");
  EXPECT_EQ(rows(invoke("kvconnect.accounts", anna_)), 0);
}

TEST_F(AccountFlow, ImportingReadsTheFileFirstAndLeavesNothingOfABadOne) {
  const v1::View form = invoke("kvconnect.account.new", anna_).view();
  host_.chosen_file = {"alt.p12", "kein Keystore"};
  const auto chosen = submit(form, "import", anna_, {{"username", "praxis.anna"}}, {{"password", "p"}});
  ASSERT_EQ(chosen.view().kind(), "account.import");
  // No password was typed: it is asked for here.
  EXPECT_EQ(field(chosen.view(), "keystore_password").type(), v1::Field::TYPE_SECRET);
  const auto read = submit(chosen.view(), "import", anna_, {}, {{"keystore_password", "x"}});
  EXPECT_EQ(read.view().form().error().code(), "crypto.malformed");
  EXPECT_THAT(read.view().form().error().text(), HasSubstr("keine Keystore-Datei"));
  EXPECT_EQ(submit(read.view(), "create", anna_, {}).error().code(), "usage.bad_request");
  EXPECT_EQ(rows(invoke("kvconnect.accounts", anna_)), 0);
}

TEST_F(AccountFlow, ImportingIntoAnAccountTakesOneFileAndChangesNothingIfItIsBad) {
  make_draft();
  const v1::View form = act(open_overview(anna_), "import", anna_).view();
  ASSERT_EQ(form.kind(), "account.import_into");
  const auto none = submit(form, "import", anna_, {}, {});
  EXPECT_FALSE(field(none.view(), "keystore_file").error().empty());
  EXPECT_FALSE(field(none.view(), "keystore_password").error().empty());
  const auto two = submit(form, "import", anna_, {}, {{"keystore_password", "x"}}, {}, {"a", "b"});
  EXPECT_FALSE(field(two.view(), "keystore_file").error().empty());
  const auto bad = submit(form, "import", anna_, {}, {{"keystore_password", "x"}}, {}, {std::string(9000, '0')});
  EXPECT_EQ(bad.view().form().error().code(), "crypto.malformed");
  EXPECT_FALSE(field(bad.view(), "keystore_password").has_value());
  const auto huge =
      submit(form, "import", anna_, {}, {{"keystore_password", "x"}}, {}, {std::string((4U << 20U) + 1, '0')});
  EXPECT_EQ(huge.view().form().error().code(), "usage.too_large");
}

TEST_F(AccountFlow, AFileThatIsTooLargeIsRefusedWhileItIsRead) {
  const v1::View form = invoke("kvconnect.account.new", anna_).view();
  host_.chosen_file = {"riesig.p12", std::string((4U << 20U) + 1, 'x')};
  const auto chosen = submit(form, "import", anna_, {{"username", "x"}}, {{"password", "p"}});
  EXPECT_EQ(chosen.view().form().error().code(), "usage.too_large");
  EXPECT_THAT(chosen.view().form().error().text(), HasSubstr("zu groß für eine Keystore-Datei"));
}

TEST_F(AccountFlow, LeavingTheFileDialogKeepsTheForm) {
  const v1::View form = invoke("kvconnect.account.new", anna_).view();
  EXPECT_TRUE(submit(form, "import", anna_, {{"username", "x"}}, {{"password", "p"}}).has_done());
  EXPECT_EQ(submit(form, "import", anna_, {}).view().view_id(), form.view_id());
}

TEST_F(AccountFlow, WhatWasTypedForAnImportIsGoneAfterLocking) {
  const v1::View form = invoke("kvconnect.account.new", anna_).view();
  host_.chosen_file = {"alt.p12", "x"};
  const auto chosen = submit(form, "import", anna_, {{"username", "x"}}, {{"password", "p"}});
  v1::SessionLockedRequest locked;
  fill(*locked.mutable_context(), anna_);
  static_cast<void>(call<v1::HookReply>(v1::METHOD_HOOK_SESSION_LOCKED, locked));
  EXPECT_EQ(submit(chosen.view(), "import", anna_, {}).error().code(), "usage.view_closed");
}

TEST_F(AccountFlow, TheApplicationFormsAreThoseOfTheOwnKvFirst) {
  const v1::View list = invoke("kvconnect.apply", anna_).view();
  EXPECT_EQ(list.table().rows(0).row_id(), "93");
  const v1::View forms = act(list, "open", anna_, "93").view();
  ASSERT_EQ(forms.table().rows_size(), 1);
  EXPECT_TRUE(act(forms, "open_form", anna_, forms.table().rows(0).row_id()).has_done());
  ASSERT_EQ(host_.urls().size(), 1U);
  EXPECT_THAT(host_.urls()[0], HasSubstr("KV_Thueringen.pdf"));
  for (const char* row : {"", "99", "-1", "1x", "99999999999999999999"}) {
    EXPECT_TRUE(act(forms, "open_form", anna_, row).has_error()) << row;
  }
  EXPECT_EQ(act(list, "open", anna_, "00").error().code(), "usage.bad_request");
  host_.denied.insert(v1::METHOD_HOST_OPEN_URL);
  EXPECT_EQ(act(forms, "open_form", anna_, forms.table().rows(0).row_id()).view().kind(), "apply.address");
}

TEST_F(AccountFlow, ALoginAloneTellsNothingWhenNothingIsDue) {
  v1::SessionUnlockedRequest unlocked;
  fill(*unlocked.mutable_context(), anna_);
  EXPECT_FALSE(call<v1::HookReply>(v1::METHOD_HOOK_SESSION_UNLOCKED, unlocked).has_error());
  EXPECT_EQ(rows(invoke("kvconnect.accounts", anna_)), 0);
  EXPECT_TRUE(host_.notifications().empty());
}

TEST_F(AccountFlow, NoSecretReachesTheLogOrTheAudit) {
  make_draft();
  EXPECT_THAT(host_.log(), Not(HasSubstr("Canary")));
  EXPECT_THAT(host_.log(), Not(HasSubstr("Initial-AB1")));
}

// Whatever becomes of an import, no file of the host's stays open (TearDown looks).
TEST_F(AccountFlow, AnArchiveImportClosesItsFilesHoweverItEnds) {
  const v1::View form = invoke("kvconnect.archive.import", anna_).view();
  ASSERT_EQ(form.kind(), "archive.import");
  // Without an account there is nothing to import into.
  EXPECT_EQ(submit(form, "import", anna_, {}, {}, {}, {"a", "b", "c"}, "archive_files").error().code(),
            "usage.invalid_state");
  EXPECT_EQ(host_.open_streams(), 0U);
  const auto both = submit(form, "import", anna_, {{"archive_folder", "/archiv"}}, {}, {}, {"a"}, "archive_files");
  EXPECT_FALSE(field(both.view(), "archive_folder").error().empty());
  EXPECT_FALSE(field(submit(form, "import", anna_, {}).view(), "archive_files").error().empty());
  for (const char* folder : {"archiv", "../archiv", "~/archiv"}) {
    EXPECT_FALSE(
        field(submit(form, "import", anna_, {{"archive_folder", folder}}).view(), "archive_folder").error().empty())
        << folder;
  }
}

TEST_F(AccountFlow, TheInboxFilterRefusesDatesThatAreNone) {
  const v1::View list = invoke("kvconnect.inbox", anna_).view();
  const v1::View form = act(list, "filter", anna_).view();
  ASSERT_EQ(form.kind(), "inbox.filter");
  for (const char* date : {"gestern", "2026-02-30", "2026-1-1", "24.12.2026", "2026-12-24T00:00:00"}) {
    const auto again = submit(form, "apply", anna_, {{"from_date", date}});
    EXPECT_FALSE(field(again.view(), "from_date").error().empty()) << date;
    EXPECT_EQ(field(again.view(), "from_date").value().text(), date);
  }
  const auto turned = submit(form, "apply", anna_, {{"from_date", "2026-12-24"}, {"to_date", "2026-12-23"}});
  EXPECT_FALSE(field(turned.view(), "to_date").error().empty());
  EXPECT_EQ(submit(form, "apply", anna_, {{"from_date", "2026-12-24"}, {"to_date", "2026-12-24"}}).view().kind(),
            "inbox");
}

TEST_F(AccountFlow, AMessageThatIsNotThereIsNotFoundByAnyAction) {
  const v1::View list = invoke("kvconnect.outbox", anna_).view();
  EXPECT_EQ(act(list, "page", anna_).view().kind(), "outbox");
  for (const char* id : {"open", "retry", "withdraw", "edit", "clear_overdue", "thread", "save_protocol"}) {
    EXPECT_EQ(act(list, id, anna_, "../../x").error().code(), "usage.not_found") << id;
  }
  EXPECT_EQ(act(invoke("kvconnect.inbox", anna_).view(), "open", anna_, "x").error().code(), "usage.not_found");
}

/// An integrator's list that was changed while the plugin runs.
class ReplacedForms : public AccountFlow {
 protected:
  [[nodiscard]] std::string settings() const override {
    std::ofstream(host_.directory() / "forms.csv")
        << "kv_code,kv,form_file,url\n93,Thüringen,neu.pdf,https://kv.example/neu.pdf\n";
    return R"({"application_forms_file": "forms.csv"})";
  }
};

TEST_F(ReplacedForms, AreUsedAndTheirFaultsNamed) {
  const v1::View list = invoke("kvconnect.apply", anna_).view();
  EXPECT_EQ(list.table().rows(0).cells(2).code(), "1");
  EXPECT_EQ(list.table().rows(1).cells(2).code(), "0");
  std::ofstream(host_.directory() / "forms.csv") << "kv_code,kv,form_file,url\n93,Thüringen,neu.pdf\n";
  const v1::View broken = invoke("kvconnect.apply", anna_).view();
  EXPECT_EQ(broken.kind(), "apply.broken_list");
  EXPECT_THAT(broken.notice().text(), HasSubstr("Zeile 2"));
  EXPECT_THAT(broken.notice().text(), HasSubstr("application_forms_file"));
}

}  // namespace
}  // namespace kvc::plugin
