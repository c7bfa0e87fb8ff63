// SPDX-License-Identifier: Apache-2.0
// The reader of messages against the oracle on whole buffers (unit/message/oracle): the same verdicts, reasons, parts
// and bytes for any mail. Takes the inputs of message_open, modes and all.
#include <cstdio>

#include "fuzz/target.h"
#include "fuzz/world.h"
#include "unit/message/oracle/differential.h"
#include "unit/message/samples.h"

namespace kvc::fuzz {

void message_differential(std::string_view input) {
  message::OpenOptions options;
  options.keys.push_back({world().bernd.key, world().bernd.certificate, "bernd"});
  options.trust = world().trust;
  options.now = message::samples::signing_day();
  const std::string difference =
      message::oracle::difference(input.empty() ? std::string() : message_of(input.front(), input.substr(1)), options);
  if (!difference.empty()) {
    std::fprintf(stderr, "%s\n", difference.c_str());
  }
  require(difference.empty(), "both readers say the same of a mail");
}

std::vector<std::string> message_differential_seeds() {
  return message_open_seeds();
}

}  // namespace kvc::fuzz
