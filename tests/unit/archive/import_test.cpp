// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "mailbox/blob.h"
#include "mailbox/inbox_repository.h"
#include "unit/archive/fixture.h"

namespace kvc::testing {
namespace {

using archive::FileOutcome;

TEST_F(Archive, AFileIsImportedInItsOriginalBytes) {
  const std::string raw = mail();
  const auto summary = import(put("a.eml", raw));
  EXPECT_EQ(summary.files, 1);
  EXPECT_EQ(summary.imported, 1);
  EXPECT_EQ(summary.not_valid, 0);
  EXPECT_TRUE(summary.reports.empty());
  const auto items = inbox_b();
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].verdict, message::Verdict::valid);
  EXPECT_TRUE(items[0].opened);
  EXPECT_EQ(items[0].from, kAddressA);
  std::ostringstream out;
  ASSERT_TRUE(service().export_eml("bert", items[0].id, out).ok());
  EXPECT_EQ(out.str(), raw);
  EXPECT_EQ(world->mailbox->open("bert", items[0].id)->message.text(), "Hallo");
}

TEST_F(Archive, AFolderIsReadWithEverythingBelowIt) {
  put("a.eml", mail());
  put("2019/b.EML", mail());
  put("2019/mai/c.eml", mail());
  put("2019/liste.txt", mail());
  put(".eml", mail());
  const auto summary = import_all();
  EXPECT_EQ(summary.files, 3);
  EXPECT_EQ(summary.imported, 3);
  EXPECT_EQ(inbox_b().size(), 3U);
}

TEST_F(Archive, LinksPipesAndDevicesAreLeftAlone) {
  const auto outside = std::filesystem::path(scratch.file("draussen"));
  std::filesystem::create_directories(outside);
  std::ofstream(outside / "x.eml", std::ios::binary) << mail();
  ASSERT_EQ(::symlink((outside / "x.eml").c_str(), (folder / "link.eml").c_str()), 0);
  ASSERT_EQ(::symlink(outside.c_str(), (folder / "ordner").c_str()), 0);
  ASSERT_EQ(::symlink(folder.c_str(), (folder / "kreis").c_str()), 0);
  ASSERT_EQ(::symlink("/dev/zero", (folder / "null.eml").c_str()), 0);
  ASSERT_EQ(::mkfifo((folder / "rohr.eml").c_str(), 0600), 0);
  const auto summary = import_all();
  EXPECT_EQ(summary.files, 0);
  EXPECT_TRUE(inbox_b().empty());
  EXPECT_EQ(import((folder / "rohr.eml").string()).reports.at(0).outcome, FileOutcome::unreadable)
      << "a pipe is not waited for";
}

TEST_F(Archive, RunsAnyNumberOfTimes) {
  put("a.eml", mail());
  put("kopie/a.eml", with_lf(mail([](message::Outgoing&) {})));
  put("b.eml", mail());
  EXPECT_EQ(import_all().imported, 3);
  const auto again = import_all();
  EXPECT_EQ(again.imported, 0);
  EXPECT_EQ(again.duplicates, 3);
  EXPECT_TRUE(again.reports.empty());
  EXPECT_EQ(inbox_b().size(), 3U);
}

TEST_F(Archive, TheSameMailWithOtherLineEndsIsADuplicate) {
  const std::string raw = mail();
  put("a.eml", raw);
  EXPECT_EQ(import_all().imported, 1);
  const auto summary = import(put("b.eml", with_lf(raw)));
  EXPECT_EQ(summary.duplicates, 1);
}

TEST_F(Archive, LineFeedsAloneAreReadToo) {
  import(put("a.eml", with_lf(mail())));
  ASSERT_EQ(inbox_b().size(), 1U);
  EXPECT_EQ(inbox_b()[0].verdict, message::Verdict::valid);
}

