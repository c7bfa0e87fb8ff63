// SPDX-License-Identifier: Apache-2.0
// The messages that are measured, and where their bytes go. Library kvc_bench_message.
#pragma once

#include <cstddef>
#include <istream>
#include <string>
#include <vector>

#include "bench/null_stream.h"
#include "message/open.h"
#include "message/seal.h"

namespace kvc::bench {

/// One message with one attachment of `size` random bytes, from Anna to Bernd (unit/message/samples.h).
struct Work {
  std::size_t size = 0;
  std::string attachment;
  std::string inner_base64;  ///< the attachment as it stands inside the signed part
  std::string content;       ///< the signed part, which is what the peers begin with when they seal
  std::string mail;          ///< sealed by us; everybody opens the same one
  std::string body_base64;   ///< of the mail: the envelope
};

/// Made at the first call for a size, kept to the end.
const Work& work(std::size_t size);

message::Outgoing outgoing(const Work& work);
const message::SealKeys& seal_keys();
const message::OpenOptions& open_options();

/// Small mails, each from a sender whose certificate no other one has: `count` of them, made at the first call.
const std::vector<std::string>& strangers(std::size_t count);

/// Reads a mail from memory without copying it.
message::MailSource from_memory(const std::string& mail);

/// A failure of the preparation ends the program: its figures would be of something else.
[[noreturn]] void give_up(const std::string& why);

}  // namespace kvc::bench
