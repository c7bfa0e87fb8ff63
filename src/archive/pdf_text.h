// SPDX-License-Identifier: Apache-2.0
// Text pages as PDF. A library for this would bring fonts, images and encryption into the practice system's process
// for the sake of lines of text in one built-in font.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace kvc::archive {

/// A PDF 1.4 document (ISO 32000-1) of A4 pages in Courier 9 pt: 94 characters a line, 66 lines a page; longer lines
/// are broken, form feeds begin a page. `text` is UTF-8 with LF; characters beyond WinAnsi are written as "<U+0141>",
/// so that nothing is lost or changed silently; control characters as blanks. `title` goes into the document's
/// properties. The bytes depend on the arguments alone. Error: too_large beyond 20,000 lines.
Result<std::string> text_pdf(std::string_view text, std::string_view title);

}  // namespace kvc::archive
