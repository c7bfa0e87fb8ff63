/* SPDX-License-Identifier: Apache-2.0 */
/* Believes everything: looks at no argument, no thread, no deadline, no state and no manifest. */
#include "skeleton.h"

static pvs_status PVS_CALL create(const pvs_host_v1* host, pvs_host_ctx* ctx, pvs_bytes manifest, pvs_instance** out) {
  (void)manifest;
  memset(&g_self, 0, sizeof g_self);
  g_self.host = host;
  g_self.ctx = ctx;
  if (out != NULL) *out = &g_self;
  return PVS_OK;
}
static pvs_status PVS_CALL call(pvs_instance* instance, const pvs_call_header* header, pvs_bytes request,
                                pvs_reply_fn reply, void* sink) {
  static const message kEmpty = {{0}, 0};
  (void)instance;
  if (header->method == 201) return answer_done(reply, sink);
  if (header->method == 301 || header->method == 302 || header->method == 303) return answer_done(reply, sink);
  (void)request;
  reply(sink, bytes_of(kEmpty.data, 0));
  return PVS_OK;
}
static pvs_status PVS_CALL stop(pvs_instance* instance, uint64_t deadline_ms) {
  (void)deadline_ms;
  instance->stopped = 1;
  return PVS_OK;
}
static void PVS_CALL destroy(pvs_instance* instance) {
  instance->exists = 0;
}
BROKEN_PLUGIN(good_describe, create, call, good_cancel, good_on_main, stop, destroy)
