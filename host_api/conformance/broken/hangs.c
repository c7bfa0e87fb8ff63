/* SPDX-License-Identifier: Apache-2.0 */
/* Never returns: from call (HANGS_IN 1) or from stop (2). */
#include "skeleton.h"

static void hang(void) {
  for (;;) nap(1000);
}
static UNUSED pvs_status PVS_CALL hanging_call(pvs_instance* instance, const pvs_call_header* header, pvs_bytes request,
                                               pvs_reply_fn reply, void* sink) {
  if (header != NULL && header->method == 201 && g_self.active && asks_for(request, "broken.run")) hang();
  return good_call(instance, header, request, reply, sink);
}
static UNUSED pvs_status PVS_CALL hanging_stop(pvs_instance* instance, uint64_t deadline_ms) {
  hang();
  return good_stop(instance, deadline_ms);
}
#if HANGS_IN == 1
BROKEN_PLUGIN(good_describe, good_create, hanging_call, good_cancel, good_on_main, good_stop, good_destroy)
#else
BROKEN_PLUGIN(good_describe, good_create, good_call, good_cancel, good_on_main, hanging_stop, good_destroy)
#endif