TEST_F(Archive, WhatWasFetchedIsADuplicate) {
  deliver(plain_mail());
  const std::string raw = on_server_b().back().second;
  ASSERT_EQ(fetch_b()->fetched, 1);
  EXPECT_EQ(import(put("a.eml", raw)).duplicates, 1);
}

// Protocol C, "Receiving duties": nothing is deleted on the server that is not stored here, byte for byte.
TEST_F(Archive, AnotherLetterUnderTheSameMessageIdIsFetchedBesideIt) {
  const std::string id = deliver(plain_mail());
  const std::string raw = on_server_b().back().second;
  const std::size_t sealed = raw.find("\r\n\r\n") + 40;
  put("a.eml", raw.substr(0, sealed) + (raw[sealed] == 'A' ? 'B' : 'A') + raw.substr(sealed + 1));
  ASSERT_EQ(import_all().imported, 1);
  const auto fetched = fetch_b();
  ASSERT_TRUE(fetched.ok()) << fetched.status().to_string();
  EXPECT_EQ(fetched->fetched, 1);
  EXPECT_EQ(fetched->duplicates, 0);
  EXPECT_TRUE(on_server_b().empty());
  const auto items = inbox_b();
  ASSERT_EQ(items.size(), 2U);
  for (const auto& item : items) {
    EXPECT_EQ(item.message_id, id) << "both say what stands in them";
  }
  std::set<std::string> stored;
  for (const auto& item : items) {
    std::ostringstream out;
    ASSERT_TRUE(world->mailbox->read_raw("bert", item.id, out).ok());
    stored.insert(out.str());
  }
  EXPECT_EQ(stored.size(), 2U);
  EXPECT_TRUE(stored.contains(raw));
  // Both ways again: the archive is there already, and so is the server's copy.
  EXPECT_EQ(import_all().duplicates, 1);
  on_server_b().emplace_back(id, raw);
  EXPECT_EQ(fetch_b()->duplicates, 1);
  EXPECT_TRUE(on_server_b().empty());
  EXPECT_EQ(inbox_b().size(), 2U);
}

TEST_F(Archive, TheSameBytesOnTheServerAreADuplicate) {
  deliver(plain_mail());
  put("a.eml", on_server_b().back().second);
  ASSERT_EQ(import_all().imported, 1);
  EXPECT_EQ(fetch_b()->duplicates, 1);
  EXPECT_TRUE(on_server_b().empty());
  EXPECT_EQ(inbox_b().size(), 1U);
}

TEST_F(Archive, WhatCannotBeComparedStaysOnTheServer) {
  const std::string id = deliver(plain_mail());
  const std::string raw = on_server_b().back().second;
  put("a.eml", raw);
  ASSERT_EQ(import_all().imported, 1);
  const Status broke(error::server_error, "the server cannot read the mail");
  world->server.refusals["fetch"] = {broke, broke};
  ASSERT_TRUE(fetch_b().ok());
  EXPECT_EQ(on_server_b().size(), 1U);
  // A shorter and a longer copy are others; so the server's letter comes beside it.
  on_server_b()[0].second = raw + "\r\n";
  EXPECT_EQ(fetch_b()->fetched, 1);
  EXPECT_EQ(inbox_b().size(), 2U);
}

TEST_F(Archive, IsJudgedAtTheSigningTime) {
  put("a.eml", mail());
  world->env.advance(std::chrono::hours(24 * 365 * 40));  // certificates and CAs of these practices have long expired
  const auto summary = import_all();
  EXPECT_EQ(summary.imported, 1);
  EXPECT_EQ(summary.not_valid, 0);
  const std::string id = inbox_b().at(0).id;
  EXPECT_EQ(world->mailbox->open("bert", id)->message.verdict, message::Verdict::valid) << "and stays so";
  auto made = service();
  EXPECT_TRUE(std::holds_alternative<message::AtSigningTime>(made.protocol("bert", id)->reference));
  ASSERT_TRUE(made.set_reference_time("bert", id, world->env.now()).ok());
  EXPECT_EQ(made.protocol("bert", id)->message.verdict, message::Verdict::certificate_expired);
  EXPECT_EQ(world->mailbox->open("bert", id)->message.verdict, message::Verdict::certificate_expired);
  ASSERT_TRUE(made.set_reference_time("bert", id, message::AtSigningTime{}).ok());
  EXPECT_EQ(made.protocol("bert", id)->message.verdict, message::Verdict::valid);
}

