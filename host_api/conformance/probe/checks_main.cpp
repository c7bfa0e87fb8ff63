// SPDX-License-Identifier: Apache-2.0
// On the main thread, inside a call of the host.
#include "wire.h"

namespace probe {

namespace v1 = pvs::v1;

void check_on_main(Wire& wire) {
  Results& results = wire.results;
  results.expect("main.is_main", wire.host->is_main(wire.ctx) == 1, "is_main() does not know the main thread");

  v1::UserListReply users;
  results.expect("main.any_services", wire.ask(v1::METHOD_HOST_USER_LIST, v1::UserListRequest(), users) == PVS_OK,
                 "a service that waits for nothing cannot be called on the main thread");

  // What may wait for a person or a disk has to be refused, not waited for.
  for (const auto& [name, method] : {std::pair{"main.file_choose_refused", v1::METHOD_HOST_FILE_CHOOSE},
                                     std::pair{"main.document_deliver_refused", v1::METHOD_HOST_DOCUMENT_DELIVER},
                                     std::pair{"main.document_fetch_refused", v1::METHOD_HOST_DOCUMENT_FETCH}}) {
    const Answer answer = wire.call(static_cast<std::uint32_t>(method), "");
    results.expect(name, answer.status == PVS_WRONG_THREAD || answer.status == PVS_UNSUPPORTED_METHOD,
                   "status " + std::to_string(answer.status) + " on the main thread, expected PVS_WRONG_THREAD");
  }
  std::uint8_t byte = 0;
  std::uint64_t got = 1;
  results.expect("main.stream_read_refused", wire.host->stream_read(wire.ctx, 1, &byte, 1, &got) == PVS_WRONG_THREAD,
                 "stream_read works on the main thread");
  results.expect("main.stream_write_refused", wire.host->stream_write(wire.ctx, 1, {&byte, 1}) == PVS_WRONG_THREAD,
                 "stream_write works on the main thread");
  results.expect("main.stream_close_refused", wire.host->stream_close(wire.ctx, 1, 0) == PVS_WRONG_THREAD,
                 "stream_close works on the main thread");
}

}  // namespace probe
