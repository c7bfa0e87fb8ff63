/* SPDX-License-Identifier: Apache-2.0 */
/* Lives once: a second create() is refused, a second stop() and a describe() after the first are, too. Does not end its work when
 * destroy() comes without stop(), takes any host for a complete one, and runs more threads than it says. */
#include "skeleton.h"

static int g_lives;
static int g_described;

static pvs_status PVS_CALL describe(pvs_reply_fn reply, void* sink) {
  return g_described++ == 0 ? good_describe(reply, sink) : PVS_INVALID_STATE;
}
static pvs_status PVS_CALL create(const pvs_host_v1* host, pvs_host_ctx* ctx, pvs_bytes manifest, pvs_instance** out) {
  if (host != NULL && host->struct_size != sizeof(pvs_host_v1)) return PVS_VERSION;
  if (g_lives != 0 && out != NULL) {
    *out = NULL;
    return PVS_VERSION;
  }
  {
    const pvs_status status = good_create(host, ctx, manifest, out);
    g_lives += status == PVS_OK;
    return status;
  }
}
static void* wait_for_stop(void* unused) {
  while (!is_cancelled()) nap(2);
  return unused;
}
static pthread_t g_more[3];
static int g_has_more;
static pvs_status PVS_CALL call(pvs_instance* instance, const pvs_call_header* header, pvs_bytes request,
                                pvs_reply_fn reply, void* sink) {
  if (check_call(instance, header, request) == PVS_OK && header->method == 101) {
    message m;
    m.size = 0;
    g_self.hello = 1;
    return send_message(&m, reply, sink);
  }
  if (check_call(instance, header, request) == PVS_OK && header->method == 201 && g_self.active && !g_has_more) {
    int i;
    for (i = 0; i < 3; ++i) pthread_create(&g_more[i], NULL, &wait_for_stop, NULL);
    g_has_more = 1;
    return answer_done(reply, sink);
  }
  if (check_call(instance, header, request) == PVS_OK && header->method == 201) return answer_done(reply, sink);
  return good_call(instance, header, request, reply, sink);
}
static void PVS_CALL cancel(pvs_instance* instance, uint64_t call_id) {
  (void)instance;
  (void)call_id;
}
static pvs_status PVS_CALL stop(pvs_instance* instance, uint64_t deadline_ms) {
  int i;
  if (g_self.stopped) return PVS_INVALID_STATE;
  g_self.cancelled = 1;
  for (i = 0; i < 3 && g_has_more; ++i) pthread_join(g_more[i], NULL);
  g_has_more = 0;
  return good_stop(instance, deadline_ms);
}
BROKEN_PLUGIN(describe, create, call, cancel, good_on_main, stop, good_destroy)