TEST_F(Archive, FetchedMailKeepsTheTimeOfReceipt) {
  deliver(plain_mail());
  ASSERT_TRUE(fetch_b().ok());
  EXPECT_TRUE(service().set_reference_time("bert", inbox_b().at(0).id, world->env.now()).is(error::invalid_state));
}

TEST_F(Archive, StandsInTheListAtItsOwnTime) {
  const TimePoint then = world->env.now();
  put("a.eml", mail());
  world->env.advance(std::chrono::hours(24 * 100));
  put("zukunft.eml", mail([&](message::Outgoing&) {}));
  import(put("a.eml", mail([](message::Outgoing&){})));
  import_all();
  for (const auto& item : inbox_b()) {
    EXPECT_LE(item.received, world->env.now());
    EXPECT_GE(item.received, then);
  }
}

TEST_F(Archive, NeverCausesAReceipt) {
  put("a.eml", mail([](message::Outgoing& m) { m.request_receipt = true; }));
  EXPECT_EQ(import_all().imported, 1);
  EXPECT_TRUE(outbox_b().empty());
  ASSERT_TRUE(world->mailbox->reopen("bert", world->account_b, {}, world->cancel).ok());
  EXPECT_TRUE(outbox_b().empty());
}

TEST_F(Archive, AnAnswerOlderThanTheMailboxIsNotReported) {
  const auto feedback = [](message::Outgoing& m) {
    m.service_id = {"1ClickAbrechnung", "Rueckmeldung", "V2.0"};
    m.subject = "1ClickAbrechnung-Rueckmeldung";
  };
  put("a.eml", mail(feedback));
  EXPECT_EQ(import_all().imported, 1);
  ASSERT_EQ(inbox_b().size(), 1U);
  EXPECT_FALSE(inbox_b()[0].unassigned);
  message::Outgoing fetched = plain_mail();
  feedback(fetched);
  deliver(fetched);
  EXPECT_EQ(fetch_b()->unassigned, 1) << "one that was fetched is";
}

TEST_F(Archive, TakesThePlaceOfTheNoteThatAMailWasTooLarge) {
  const std::string id = deliver(plain_mail());
  const std::string raw = on_server_b().back().second;
  mailbox::InboxRow note;
  note.id = new_uuid(world->env);
  note.account_id = world->account_b;
  note.message_id = id;
  note.processed = true;
  note.too_large_limit = 1000;
  mailbox::BlobWriter nothing(*world->database, world->env, world->account_b, 0);
  note.blob_id = nothing.id();
  ASSERT_TRUE(world->database
                  ->write([&](Poco::Data::Session& session) -> Status {
                    KVC_TRY(nothing.finish(session));
                    mailbox::inbox::insert(session, note);
                    return {};
                  })
                  .ok());
  nothing.committed();
  std::ostringstream out;
  EXPECT_TRUE(service().export_eml("bert", note.id, out).is(error::invalid_state));
  EXPECT_TRUE(service().protocol("bert", note.id).status().is(error::invalid_state));
  EXPECT_EQ(import(put("a.eml", raw)).imported, 1);
  ASSERT_EQ(inbox_b().size(), 1U);
  EXPECT_EQ(inbox_b()[0].verdict, message::Verdict::valid);
}

TEST_F(Archive, OwnSentMailBelongsToTheSender) {
  put("a.eml", mail());
  const auto summary = import_all("anna");
  EXPECT_EQ(summary.imported, 1);
  EXPECT_EQ(inbox_a().size(), 1U);
  EXPECT_TRUE(inbox_b().empty());
}

