/* SPDX-License-Identifier: Apache-2.0 */
/* A bad guest: calls the host with a used call id, a request that is no message, a service its manifest does not name, functions
 * that wait on the main thread, questions to nobody, log lines that are none, and calls after its end. Holds a lock meanwhile
 * (GUEST 2), so that a host that comes back in waits for ever; is slow (GUEST 3). */
#include "skeleton.h"

static UNUSED pthread_mutex_t g_held = PTHREAD_MUTEX_INITIALIZER;

static UNUSED void bother(void) {
  uint8_t byte;
  uint64_t got;
  message m;
  pvs_call_header header;
  memset(&header, 0, sizeof header);
  header.struct_size = sizeof header;
  header.method = 1101;
  header.call_id = 7;
  memcpy(m.data, "\xff\xff", 2);
  m.size = 2;
  g_self.host->call(g_self.ctx, &header, bytes_of(m.data, m.size), &ignore_reply, NULL);
  g_self.host->call(g_self.ctx, &header, bytes_of(m.data, 0), &ignore_reply, NULL);
  m.size = 0;
  host_call(1301, &m);
  host_call(1501, &m);
  g_self.host->stream_read(g_self.ctx, 1, &byte, 1, &got);
  g_self.host->log(g_self.ctx, 42, bytes_of("broken", 6), bytes_of("\xff\xfe", 2));
}

static UNUSED pvs_status PVS_CALL call(pvs_instance* instance, const pvs_call_header* header, pvs_bytes request,
                                       pvs_reply_fn reply, void* sink) {
#if GUEST == 2
  pvs_status status;
  message m;
  m.size = 0;
  pthread_mutex_lock(&g_held);
  if (header != NULL && header->method == 201 && check_call(instance, header, request) == PVS_OK && g_self.active) {
    host_call(1101, &m);
  }
  status = good_call(instance, header, request, reply, sink);
  pthread_mutex_unlock(&g_held);
  return status;
#else
  if (check_call(instance, header, request) == PVS_OK && header->method == 201 && g_self.active &&
      asks_for(request, "broken.run")) {
#if GUEST == 1
    bother();
#else
    nap(700);
#endif
  }
  return good_call(instance, header, request, reply, sink);
#endif
}
static UNUSED pvs_status PVS_CALL slow_describe(pvs_reply_fn reply, void* sink) {
  nap(300);
  return good_describe(reply, sink);
}
static UNUSED void PVS_CALL late_destroy(pvs_instance* instance) {
  if (instance == &g_self && g_self.exists) {
    say(g_self.host, g_self.ctx, PVS_LOG_INFO, "noch da");
    g_self.host->post_to_main(g_self.ctx, 1);
  }
  good_destroy(instance);
}
#if GUEST == 1
BROKEN_PLUGIN(good_describe, good_create, call, good_cancel, good_on_main, good_stop, late_destroy)
#elif GUEST == 2
BROKEN_PLUGIN(good_describe, good_create, call, good_cancel, good_on_main, good_stop, good_destroy)
#else
BROKEN_PLUGIN(slow_describe, good_create, call, good_cancel, good_on_main, good_stop, good_destroy)
#endif
