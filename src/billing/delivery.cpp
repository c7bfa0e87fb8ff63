// SPDX-License-Identifier: Apache-2.0
#include "billing/delivery.h"

#include <algorithm>
#include <array>

#include "base/guard.h"
#include "service/clear_subject.h"

namespace kvc::billing {
namespace {

constexpr const char* kOneClickService = "1ClickAbrechnung";
constexpr const char* kDocumentationPrefix = "eDokumentation-";
constexpr const char* kDelivery = "Lieferung";
constexpr const char* kServiceVersion = "V2.0";
constexpr const char* kCompanionDescription = "eDoku-Begleitdatei";
constexpr const char* kArchiveDescription = "eDoku-Archiv";
constexpr const char* kOneClickFiles = "<name>.con.xkm, or <name>.sig.pdf with <name>.xml, or both";
constexpr const char* kDocumentationFile = "exactly one <name>.zip.xkm";

constexpr std::array<std::pair<std::string_view, DocumentType>, 5> kDocumentations = {
    {{"QSHLT", DocumentType::qshlt},
     {"QSKE", DocumentType::qske},
     {"QSMG", DocumentType::qsmg},
     {"QSHGV", DocumentType::qshgv},
     {"QSHGVK", DocumentType::qshgvk}}};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

/// The name without the end that makes its kind, for comparing.
std::string stem(std::string_view name, std::string_view end) {
  return lower(name.substr(0, name.size() - end.size()));
}

Status wrong_file(const std::string& name, std::string_view expected) {
  return Status(error::invalid_field, "a file does not fit: " + std::string(expected) + " is expected")
      .with("field", "files")
      .with("file", name)
      .with("expected", std::string(expected));
}

Status wrong_choice(const char* field, const char* expected) {
  return Status(error::invalid_field, std::string(field) + ": " + expected)
      .with("field", field)
      .with("expected", expected);
}

Status refused(Refusal refusal) {
  return Status(error::not_permitted, std::string("the KV does not offer this: ") + std::string(key(refusal)))
      .with("reason", std::string(key(refusal)));
}

std::string type_of(FileKind kind) {
  switch (kind) {
    case FileKind::collective_pdf:
      return "application/pdf";
    case FileKind::collective_xml:
      return "application/xml";
    default:
      return "application/octet-stream";
  }
}

/// What shows in the first bytes. An XKM file is encrypted and looks like nothing in particular, but never like these.
Status check_bytes(const ChosenFile& file) {
  if (file.size == 0) {
    return wrong_file(file.name, "a file that is not empty");
  }
  if (file.head.empty()) {
    return {};
  }
  const bool pdf = file.head.starts_with("%PDF-");
  const FileKind kind = kind_of(file.name);
  if (kind == FileKind::collective_pdf && !pdf) {
    return wrong_file(file.name, "a PDF document");
  }
  const bool markup = file.head.starts_with("<") || file.head.starts_with("\xEF\xBB\xBF<");
  if (kind == FileKind::collective_xml && !markup) {
    return wrong_file(file.name, "an XML document");
  }
  const bool plain_zip = file.head.starts_with("PK\x03\x04");
  if ((kind == FileKind::billing || kind == FileKind::documentation) && (pdf || markup || plain_zip)) {
    return wrong_file(file.name, "a file encrypted by the KBV Kryptomodul (XKM)");
  }
  return {};
}

/// Version, GUID and everything else of the file that goes along.
Result<Begleitdatei> companion(const Choice& choice, DocumentType type, Env& env) {
  const bool correction = choice.purpose == Purpose::correction;
  if (correction != choice.corrects.has_value()) {
    return wrong_choice("corrects", correction ? "the earlier delivery" : "nothing, because this is no correction");
  }
  Begleitdatei file = new_begleitdatei(env);
  if (correction) {
    KVC_ASSIGN(file, correction_of(*choice.corrects, env));
    if (file.bsnr != choice.bsnr || file.quarter != choice.quarter || file.type != type) {
      return Status(error::invalid_state,
                    "a correction is of the same practice, quarter and kind as its first delivery");
    }
  }
  file.bsnr = choice.bsnr;
  file.test = choice.purpose == Purpose::test;
  file.type = type;
  file.quarter = choice.quarter;
  file.complete = choice.complete;
  for (const ChosenFile& chosen : choice.files) {
    file.attachments.push_back(chosen.name);
  }
  KVC_TRY(check(file));
  return file;
}

Result<BillingDelivery> assemble(service::ServiceId service, const Choice& choice, const Offer& offer,
                                 DocumentType type, const char* companion_description, const char* description,
                                 Env& env) {
  BillingDelivery delivery;
  KVC_ASSIGN(delivery.begleitdatei, companion(choice, type, env));
  KVC_ASSIGN(delivery.begleitdatei_xml, write(delivery.begleitdatei));
  delivery.subject = service::clear_subject(service);
  delivery.service_id = std::move(service);
  delivery.recipient = offer.recipient;
  delivery.expects_receipt = offer.sends_receipt;
  delivery.expects_feedback = offer.sends_feedback;
  delivery.parts.push_back({kBegleitdateiName, "application/xml", companion_description, std::nullopt});
  for (std::size_t i = 0; i < choice.files.size(); ++i) {
    const std::string& name = choice.files[i].name;
    delivery.parts.push_back({name, type_of(kind_of(name)), description, i});
  }
  return delivery;
}

/// Names and kinds of a 1-Click delivery's files, the begleitdatei not among them.
Result<Content> content_of_names(const std::vector<std::string>& names) {
  std::string pdf, xml_stem, pdf_stem, xml;
  int billing = 0;
  for (const std::string& name : names) {
    switch (kind_of(name)) {
      case FileKind::billing:
        if (++billing > 1) {
          return wrong_file(name, "only one <name>.con.xkm");
        }
        break;
      case FileKind::collective_pdf:
        if (!pdf.empty()) {
          return wrong_file(name, "only one <name>.sig.pdf");
        }
        pdf = name;
        pdf_stem = stem(name, ".sig.pdf");
        break;
      case FileKind::collective_xml:
        if (!xml.empty()) {
          return wrong_file(name, "only one <name>.xml");
        }
        xml = name;
        xml_stem = stem(name, ".xml");
        break;
      default:
        return wrong_file(name, kOneClickFiles);
    }
  }
  if (pdf.empty() != xml.empty()) {
    return wrong_file(pdf.empty() ? xml : pdf,
                      pdf.empty() ? "<name>.sig.pdf beside <name>.xml" : "<name>.xml beside <name>.sig.pdf");
  }
  if (pdf_stem != xml_stem) {
    return wrong_file(xml, "the same name as the .sig.pdf has");
  }
  if (billing == 0 && pdf.empty()) {
    return wrong_file("", kOneClickFiles);
  }
  return pdf.empty() ? Content::billing : billing == 0 ? Content::collective : Content::both;
}

Misfit misfit(const Status& status) {
  Misfit found;
  for (const auto& [name, value] : status.params()) {
    if (name == "file") {
      found.name = value;
    } else if (name != "field") {
      found.expected = value;
    }
  }
  return found;
}

}  // namespace

FileKind kind_of(std::string_view file_name) {
  constexpr std::array<std::pair<std::string_view, FileKind>, 4> kEnds = {{{".con.xkm", FileKind::billing},
                                                                           {".zip.xkm", FileKind::documentation},
                                                                           {".sig.pdf", FileKind::collective_pdf},
                                                                           {".xml", FileKind::collective_xml}}};
  const std::string name = lower(file_name);
  if (name == kBegleitdateiName) {
    return FileKind::unknown;
  }
  for (const auto& [end, kind] : kEnds) {
    if (name.size() > end.size() && name.ends_with(end)) {
      return kind;
    }
  }
  return FileKind::unknown;
}

Result<Content> content_of(const std::vector<ChosenFile>& files) {
  return guarded([&]() -> Result<Content> {
    std::vector<std::string> names;
    for (const ChosenFile& file : files) {
      names.push_back(file.name);
    }
    KVC_ASSIGN(const Content content, content_of_names(names));
    for (const ChosenFile& file : files) {
      KVC_TRY(check_bytes(file));
    }
    return content;
  });
}

Result<BillingDelivery> one_click(const Choice& choice, const KvcaFile& kvca, Env& env) {
  return guarded([&]() -> Result<BillingDelivery> {
    KVC_ASSIGN(const Content content, content_of(choice.files));
    const Mode mode = choice.purpose == Purpose::test ? Mode::test : Mode::real;
    const Offer offer = one_click_offer(kvca, choice.kv_code, content, mode, env.now());
    if (!offer.offered()) {
      return refused(offer.refusal);
    }
    if (choice.hzv && content != Content::billing) {
      return wrong_choice("hzv", "billing data alone");
    }
    const DocumentType type = choice.hzv                       ? DocumentType::billing_hzv
                              : content == Content::billing    ? DocumentType::billing
                              : content == Content::collective ? DocumentType::collective
                                                               : DocumentType::billing_and_collective;
    return assemble({kOneClickService, kDelivery, kServiceVersion}, choice, offer, type, "", "", env);
  });
}

Result<BillingDelivery> edokumentation(std::string_view kind, const Choice& choice, const KvcaFile& kvca, Env& env) {
  return guarded([&]() -> Result<BillingDelivery> {
    const auto known = std::find_if(kDocumentations.begin(), kDocumentations.end(),
                                    [kind](const auto& entry) { return entry.first == kind; });
    if (known == kDocumentations.end()) {
      return wrong_choice("kind", "QSHLT, QSKE, QSMG, QSHGV or QSHGVK");
    }
    for (const ChosenFile& file : choice.files) {
      if (kind_of(file.name) != FileKind::documentation) {
        return wrong_file(file.name, kDocumentationFile);
      }
      KVC_TRY(check_bytes(file));
    }
    if (choice.files.size() != 1) {
      return wrong_file(choice.files.empty() ? "" : choice.files[1].name, kDocumentationFile);
    }
    const Mode mode = choice.purpose == Purpose::test ? Mode::test : Mode::real;
    const Offer offer = application_offer(kvca, choice.kv_code, kind, mode, env.now());
    if (!offer.offered()) {
      return refused(offer.refusal);
    }
    KVC_ASSIGN(auto delivery, assemble({kDocumentationPrefix + std::string(kind), kDelivery, kServiceVersion}, choice,
                                       offer, known->second, kCompanionDescription, kArchiveDescription, env));
    delivery.request_receipt = true;
    return delivery;
  });
}

std::vector<Misfit> unfitting_parts(const service::ServiceId& service, const std::vector<PartName>& parts) {
  const bool one_click = service.service == kOneClickService;
  const bool documentation = service.service.starts_with(kDocumentationPrefix);
  if (service.type != kDelivery || (!one_click && !documentation)) {
    return {};
  }
  using Kind = Misfit::Kind;
  std::vector<Misfit> found;
  std::vector<std::string> names;
  int companions = 0;
  for (const PartName& part : parts) {
    const bool companion = part.name == kBegleitdateiName;
    companions += companion ? 1 : 0;
    if (!companion) {
      names.push_back(part.name);
    }
    const std::string_view wanted = companion ? kCompanionDescription : kArchiveDescription;
    if (documentation && part.description != wanted) {
      found.push_back({Kind::description, part.name, std::string(wanted)});
    }
    if (documentation && !companion && kind_of(part.name) != FileKind::documentation) {
      found.push_back({Kind::file, part.name, kDocumentationFile});
    }
  }
  if (companions != 1) {
    found.push_back({Kind::begleitdatei, {}, std::string(kBegleitdateiName)});
  }
  if (documentation && names.size() != 1) {
    found.push_back({Kind::file, {}, kDocumentationFile});
  }
  const auto content = content_of_names(names);
  if (one_click && !content.ok()) {
    found.push_back(misfit(content.status()));
  }
  return found;
}

std::vector<Misfit> unfitting_attachments(const Begleitdatei& file, const std::vector<std::string>& names) {
  const auto has = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  std::vector<Misfit> found;
  for (const std::string& name : file.attachments) {
    if (!has(names, name)) {
      found.push_back({Misfit::Kind::not_there, name, {}});
    }
  }
  for (const std::string& name : names) {
    if (!has(file.attachments, name)) {
      found.push_back({Misfit::Kind::not_mentioned, name, {}});
    }
  }
  return found;
}

}  // namespace kvc::billing