TEST_F(Archive, MailOfStrangersIsReportedAndNotStored) {
  const auto path = put("fremd.eml", message::samples::sealed(message::samples::letter()));
  const auto summary = import_all();
  EXPECT_EQ(summary.imported, 0);
  EXPECT_EQ(summary.unknown_recipients, 1);
  ASSERT_EQ(summary.reports.size(), 1U);
  EXPECT_EQ(summary.reports[0].outcome, FileOutcome::unknown_recipient);
  EXPECT_EQ(summary.reports[0].path, path);
  EXPECT_TRUE(inbox_b().empty());
}

TEST_F(Archive, AddressedToUsWithoutAKeyIsKeptUnopened) {
  auto letter = message::samples::letter();
  letter.to = kAddressB;
  put("a.eml", message::samples::sealed(letter));
  const auto summary = import_all();
  EXPECT_EQ(summary.imported, 1);
  EXPECT_EQ(summary.unopened, 1);
  EXPECT_EQ(summary.not_valid, 1);
  ASSERT_EQ(summary.reports.size(), 1U);
  EXPECT_EQ(summary.reports[0].outcome, FileOutcome::imported_unopened);
  ASSERT_EQ(inbox_b().size(), 1U);
  EXPECT_FALSE(inbox_b()[0].opened);
  EXPECT_EQ(inbox_b()[0].verdict, message::Verdict::decrypt_failed);
}

TEST_F(Archive, AChangedMailIsKeptWithItsVerdict) {
  std::string raw = mail();
  raw.replace(raw.size() / 2, 1, raw[raw.size() / 2] == 'A' ? "B" : "A");
  const auto summary = import(put("a.eml", raw));
  EXPECT_EQ(summary.imported, 1);
  EXPECT_EQ(summary.not_valid, 1);
  std::ostringstream out;
  ASSERT_TRUE(service().export_eml("bert", inbox_b().at(0).id, out).ok());
  EXPECT_EQ(out.str(), raw);
}

TEST_F(Archive, WithoutAMessageIdTheBytesAreTheIdentity) {
  const std::string raw = without_field(mail(), "Message-ID");
  ASSERT_EQ(raw.find("\r\nMessage-ID:"), std::string::npos);
  put("a.eml", raw);
  put("b.eml", raw);
  const auto summary = import_all();
  EXPECT_EQ(summary.imported, 1);
  EXPECT_EQ(summary.duplicates, 1);
  EXPECT_TRUE(inbox_b().at(0).message_id.starts_with("sha256-"));
}

TEST_F(Archive, WhatIsNoMailIsNamed) {
  put("leer.eml", "");
  put("text.eml", "Dies ist kein Brief\n");
  put("bild.eml", std::string("\x89PNG\r\n\x1a\n\0\0\0", 11));
  put("kopf.eml", "Subject: nur ein Betreff\r\n\r\n");
  put("gross.eml", "From: a@b.de\r\nX: " + std::string(300000, 'x') + "\r\n\r\n");
  put("gut.eml", mail());
  const auto summary = import_all();
  EXPECT_EQ(summary.files, 6);
  EXPECT_EQ(summary.imported, 1) << "one bad file does not hold up the others";
  EXPECT_EQ(summary.failed, 5);
  ASSERT_EQ(summary.reports.size(), 5U);
  for (const auto& report : summary.reports) {
    EXPECT_EQ(report.outcome, FileOutcome::not_a_mail) << report.path;
    EXPECT_FALSE(report.detail.empty());
  }
}

TEST_F(Archive, AFileLargerThanAnyMailIsNotRead) {
  const auto path = put("gross.eml", mail());
  std::filesystem::resize_file(path, 1ULL << 40);  // sparse
  const auto summary = import_all();
  ASSERT_EQ(summary.reports.size(), 1U);
  EXPECT_EQ(summary.reports[0].outcome, FileOutcome::too_large);
}

