/* SPDX-License-Identifier: Apache-2.0 */
/* Does not fit its host or its manifest, VERSION: 1 wants a host of minor version 99 and says so; 2 has no table for this host;
 * 3 is of another version than its manifest says; 4 has a table that ends in the middle of a function. */
#include "skeleton.h"

static UNUSED pvs_status PVS_CALL describe_too_new(pvs_reply_fn reply, void* sink) {
  message m;
  describe_into(&m, "1.0.0", 99);
  return send_message(&m, reply, sink);
}
static UNUSED pvs_status PVS_CALL describe_other(pvs_reply_fn reply, void* sink) {
  message m;
  describe_into(&m, "2.7.1", 0);
  return send_message(&m, reply, sink);
}
static UNUSED pvs_status PVS_CALL refuse(const pvs_host_v1* host, pvs_host_ctx* ctx, pvs_bytes manifest,
                                         pvs_instance** out) {
  (void)manifest;
  if (out != NULL) *out = NULL;
  if (PVS_HAS(pvs_host_v1, host, log)) say(host, ctx, PVS_LOG_ERROR, "a host of minor version 99 is needed");
  return PVS_VERSION;
}

#if VERSION == 1
BROKEN_PLUGIN(describe_too_new, refuse, good_call, good_cancel, good_on_main, good_stop, good_destroy)
#elif VERSION == 3
BROKEN_PLUGIN(describe_other, good_create, good_call, good_cancel, good_on_main, good_stop, good_destroy)
#else
PVS_EXPORT const pvs_plugin_v1* PVS_CALL pvs_plugin_entry_v1(uint32_t host_minor) {
  static const pvs_plugin_v1 kShort = {(uint32_t)offsetof(pvs_plugin_v1, stop) + 4u, 0u, good_describe, good_create, good_call,
                                       good_cancel, good_on_main, NULL, NULL};
  return VERSION == 2 && host_minor < 99 ? NULL : &kShort;
}
#endif
