// SPDX-License-Identifier: Apache-2.0
// What a fuzz target is. Every target runs twice: as a libFuzzer program (run.sh), and over its seeds and some
// mutations of them in every developer build (test fuzz_seeds).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvc::fuzz {

/// One parser that reads what others wrote.
struct Target {
  std::string_view name;
  /// Returns for every input whatsoever. A broken promise of the parser ends the process, see require().
  void (*run)(std::string_view input);
  std::vector<std::string> (*seeds)();
  int mutations;  ///< made by the test fuzz_seeds; fewer where one input costs RSA or key derivation
};

void message_open(std::string_view input);
std::vector<std::string> message_open_seeds();
/// The mail that `bytes` are made into; the modes stand in message_open.cpp.
std::string message_of(char mode, std::string_view bytes);
void message_differential(std::string_view input);
std::vector<std::string> message_differential_seeds();
void rest_answers(std::string_view input);
std::vector<std::string> rest_answers_seeds();
void settings_load(std::string_view input);
std::vector<std::string> settings_load_seeds();
void catalogue_parse(std::string_view input);
std::vector<std::string> catalogue_parse_seeds();
void pkcs12_read(std::string_view input);
std::vector<std::string> pkcs12_read_seeds();
void certificate_parse(std::string_view input);
std::vector<std::string> certificate_parse_seeds();
void mime_split(std::string_view input);
std::vector<std::string> mime_split_seeds();
void kvca_parse(std::string_view input);
std::vector<std::string> kvca_parse_seeds();
void begleitdatei_read(std::string_view input);
std::vector<std::string> begleitdatei_read_seeds();
void cda_read(std::string_view input);
std::vector<std::string> cda_read_seeds();
void directory_zip(std::string_view input);
std::vector<std::string> directory_zip_seeds();
void directory_book(std::string_view input);
std::vector<std::string> directory_book_seeds();
void directory_ldap(std::string_view input);
std::vector<std::string> directory_ldap_seeds();
#ifdef KVC_FUZZ_PLUGIN
void abi_call(std::string_view input);
std::vector<std::string> abi_call_seeds();
void host_answers(std::string_view input);
std::vector<std::string> host_answers_seeds();
void plugin_answers(std::string_view input);
std::vector<std::string> plugin_answers_seeds();
void manifest_read(std::string_view input);
std::vector<std::string> manifest_read_seeds();
#endif

std::span<const Target> targets();
/// Null if there is none of that name.
const Target* find_target(std::string_view name);

/// Says which promise was broken on standard error and aborts, which is what every fuzzer takes for a finding.
void require(bool kept, const char* promise);

}  // namespace kvc::fuzz
