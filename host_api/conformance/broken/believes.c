/* SPDX-License-Identifier: Apache-2.0 */
/* Believes its host: takes the second answer, uses what it was never given, and fails inside on any status but PVS_OK. */
#include "skeleton.h"

static int g_answers;
static uint8_t g_first;
static pvs_status PVS_CALL take(void* sink, pvs_bytes payload) {
  (void)sink;
  ++g_answers;
  if (payload.size != 0) g_first = payload.data[0];
  return PVS_OK;
}

static pvs_status PVS_CALL call(pvs_instance* instance, const pvs_call_header* header, pvs_bytes request,
                                pvs_reply_fn reply, void* sink) {
  if (check_call(instance, header, request) == PVS_OK && header->method == 201 && g_self.active &&
      asks_for(request, "broken.run")) {
    pvs_call_header to_host;
    memset(&to_host, 0, sizeof to_host);
    to_host.struct_size = sizeof to_host;
    to_host.method = 1101;
    to_host.call_id = ++g_self.last_call;
    g_answers = 0;
    g_first = 0;
    if (g_self.host->call(g_self.ctx, &to_host, bytes_of("", 0), &take, NULL) != PVS_OK || g_answers != 1 ||
        g_first != 0x0a) {
      return PVS_INTERNAL;
    }
  }
  return good_call(instance, header, request, reply, sink);
}
BROKEN_PLUGIN(good_describe, good_create, call, good_cancel, good_on_main, good_stop, good_destroy)
