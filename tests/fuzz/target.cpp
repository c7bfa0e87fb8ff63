// SPDX-License-Identifier: Apache-2.0
#include "fuzz/target.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace kvc::fuzz {

std::span<const Target> targets() {
  static constexpr std::array kTargets = {
      Target{"message_open", message_open, message_open_seeds, 1000},
      Target{"message_differential", message_differential, message_differential_seeds, 500},
      Target{"rest_answers", rest_answers, rest_answers_seeds, 5000},
      Target{"settings_load", settings_load, settings_load_seeds, 5000},
      Target{"catalogue_parse", catalogue_parse, catalogue_parse_seeds, 5000},
      Target{"pkcs12_read", pkcs12_read, pkcs12_read_seeds, 1000},
      Target{"certificate_parse", certificate_parse, certificate_parse_seeds, 5000},
      Target{"mime_split", mime_split, mime_split_seeds, 5000},
      Target{"kvca_parse", kvca_parse, kvca_parse_seeds, 5000},
      Target{"begleitdatei_read", begleitdatei_read, begleitdatei_read_seeds, 5000},
      Target{"cda_read", cda_read, cda_read_seeds, 5000},
      Target{"directory_zip", directory_zip, directory_zip_seeds, 5000},
      Target{"directory_book", directory_book, directory_book_seeds, 5000},
      Target{"directory_ldap", directory_ldap, directory_ldap_seeds, 5000},
#ifdef KVC_FUZZ_PLUGIN
      Target{"abi_call", abi_call, abi_call_seeds, 2000},
      Target{"host_answers", host_answers, host_answers_seeds, 100},
      Target{"plugin_answers", plugin_answers, plugin_answers_seeds, 5000},
      Target{"manifest_read", manifest_read, manifest_read_seeds, 2000},
#endif
  };
  return kTargets;
}

const Target* find_target(std::string_view name) {
  const auto all = targets();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Target& target) { return target.name == name; });
  return found == all.end() ? nullptr : &*found;
}

void require(bool kept, const char* promise) {
  if (!kept) {
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
  }
}

}  // namespace kvc::fuzz
