// SPDX-License-Identifier: Apache-2.0
// "Konto beantragen": the KVs (Kassenärztliche Vereinigungen) and their application forms (protocol F).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"

namespace kvc::application {

/// One document of a KV.
struct Form {
  std::string kv_code;  ///< two digits
  std::string kv;       ///< the KV's name, and whom the form is for
  std::string file;     ///< name of the document
  std::string url;      ///< https
};

struct Region {
  std::string code, name;
};

/// What is wrong with a list, and where.
struct Fault {
  std::size_t line = 0;  ///< from 1; 0: the file as a whole
  std::string reason;    ///< one of kFaultReasons
};

/// too_large (1 MiB), empty (no form in it), header (the first line is not kHeader), columns (not four values; a value
/// with a comma needs quotes), quotes, text (not UTF-8, or control characters), kv_code (no KV of kv_codes.csv), kv and
/// file (empty or too long), url (not https, or with characters no address has).
inline constexpr std::string_view kFaultReasons[] = {"too_large", "empty",   "header", "columns", "quotes",
                                                     "text",      "kv_code", "kv",     "file",    "url"};
inline constexpr std::string_view kHeader = "kv_code,kv,form_file,url";

/// Reads a list in the format of application_forms.csv. Never throws for any text. Thread: [any].
std::variant<std::vector<Form>, Fault> parse_forms(std::string_view csv);

/// The list of the help page, 18 documents of 2019. Lives for ever.
const std::vector<Form>& built_in_forms();
/// The integrator's list. Errors: file_unreadable; invalid_settings with the params "key_path", "line" and "reason".
/// Thread: [worker], reads the file.
Result<std::vector<Form>> read_forms(const std::filesystem::path& file);

/// All KVs by name, in German order; not the KBV, at which no practice applies. Lives for ever.
const std::vector<Region>& regions();
/// The name of a KV or the KBV by its two digits; empty if there is none.
std::string kv_name(std::string_view code);

}  // namespace kvc::application
