/* SPDX-License-Identifier: Apache-2.0 */
/* Fails inside at anything it does not expect: unknown methods and fields, garbage, unknown views, other requests' bytes. */
#include "skeleton.h"

static pvs_status PVS_CALL call(pvs_instance* instance, const pvs_call_header* header, pvs_bytes request,
                                pvs_reply_fn reply, void* sink) {
  const pvs_status status = good_call(instance, header, request, reply, sink);
  if (status == PVS_UNSUPPORTED_METHOD) return PVS_INTERNAL;
  return status;
}
static pvs_status PVS_CALL strict_call(pvs_instance* instance, const pvs_call_header* header, pvs_bytes request,
                                       pvs_reply_fn reply, void* sink) {
  const int life = header != NULL && header->method < 200;
  if (check_call(instance, header, request) != PVS_OK || (life && header->method <= 103)) {
    return good_call(instance, header, request, reply, sink);
  }
  if (header->deadline_ms == 0 && header->method == 104) return PVS_DEADLINE; /* 0 means none */
  if (header->struct_size != sizeof(pvs_call_header)) return PVS_INTERNAL;
  if (request.size > 2 && request.data[0] != 0x0a) return PVS_INTERNAL;
  if (request.size > 100000 || (header->method == 201 && request.size == 0)) return PVS_INTERNAL;
  if (header->method == 301 || header->method == 302 || header->method == 402) return PVS_INTERNAL;
  if (header->method == 201 && g_self.active && !asks_for(request, "broken.run") && !asks_for(request, "broken.job") &&
      !asks_for(request, "broken.form")) {
    return answer_done(reply, sink) == PVS_OK ? PVS_OK : PVS_INTERNAL; /* unknown commands are done, refusals changed */
  }
  return call(instance, header, request, reply, sink);
}
static void PVS_CALL on_main(pvs_instance* instance, uint64_t token) {
  volatile int* nowhere = NULL;
  (void)instance;
  if (token == 0) *nowhere = 1;
}
BROKEN_PLUGIN(good_describe, good_create, strict_call, good_cancel, on_main, good_stop, good_destroy)
