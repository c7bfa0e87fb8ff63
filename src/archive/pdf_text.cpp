// SPDX-License-Identifier: Apache-2.0
#include "archive/pdf_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "base/guard.h"
#include "mime/charset.h"

namespace kvc::archive {
namespace {

constexpr std::size_t kColumns = 94, kRows = 66, kMaxLines = 20000;

struct CodePoint {
  std::uint32_t value;
  std::size_t bytes;
};

/// The text is well-formed UTF-8.
CodePoint code_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint32_t value = size == 1 ? lead : lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return {value, size};
}

/// The byte of WinAnsiEncoding (ISO 32000-1, annex D.2); 0 if it has none.
unsigned char win_ansi(std::uint32_t c) {
  constexpr std::array<std::uint32_t, 32> kHigh = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                   0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
  constexpr std::uint32_t kSoftHyphen = 0xAD;
  if (c >= 0x20 && c < 0x7F) {
    return static_cast<unsigned char>(c);
  }
  if (c >= 0xA0 && c <= 0xFF && c != kSoftHyphen) {
    return static_cast<unsigned char>(c);
  }
  const auto found = std::find(kHigh.begin(), kHigh.end(), c);
  return c == 0 || found == kHigh.end() ? 0 : static_cast<unsigned char>(0x80 + (found - kHigh.begin()));
}

/// One line of UTF-8 in WinAnsi, with what it does not have named.
std::string encoded(std::string_view line) {
  std::string result;
  while (!line.empty()) {
    const CodePoint c = code_point(line);
    line.remove_prefix(c.bytes);
    const unsigned char byte = win_ansi(c.value);
    if (byte != 0) {
      result += static_cast<char>(byte);
    } else if (c.value < 0x20 || (c.value >= 0x7F && c.value < 0xA0)) {
      result += ' ';
    } else {
      std::array<char, 16> name{};
      std::snprintf(name.data(), name.size(), "<U+%04X>", static_cast<unsigned>(c.value));
      result += name.data();
    }
  }
  return result;
}

using Pages = std::vector<std::vector<std::string>>;

/// Lines of a page's width, on pages of its height.
Result<Pages> paginate(std::string_view text) {
  Pages pages(1);
  std::size_t lines = 0;
  const auto add = [&](std::string line) {
    if (pages.back().size() == kRows) {
      pages.emplace_back();
    }
    pages.back().push_back(std::move(line));
    return ++lines <= kMaxLines;
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\n\f"), text.size());
    std::string line = encoded(text.substr(0, end));
    const bool page_ends = end < text.size() && text[end] == '\f';
    text.remove_prefix(std::min(end + 1, text.size()));
    bool fits = true;
    for (; fits && line.size() > kColumns; line.erase(0, kColumns)) {
      fits = add(line.substr(0, kColumns));
    }
    if (!fits || !add(std::move(line))) {
      return Status(error::too_large, "the text is too long for a PDF document");
    }
    if (page_ends) {
      pages.emplace_back();
    }
  }
  return pages;
}

/// A PDF string; everything but printable ASCII as octal number, so that the file survives every transport.
std::string literal(std::string_view bytes) {
  std::string result = "(";
  for (const char c : bytes) {
    if (c == '(' || c == ')' || c == '\\') {
      result.append("\\").append(1, c);
    } else if (c >= 0x20 && c < 0x7F) {
      result += c;
    } else {
      std::array<char, 8> octal{};
      std::snprintf(octal.data(), octal.size(), "\\%03o", static_cast<unsigned>(static_cast<unsigned char>(c)));
      result += octal.data();
    }
  }
  return result + ")";
}

/// A text string in UTF-16BE (ISO 32000-1, 7.9.2.2).
std::string text_string(std::string_view text) {
  std::string result = "<FEFF";
  const auto unit = [&](std::uint32_t value) {
    std::array<char, 8> hex{};
    std::snprintf(hex.data(), hex.size(), "%04X", static_cast<unsigned>(value));
    result += hex.data();
  };
  while (!text.empty()) {
    const CodePoint c = code_point(text);
    text.remove_prefix(c.bytes);
    if (c.value >= 0x10000) {
      unit(0xD800 + ((c.value - 0x10000) >> 10));
      unit(0xDC00 + ((c.value - 0x10000) & 0x3FFU));
    } else {
      unit(c.value);
    }
  }
  return result + ">";
}

class PdfWriter {
 public:
  /// Objects are numbered from 1 in the order they are written.
  void object(const std::string& body) {
    offsets_.push_back(out_.size());
    out_ += std::to_string(offsets_.size()) + " 0 obj\n" + body + "\nendobj\n";
  }
  std::string finish(std::size_t root, std::size_t info) {
    const std::size_t table = out_.size();
    out_ += "xref\n0 " + std::to_string(offsets_.size() + 1) + "\n0000000000 65535 f \n";
    for (const std::size_t offset : offsets_) {
      std::array<char, 24> entry{};
      std::snprintf(entry.data(), entry.size(), "%010zu 00000 n \n", offset);
      out_ += entry.data();
    }
    out_ += "trailer\n<< /Size " + std::to_string(offsets_.size() + 1) + " /Root " + std::to_string(root) +
            " 0 R /Info " + std::to_string(info) + " 0 R >>\nstartxref\n" + std::to_string(table) + "\n%%EOF\n";
    return std::move(out_);
  }

 private:
  std::string out_ = "%PDF-1.4\n";
  std::vector<std::size_t> offsets_;
};

std::string content_of(const std::vector<std::string>& lines) {
  std::string content = "BT\n/F1 9 Tf\n11 TL\n44 784 Td\n";
  for (const std::string& line : lines) {
    content += literal(line) + " Tj T*\n";
  }
  return content + "ET\n";
}

}  // namespace

Result<std::string> text_pdf(std::string_view text, std::string_view title) {
  return guarded([&]() -> Result<std::string> {
    // Catalog, page tree, font and properties come first; then a page and its content by turns.
    constexpr std::size_t kCatalog = 1, kInfo = 4, kFirstPage = 5;
    KVC_ASSIGN(const Pages pages, paginate(mime::to_utf8(text, "utf-8")));
    std::string kids;
    for (std::size_t i = 0; i < pages.size(); ++i) {
      kids += (i == 0 ? "" : " ") + std::to_string(kFirstPage + 2 * i) + " 0 R";
    }
    PdfWriter pdf;
    pdf.object("<< /Type /Catalog /Pages 2 0 R >>");
    pdf.object("<< /Type /Pages /Kids [" + kids + "] /Count " + std::to_string(pages.size()) + " >>");
    pdf.object("<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>");
    pdf.object("<< /Title " + text_string(mime::to_utf8(title, "utf-8")) + " >>");
    for (std::size_t i = 0; i < pages.size(); ++i) {
      pdf.object(
          "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents " +
          std::to_string(kFirstPage + 2 * i + 1) + " 0 R >>");
      const std::string content = content_of(pages[i]);
      pdf.object("<< /Length " + std::to_string(content.size()) + " >>\nstream\n" + content + "endstream");
    }
    return pdf.finish(kCatalog, kInfo);
  });
}

}  // namespace kvc::archive
