// SPDX-License-Identifier: Apache-2.0
// kvconnect.compose.1click "1-Click-Abrechnung" with the hook billing_ready, and kvconnect.compose.edoku
// "eDokumentation senden": deliveries to the KV of a practice site, whose address the KVCA file knows.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "base/german_time.h"
#include "base/status_parameter.h"
#include "billing/delivery.h"
#include "commands/compose.h"
#include "commands/entries.h"
#include "commands/kvca.h"
#include "commands/small_file.h"
#include "kv/kv_codes.h"
#include "texts/format.h"
#include "views/mailbox_views.h"
#include "views/message_words.h"

namespace kvc::plugin::commands {
namespace {

using billing::Content;
using billing::Mode;
using billing::Purpose;

constexpr std::size_t kHead = 8;
constexpr int kQuarters = 8;
constexpr std::array kDocumentations{"QSHLT", "QSKE", "QSMG", "QSHGV", "QSHGVK"};
struct NamedContent {
  const char* id;
  Content content;
};
constexpr std::array kContents{NamedContent{"billing", Content::billing},
                               NamedContent{"collective", Content::collective}, NamedContent{"both", Content::both}};

bool is_one_click(const Letter& letter) {
  return letter.kind == kOneClickKind.view_kind;
}

const char* id_of(Content content) {
  return std::find_if(kContents.begin(), kContents.end(), [&](const auto& c) { return c.content == content; })->id;
}

Purpose purpose_of(const std::string& id) {
  return id == "test" ? Purpose::test : id == "correction" ? Purpose::correction : Purpose::real;
}

std::string refusal_sentence(const Texts& t, std::string_view refusal_key) {
  return t("kv.refusal." + std::string(refusal_key));
}

/// The sites of the practice, and the one that is chosen.
struct Desk {
  billing::KvcaFile kvca;
  std::vector<PracticeSite> sites;
  [[nodiscard]] const PracticeSite& site(const std::string& bsnr) const {
    const auto found = std::find_if(sites.begin(), sites.end(), [&](const auto& each) { return each.bsnr == bsnr; });
    return found == sites.end() ? sites.front() : *found;
  }
};

/// Errors: those of load_kvca(), of the host, and not_found for a practice without a site that has a KV.
Result<Desk> open_desk(Writing& writing) {
  Desk desk;
  KVC_ASSIGN(desk.kvca, load_kvca(writing.runtime.settings()));
  KVC_ASSIGN(desk.sites, writing.runtime.host().practice_sites(writing.request.who.session_id));
  std::erase_if(desk.sites, [](const PracticeSite& site) { return site.kv_code.empty() || site.bsnr.empty(); });
  if (desk.sites.empty()) {
    return Status(error::not_found, "the practice has no site with BSNR and KV");
  }
  return desk;
}

// ---- what can be chosen ----

/// Offered if the KV takes it for real or for testing; else the reason of the real one.
billing::Refusal refusal_of(const billing::Offer& real, const billing::Offer& test) {
  return real.offered() || test.offered() ? billing::Refusal::none : real.refusal;
}

std::string why_not(const Texts& t, billing::Refusal refusal) {
  return refusal == billing::Refusal::none ? std::string() : refusal_sentence(t, billing::key(refusal));
}

/// All offers of a KV in one mode: for each content, or for each kind of documentation.
std::vector<billing::Offer> offers(const Desk& desk, const PracticeSite& site, bool one_click, Mode mode,
                                   TimePoint now) {
  std::vector<billing::Offer> all;
  if (one_click) {
    for (const NamedContent& each : kContents) {
      all.push_back(billing::one_click_offer(desk.kvca, site.kv_code, each.content, mode, now));
    }
    return all;
  }
  for (const char* kind : kDocumentations) {
    all.push_back(billing::application_offer(desk.kvca, site.kv_code, kind, mode, now));
  }
  return all;
}

std::string purpose_reason(const Texts& t, const std::vector<billing::Offer>& offers) {
  const bool any = std::any_of(offers.begin(), offers.end(), [](const auto& offer) { return offer.offered(); });
  return any ? std::string() : refusal_sentence(t, billing::key(offers.front().refusal));
}

views::Option quarter_option(int at) {
  const std::string id = std::to_string(at / 4) + "-" + std::to_string(at % 4 + 1);
  return {id, views::quarter_words(id)};
}

/// The quarter that ended last comes first: it is the one that is billed. Then the running one, of which parts are
/// sent.
std::vector<views::Option> quarters(const Texts& t, TimePoint now) {
  const std::string today = german_date_time(now);
  int year = 0;
  int month = 1;
  std::from_chars(today.data(), today.data() + 4, year);
  std::from_chars(today.data() + 5, today.data() + 7, month);
  const int current = year * 4 + (month - 1) / 3;
  std::vector<views::Option> options{quarter_option(current - 1), quarter_option(current)};
  options.back().label = t("kv.quarter.running", {{"value", options.back().label}});
  for (int back = 2; back <= kQuarters; ++back) {
    options.push_back(quarter_option(current - back));
  }
  return options;
}

/// "2026Q1", "2026-1" and "1/2026" are what practice systems write; empty for anything else.
std::string quarter_of(const std::string& text) {
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  std::string year, quarter;
  if (text.size() == 6 && (text[4] == 'Q' || text[4] == '-')) {
    year = text.substr(0, 4);
    quarter = text.substr(5);
  } else if (text.size() == 6 && text[1] == '/') {
    year = text.substr(2);
    quarter = text.substr(0, 1);
  } else if (text.size() == 5) {
    year = text.substr(0, 4);
    quarter = text.substr(4);
  }
  return digits(year) && year.size() == 4 && quarter >= "1" && quarter <= "4" && quarter.size() == 1
             ? year + "-" + quarter
             : std::string();
}

std::string site_line(const PracticeSite& site) {
  return site.name.empty() ? site.bsnr : site.name + " (" + site.bsnr + ")";
}

std::string kv_line(const PracticeSite& site) {
  const std::string_view name = kv::name_of(site.kv_code);
  return name.empty() ? site.kv_code : std::string(name) + " (" + site.kv_code + ")";
}

// ---- corrections ----

std::string_view document_type_of(const Letter& letter, Content content) {
  if (!is_one_click(letter)) {
    return letter.kv.kind;
  }
  switch (content) {
    case Content::billing:
      return billing::name(letter.kv.hzv ? billing::DocumentType::billing_hzv : billing::DocumentType::billing);
    case Content::collective:
      return billing::name(billing::DocumentType::collective);
    case Content::both:
      return billing::name(billing::DocumentType::billing_and_collective);
  }
  return {};
}

/// Of each delivery its newest version, newest delivery first; tests can never be corrected.
Result<std::vector<mailbox::EarlierDelivery>> correctable(Writing& writing, const Letter& letter, Content content,
                                                          const std::string& bsnr) {
  KVC_ASSIGN(auto all,
             writing.core.mailbox().earlier_deliveries(writing.request.who.user_id, letter.form.account_id, bsnr,
                                                       letter.kv.quarter, document_type_of(letter, content)));
  std::vector<mailbox::EarlierDelivery> newest;
  for (mailbox::EarlierDelivery& each : all) {
    const auto same = std::find_if(newest.begin(), newest.end(), [&](const auto& known) {
      return billing::same_guid(known.facts.guid, each.facts.guid);
    });
    if (each.facts.test) {
      continue;
    }
    if (same == newest.end()) {
      newest.push_back(std::move(each));
    } else if (same->facts.version < each.facts.version) {
      *same = std::move(each);
    }
  }
  return newest;
}

/// The content of a 1-Click delivery as it is chosen now.
Content chosen_content(const Letter& letter) {
  const auto* const found =
      std::find_if(kContents.begin(), kContents.end(), [&](const auto& each) { return letter.kv.content == each.id; });
  return found == kContents.end() ? Content::billing : found->content;
}

/// The delivery that is corrected; none if the user must choose one first, or there is none.
Result<std::optional<billing::Begleitdatei>> corrected(Writing& writing, Letter& letter, Content content,
                                                       const std::string& bsnr) {
  const Texts& t = writing.texts();
  KVC_ASSIGN(auto deliveries, correctable(writing, letter, content, bsnr));
  if (deliveries.empty()) {
    add_error(letter, "purpose", t("kv.nothing_to_correct"));
    return std::optional<billing::Begleitdatei>();
  }
  auto chosen = std::find_if(deliveries.begin(), deliveries.end(),
                             [&](const auto& each) { return billing::same_guid(each.facts.guid, letter.kv.earlier); });
  if (chosen == deliveries.end() && deliveries.size() > 1) {
    letter.kv.earlier = deliveries.front().facts.guid;
    add_error(letter, "earlier", t("kv.choose_earlier"));
    return std::optional<billing::Begleitdatei>();
  }
  const mailbox::DeliveryFacts& facts = (chosen == deliveries.end() ? deliveries.begin() : chosen)->facts;
  billing::Begleitdatei earlier = billing::new_begleitdatei(writing.runtime.env());
  earlier.guid = facts.guid;
  earlier.version = facts.version;
  earlier.bsnr = facts.bsnr;
  earlier.quarter = facts.quarter;
  earlier.test = facts.test;
  earlier.type = billing::document_type(facts.type).value_or(billing::DocumentType::billing);
  earlier.attachments = {billing::kBegleitdateiName};  // check() wants one; a correction names its own
  return std::optional(earlier);
}

// ---- files ----

/// What src/billing says of a file, in words for people.
std::string expected_sentence(const Texts& t, const Letter& letter, const std::string& expected) {
  struct Wording {
    std::string_view begins;
    const char* key;
  };
  constexpr std::array kWordings{Wording{"a file encrypted", "kv.expected.encrypted"},
                                 Wording{"a PDF", "kv.expected.pdf"},
                                 Wording{"an XML", "kv.expected.xml"},
                                 Wording{"a file that is not empty", "kv.expected.not_empty"},
                                 Wording{"only one", "kv.expected.only_one"},
                                 Wording{"the same name", "kv.expected.same_name"},
                                 Wording{"<name>.sig.pdf beside", "kv.expected.pair"},
                                 Wording{"<name>.xml beside", "kv.expected.pair"}};
  const auto* const found =
      std::find_if(kWordings.begin(), kWordings.end(), [&](const auto& w) { return expected.starts_with(w.begins); });
  return t(found != kWordings.end() ? found->key : is_one_click(letter) ? "kv.expected.1click" : "kv.expected.edoku");
}

void add_file_error(Writing& writing, Letter& letter, const Status& status) {
  const Texts& t = writing.texts();
  const std::string file = parameter(status, "file");
  const std::string expected = expected_sentence(t, letter, parameter(status, "expected"));
  add_error(letter, "files",
            file.empty() ? expected : t("kv.wrong_file", {{"file", views::shown(file)}, {"expected", expected}}));
}

/// Puts what a failed check says where the user can put it right. Anything else goes on.
Status place(Writing& writing, Letter& letter, const Status& status) {
  const Texts& t = writing.texts();
  const std::string field = parameter(status, "field");
  if (status.is(error::not_permitted)) {
    add_error(letter, "purpose", refusal_sentence(t, parameter(status, "reason")));
  } else if (status.is(error::invalid_field) && field == "files") {
    add_file_error(writing, letter, status);
  } else if (status.is(error::invalid_field) && field == "hzv") {
    add_error(letter, "hzv", t("kv.hzv_alone"));
  } else if (status.is(error::invalid_field) && field == "bsnr") {
    add_error(letter, "kv", t("kv.bsnr_wrong"));
  } else {
    return status;
  }
  return {};
}

std::vector<billing::ChosenFile> facts_of(const Letter& letter) {
  std::vector<billing::ChosenFile> files;
  for (const InHand& in_hand : letter.files) {
    files.push_back(
        {in_hand.file.name, in_hand.file.content.size(), std::string(in_hand.file.content.head().substr(0, kHead))});
  }
  return files;
}

// ---- the message ----

/// Chosen files get type and description of their part; the begleitdatei stands before them.
mailbox::Draft draft_of(const billing::BillingDelivery& delivery, Letter& letter) {
  mailbox::Draft mail;
  mail.account_id = letter.form.account_id;
  mail.to = delivery.recipient;
  mail.service_id = delivery.service_id;
  mail.subject = delivery.subject;
  mail.user_subject = delivery.subject;
  mail.request_receipt = delivery.request_receipt && letter.form.request_receipt;
  const billing::Begleitdatei& facts = delivery.begleitdatei;
  mail.delivery = mailbox::DeliveryFacts{
      facts.guid, facts.version, facts.bsnr, facts.quarter, std::string(billing::name(facts.type)), facts.test};
  if (delivery.expects_receipt) {
    mail.announced.push_back(service::MessageKind::receipt);
  }
  if (delivery.expects_feedback) {
    mail.announced.push_back(service::MessageKind::feedback);
  }
  for (const billing::DeliveryPart& part : delivery.parts) {
    if (part.file) {
      letter.files.at(*part.file).file.type = part.type;
      letter.files.at(*part.file).file.description = part.description;
    } else {
      mail.files.push_back({part.name, part.type, part.description, Secret(delivery.begleitdatei_xml)});
    }
  }
  return mail;
}

void add_notes(const Texts& t, const billing::Begleitdatei& facts, Letter& letter) {
  letter.notes.push_back(t("kv.note.quarter", {{"value", views::quarter_words(facts.quarter)}}));
  letter.notes.push_back(t(facts.test          ? "kv.note.test"
                           : facts.version > 1 ? "kv.note.correction"
                                               : "kv.note.real",
                           {{"number", std::to_string(facts.version)}}));
  letter.notes.push_back(t(facts.complete ? "choice.completeness.complete" : "choice.completeness.part"));
}

/// What the files are must be what was chosen: nobody sends a Sammelerklärung by mistake.
Result<bool> content_fits(Writing& writing, Letter& letter, const std::vector<billing::ChosenFile>& files) {
  const auto content = billing::content_of(files);
  if (!content.ok()) {
    KVC_TRY(place(writing, letter, content.status()));
    return false;
  }
  if (letter.kv.content.empty()) {
    letter.kv.content = id_of(*content);
  }
  if (letter.kv.content != id_of(*content)) {
    const Texts& t = writing.texts();
    add_error(letter, "content",
              t("kv.other_content", {{"expected", t("choice.content." + letter.kv.content)},
                                     {"found", t(std::string("choice.content.") + id_of(*content))}}));
    return false;
  }
  return true;
}

Status complete(Writing& writing, Letter& letter) {
  KVC_ASSIGN(const Desk desk, open_desk(writing));
  const PracticeSite& site = desk.site(letter.kv.site);
  billing::Choice choice;
  choice.kv_code = site.kv_code;
  choice.bsnr = site.bsnr;
  choice.quarter = letter.kv.quarter;
  choice.purpose = purpose_of(letter.kv.purpose);
  choice.complete = letter.kv.complete;
  choice.hzv = letter.kv.hzv;
  choice.files = facts_of(letter);
  if (is_one_click(letter)) {
    KVC_ASSIGN(const bool fits, content_fits(writing, letter, choice.files));
    if (!fits) {
      return {};
    }
  }
  if (choice.purpose == Purpose::correction) {
    KVC_ASSIGN(choice.corrects, corrected(writing, letter, chosen_content(letter), site.bsnr));
    if (!choice.corrects) {
      return {};
    }
  }
  const auto delivery = is_one_click(letter)
                            ? billing::one_click(choice, desk.kvca, writing.runtime.env())
                            : billing::edokumentation(letter.kv.kind, choice, desk.kvca, writing.runtime.env());
  if (!letter.form.errors.empty() || !letter.form.failure.ok()) {
    return {};  // a file could not be read; what was said of it stands in the form
  }
  if (!delivery.ok()) {
    return place(writing, letter, delivery.status());
  }
  if (const auto known = writing.core.directory().find(
          writing.request.who.user_id, writing.account(letter.form.account_id)->environment_id, delivery->recipient);
      known.ok()) {
    letter.recipient = known->entry;
  }
  add_notes(writing.texts(), delivery->begleitdatei, letter);
  letter.complete_with(draft_of(*delivery, letter));
  return {};
}

// ---- the form ----

void read(const Request& request, Letter& letter) {
  const Values& values = request.values;
  KvFields& kv = letter.kv;
  kv.site = values.has("practice_site") ? values.text("practice_site") : kv.site;
  kv.content = values.text("content");
  kv.kind = values.text("documentation");
  kv.purpose = values.text("purpose");
  kv.quarter = values.text("quarter");
  kv.earlier = values.text("earlier");
  kv.complete = values.text("completeness") != "part";
  kv.hzv = values.check("hzv", false);
}

/// Earlier deliveries, once the user wants to correct one.
Status add_earlier(Writing& writing, const Letter& letter, const std::string& bsnr, views::KvForm& form) {
  if (letter.kv.purpose != "correction" || letter.form.account_id.empty()) {
    return {};
  }
  KVC_ASSIGN(const auto deliveries, correctable(writing, letter, chosen_content(letter), bsnr));
  const Texts& t = writing.texts();
  for (const mailbox::EarlierDelivery& each : deliveries) {
    form.earlier.push_back({each.facts.guid, t("kv.earlier", {{"time", format_time(each.created, t.language())},
                                                              {"number", std::to_string(each.facts.version)}})});
  }
  form.chosen_earlier = letter.kv.earlier;
  return {};
}

void add_offers(Writing& writing, const Desk& desk, const PracticeSite& site, bool one_click, views::KvForm& form) {
  const Texts& t = writing.texts();
  const TimePoint now = writing.runtime.env().now();
  const auto real = offers(desk, site, one_click, Mode::real, now);
  const auto test = offers(desk, site, one_click, Mode::test, now);
  for (std::size_t i = 0; i < real.size(); ++i) {
    const std::string id = one_click ? kContents.at(i).id : kDocumentations.at(i);
    const std::string label = t((one_click ? "choice.content." : "choice.documentation.") + id);
    (one_click ? form.contents : form.kinds).push_back({id, label, why_not(t, refusal_of(real[i], test[i]))});
  }
  form.purposes = {{"real", t("choice.purpose.real"), purpose_reason(t, real)},
                   {"test", t("choice.purpose.test"), purpose_reason(t, test)},
                   {"correction", t("choice.purpose.correction"), purpose_reason(t, real)}};
}

Result<pvs::v1::View> form(Writing& writing, const Letter& letter) {
  KVC_ASSIGN(const Desk desk, open_desk(writing));
  const bool one_click = is_one_click(letter);
  const PracticeSite& site = desk.site(letter.kv.site);
  views::KvForm form;
  form.common = letter.form;
  form.kv = kv_line(site);
  for (const PracticeSite& each : desk.sites) {
    form.sites.push_back({each.bsnr, site_line(each)});
  }
  form.site = site.bsnr;
  add_offers(writing, desk, site, one_click, form);
  form.content = letter.kv.content;
  form.kind = letter.kv.kind;
  form.purpose = letter.kv.purpose;
  form.quarters = quarters(writing.texts(), writing.runtime.env().now());
  form.quarter = letter.kv.quarter;
  const bool listed = std::any_of(form.quarters.begin(), form.quarters.end(),
                                  [&](const auto& option) { return option.id == form.quarter; });
  if (!form.quarter.empty() && !listed) {
    form.quarters.push_back({form.quarter, views::quarter_words(form.quarter)});
  }
  form.complete = letter.kv.complete;
  form.hzv = letter.kv.hzv;
  KVC_TRY(add_earlier(writing, letter, site.bsnr, form));
  return one_click ? views::compose_1click(writing.texts(), form) : views::compose_edoku(writing.texts(), form);
}

/// A form makes no sense while nothing can be sent: the reason is shown instead, with what to do about it.
std::optional<pvs::v1::View> obstacle(Writing& writing, const Result<Desk>& desk) {
  const Texts& t = writing.texts();
  if (!desk.ok() && desk.status().is(error::not_found)) {
    return views::notice(t, "compose.no_site", pvs::v1::SEVERITY_WARNING);
  }
  if (!desk.ok()) {
    return kvca_notice(t, writing.runtime.settings(), desk.status());
  }
  const bool any_known = std::any_of(desk->sites.begin(), desk->sites.end(),
                                     [&](const PracticeSite& site) { return desk->kvca.knows(site.kv_code); });
  if (!any_known) {
    return views::notice(t, "compose.kv_unknown", pvs::v1::SEVERITY_WARNING,
                         {{"kv", kv_line(desk->sites.front())}, {"file", kvca_name(writing.runtime.settings())}});
  }
  return std::nullopt;
}

Result<pvs::v1::ActionReply> open_form(Writing& writing, const char* view_kind) {
  const Request& request = writing.request;
  const std::vector<ChosenFile> files = request.values.files("files");
  const Result<Desk> desk = open_desk(writing);
  if (!desk.ok() && desk.status().category() == Category::host) {
    close_files(writing.runtime.host().client(), files);
    return desk.status();
  }
  if (auto view = obstacle(writing, desk)) {
    close_files(writing.runtime.host().client(), files);
    return reply_view(writing.runtime, request, std::move(*view), {});
  }
  Letter letter;
  letter.kind = view_kind;
  const auto known = std::find_if(desk->sites.begin(), desk->sites.end(),
                                  [&](const PracticeSite& site) { return desk->kvca.knows(site.kv_code); });
  letter.kv.site = known->bsnr;
  const std::string quarter = request.values.trimmed("quarter");
  letter.kv.quarter = quarter_of(quarter);
  if (!quarter.empty() && letter.kv.quarter.empty()) {
    letter.form.errors.emplace_back("quarter", request.texts("kv.quarter_unknown"));
  }
  KVC_TRY(read_files(writing, "files", files, letter));
  if (const auto content = billing::content_of(facts_of(letter)); content.ok() && is_one_click(letter)) {
    letter.kv.content = id_of(*content);
  }
  return show_form(writing, std::move(letter));
}

Answer invoke(Runtime& runtime, const Request& request, const char* view_kind) {
  return answer_job(request.texts, "job.kvca",
                    [&runtime, request, view_kind](JobContext& job) -> Result<pvs::v1::ActionReply> {
                      std::vector<account::Overview> accounts;
                      KVC_ASSIGN(std::shared_ptr<Core> core, begin_writing(runtime, request, accounts));
                      Writing writing{runtime, request, *core, job, std::move(accounts)};
                      return open_form(writing, view_kind);
                    });
}

}  // namespace

const ComposeKind kOneClickKind{"compose.1click", &read, &complete, &form};
const ComposeKind kDocumentationKind{"compose.edoku", &read, &complete, &form};

Answer one_click_invoke(Runtime& runtime, const Request& request) {
  return invoke(runtime, request, kOneClickKind.view_kind);
}

Answer documentation_invoke(Runtime& runtime, const Request& request) {
  return invoke(runtime, request, kDocumentationKind.view_kind);
}

}  // namespace kvc::plugin::commands
