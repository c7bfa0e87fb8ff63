/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a hundred thousand log lines for one command. */
#include "skeleton.h"

static pvs_status PVS_CALL call(pvs_instance* instance, const pvs_call_header* header, pvs_bytes request,
                                pvs_reply_fn reply, void* sink) {
  const pvs_status status = check_call(instance, header, request);
  if (status == PVS_OK && header->method == 201 && g_self.active && asks_for(request, "broken.run")) {
    int i;
    for (i = 0; i < 100000; ++i) say(g_self.host, g_self.ctx, PVS_LOG_WARNING, "noch eine Zeile, die niemand liest");
  }
  return good_call(instance, header, request, reply, sink);
}
BROKEN_PLUGIN(good_describe, good_create, call, good_cancel, good_on_main, good_stop, good_destroy)
