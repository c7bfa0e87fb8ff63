/* SPDX-License-Identifier: Apache-2.0 */
/* Throws out of the slot named by THROWS_IN (1 describe ... 7 destroy): an exception crosses the border. */
#include "skeleton.h"

#include <stdexcept>

namespace {

[[noreturn]] void fail() {
  throw std::runtime_error("thrown across the border");
}

pvs_status PVS_CALL describe(pvs_reply_fn, void*) {
  fail();
}
pvs_status PVS_CALL create(const pvs_host_v1*, pvs_host_ctx*, pvs_bytes, pvs_instance**) {
  fail();
}
pvs_status PVS_CALL call(pvs_instance* instance, const pvs_call_header* header, pvs_bytes request, pvs_reply_fn reply,
                         void* sink) {
  if (header != nullptr && header->method == 201) {
    fail();
  }
  return good_call(instance, header, request, reply, sink);
}
void PVS_CALL cancel(pvs_instance*, uint64_t) {
  fail();
}
void PVS_CALL on_main(pvs_instance*, uint64_t) {
  fail();
}
pvs_status PVS_CALL stop(pvs_instance* instance, uint64_t deadline_ms) {
  static_cast<void>(good_stop(instance, deadline_ms));
  fail();
}
void PVS_CALL destroy(pvs_instance* instance) {
  good_destroy(instance);
  fail();
}

}  // namespace

#define CHOOSE(number, bad, good) (THROWS_IN == number ? bad : good)
BROKEN_PLUGIN(CHOOSE(1, describe, good_describe), CHOOSE(2, create, good_create), CHOOSE(3, call, good_call),
              CHOOSE(4, cancel, good_cancel), CHOOSE(5, on_main, good_on_main), CHOOSE(6, stop, good_stop),
              CHOOSE(7, destroy, good_destroy))