TEST_F(Archive, HostileFileNamesAreShownHarmless) {
  put("b\xFF\x1b[31m\n.eml", "x");
  const auto summary = import_all();
  ASSERT_EQ(summary.reports.size(), 1U);
  EXPECT_EQ(summary.reports[0].path.find_first_of("\n\x1b"), std::string::npos);
}

TEST_F(Archive, CancellingKeepsWhatWasImported) {
  for (int i = 0; i < 5; ++i) {
    put(std::to_string(i) + ".eml", mail());
  }
  auto made = service();
  int seen = 0;
  const auto summary = made.import(
      "bert", folder.string(),
      [&](int permille, std::string_view step) {
        EXPECT_EQ(permille, -1);
        EXPECT_EQ(step, "archive.file");
        if (++seen == 2) {
          world->cancel.request();
        }
      },
      world->cancel);
  ASSERT_TRUE(summary.ok());
  EXPECT_TRUE(summary->cancelled);
  EXPECT_EQ(summary->imported, 2);
  EXPECT_EQ(inbox_b().size(), 2U);
  const Cancel go_on;
  EXPECT_EQ(made.import("bert", folder.string(), {}, go_on)->imported, 3);
}

TEST_F(Archive, NeedsAnAccountAndAPath) {
  auto made = service();
  EXPECT_TRUE(made.import("carla", folder.string(), {}, world->cancel).status().is(error::invalid_state));
  EXPECT_TRUE(made.import("bert", (folder / "nichts").string(), {}, world->cancel).status().is(error::file_unreadable));
  world->custody.locked.insert("bert");
  EXPECT_TRUE(made.import("bert", folder.string(), {}, world->cancel).status().is(error::session_locked));
}

TEST_F(Archive, ManyReportsAreCounted) {
  for (std::size_t i = 0; i < archive::kMaxReports + 3; ++i) {
    put("x" + std::to_string(i) + ".eml", "");
  }
  const auto summary = import_all();
  EXPECT_EQ(summary.reports.size(), archive::kMaxReports);
  EXPECT_EQ(summary.more_reports, 3);
  EXPECT_EQ(static_cast<std::size_t>(summary.failed), archive::kMaxReports + 3);
}

// Whatever write fails, or wherever the process dies: the next import brings every mail once, and none is changed.
TEST_F(Archive, NoMailIsLostOrDoubledByACrash) {
  const std::vector<std::string> mails = {mail(), mail()};
  put("a.eml", mails[0]);
  put("b.eml", mails[1]);
  for (const auto kind : {Fault::Kind::write_refused, Fault::Kind::death_before, Fault::Kind::death_after}) {
    for (int at = 1;; ++at) {
      world = World::with_two_accounts();
      world->set_fault(kind, at);
      auto made = service();
      const auto first = made.import("bert", folder.string(), {}, world->cancel);
      const bool struck = world->fault.writes >= at;
      world->restart();
      const auto second = import_all();
      EXPECT_TRUE(second.reports.empty()) << name(kind) << at;
      EXPECT_EQ(inbox_b().size(), 2U) << name(kind) << at;
      std::vector<std::string> exported;
      for (const auto& item : inbox_b()) {
        EXPECT_TRUE(world->mailbox->open("bert", item.id)->message.verdict == message::Verdict::valid) << name(kind);
        std::ostringstream out;
        ASSERT_TRUE(service().export_eml("bert", item.id, out).ok());
        exported.push_back(out.str());
      }
      EXPECT_THAT(exported, ::testing::UnorderedElementsAreArray(mails)) << name(kind) << at;
      if (!struck) {
        EXPECT_GT(at, 2) << "the fault struck somewhere";
        break;
      }
    }
  }
}

}  // namespace
}  // namespace kvc::testing
