// SPDX-License-Identifier: Apache-2.0
#include "letter/parts.h"

#include <algorithm>

#include "base/guard.h"
#include "mime/header.h"

namespace kvc::letter {
namespace {

constexpr std::string_view kAnnex = "eAB-Anhang-";
constexpr std::size_t kPdfHead = 1024;

Status wrong(std::string_view name, const std::string& expected) {
  return Status(error::invalid_field, "a part of the letter does not fit: " + expected + " is expected")
      .with("field", "files")
      .with("file", std::string(name))
      .with("expected", expected);
}

/// The number of an annex's description; 0 if it is none.
int annex_number(std::string_view description) {
  if (!description.starts_with(kAnnex) || description.size() != kAnnex.size() + 2) {
    return 0;
  }
  const char tens = description[kAnnex.size()], ones = description[kAnnex.size() + 1];
  if (tens < '0' || tens > '9' || ones < '0' || ones > '9') {
    return 0;
  }
  return (tens - '0') * 10 + (ones - '0');
}

bool is_pdf_role(const LetterPart& part) {
  return part.description == kPdfSigned || part.description == kPdfUnsigned;
}

bool is_type(const LetterPart& part, std::string_view type) {
  return mime::equal_ignoring_case(part.type, type);
}

Status check_xml(const LetterPart& part) {
  if (!is_type(part, "application/xml")) {
    return wrong(part.name, "the type application/xml");
  }
  const std::string_view head = part.head;
  if (part.size == 0 || (!head.empty() && !head.starts_with("<") && !head.starts_with("\xEF\xBB\xBF<"))) {
    return wrong(part.name, "an XML document");
  }
  return {};
}

Status check_annexes(const std::vector<LetterPart>& parts, const std::vector<std::size_t>& annexes) {
  int next = 1;
  for (const std::size_t place : annexes) {
    if (annex_number(parts[place].description) != next) {
      return wrong(parts[place].name, "the description " + annex_description(next));
    }
    if (parts[place].size == 0) {
      return wrong(parts[place].name, "a file that is not empty");
    }
    ++next;
  }
  return {};
}

}  // namespace

std::string annex_description(int number) {
  return std::string(kAnnex) + static_cast<char>('0' + number / 10) + static_cast<char>('0' + number % 10);
}

Status check_pdf(std::string_view head, std::uint64_t size, std::string_view name) {
  constexpr std::string_view kEnd = "%%EOF";
  if (head.substr(0, kPdfHead).find("%PDF-") == std::string_view::npos) {
    return wrong(name, "a PDF document");
  }
  if (head.size() == size &&
      head.substr(head.size() - std::min(head.size(), kPdfHead)).find(kEnd) == std::string_view::npos) {
    return wrong(name, "a whole PDF document, this one breaks off");
  }
  return {};
}

Result<LetterRoles> check_parts(const std::vector<LetterPart>& parts) {
  return guarded([&]() -> Result<LetterRoles> {
    LetterRoles roles;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const LetterPart& part = parts[i];
      if (is_pdf_role(part)) {
        if (roles.pdf) {
          return wrong(part.name, "only one letter (eAB-PDF-signed or eAB-PDF-unsigned)");
        }
        if (!is_type(part, "application/pdf")) {
          return wrong(part.name, "the type application/pdf");
        }
        KVC_TRY(part.head.empty() && part.size > 0 ? Status() : check_pdf(part.head, part.size, part.name));
        roles.pdf = i;
        roles.pdf_signed = part.description == kPdfSigned;
      } else if (part.description == kXml) {
        if (roles.xml) {
          return wrong(part.name, "only one eAB-XML");
        }
        KVC_TRY(check_xml(part));
        roles.xml = i;
      } else if (annex_number(part.description) != 0) {
        roles.annexes.push_back(i);
      } else {
        return wrong(part.name, "a description: eAB-PDF-signed, eAB-PDF-unsigned, eAB-XML or eAB-Anhang-01 to -99");
      }
    }
    if (!roles.pdf) {
      return wrong("", "exactly one PDF, described as eAB-PDF-signed or eAB-PDF-unsigned");
    }
    if (!roles.xml) {
      return wrong("", "exactly one CDA XML, described as eAB-XML");
    }
    KVC_TRY(check_annexes(parts, roles.annexes));
    return roles;
  });
}

LetterRoles find_roles(const std::vector<LetterPart>& parts) {
  LetterRoles roles;
  const auto first = [&](const auto& fits) {
    const auto found = std::find_if(parts.begin(), parts.end(), fits);
    return found == parts.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - parts.begin()));
  };
  roles.pdf = first(is_pdf_role);
  if (!roles.pdf) {
    roles.pdf = first([](const LetterPart& part) { return is_type(part, "application/pdf"); });
  }
  roles.pdf_signed = roles.pdf && parts[*roles.pdf].description == kPdfSigned;
  roles.xml = first([](const LetterPart& part) { return part.description == kXml; });
  if (!roles.xml) {
    roles.xml =
        first([](const LetterPart& part) { return is_type(part, "application/xml") || is_type(part, "text/xml"); });
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool taken = (roles.pdf && *roles.pdf == i) || (roles.xml && *roles.xml == i);
    if (!taken && !parts[i].name.empty()) {
      roles.annexes.push_back(i);
    }
  }
  return roles;
}

}  // namespace kvc::letter
