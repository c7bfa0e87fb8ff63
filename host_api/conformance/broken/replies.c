/* SPDX-License-Identifier: Apache-2.0 */
/* Answers broken.run in a wrong way, REPLIES: 1 twice, 2 late, 3 on another thread, 4 with 2 GiB, 5 not at all, 6 with bytes
 * that are no message, 7 with a status that does not exist, 8 with a crash, 9 with a fault of its own. */
#include "skeleton.h"

#include <stdlib.h>
#include <sys/mman.h>

static pvs_reply_fn g_reply;
static void* g_sink;

static UNUSED void* reply_elsewhere(void* unused) {
  (void)unused;
  answer_done(g_reply, g_sink);
  return NULL;
}

static pvs_status run(pvs_reply_fn reply, void* sink) {
#if REPLIES == 1
  answer_done(reply, sink);
  return answer_done(reply, sink) == PVS_OK ? PVS_INTERNAL : PVS_OK;
#elif REPLIES == 2
  const pvs_status status = answer_done(reply, sink);
  g_reply = reply;
  g_sink = sink;
  return status;
#elif REPLIES == 3
  pthread_t thread;
  g_reply = reply;
  g_sink = sink;
  pthread_create(&thread, NULL, &reply_elsewhere, NULL);
  pthread_join(thread, NULL);
  return PVS_OK;
#elif REPLIES == 4
  /* Pages nobody touches cost nothing: a host that copies them pays. */
  const uint64_t size = (uint64_t)1 << 31;
  void* data = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  const pvs_status status = data == MAP_FAILED ? PVS_NO_MEMORY : reply(sink, bytes_of(data, size));
  if (data != MAP_FAILED) munmap(data, size);
  return status;
#elif REPLIES == 5
  (void)reply;
  (void)sink;
  return PVS_OK;
#elif REPLIES == 6
  return reply(sink, bytes_of("\xff\xff\xff", 3));
#elif REPLIES == 7
  answer_done(reply, sink);
  return 4711;
#elif REPLIES == 8
  volatile int* nowhere = NULL;
  *nowhere = 1;
  return answer_done(reply, sink);
#else
  (void)reply;
  (void)sink;
  return PVS_INTERNAL;
#endif
}

static pvs_status PVS_CALL call(pvs_instance* instance, const pvs_call_header* header, pvs_bytes request,
                                pvs_reply_fn reply, void* sink) {
  const pvs_status status = check_call(instance, header, request);
#if REPLIES == 2
  if (g_reply != NULL) {
    const pvs_reply_fn old = g_reply;
    g_reply = NULL;
    answer_done(old, g_sink);
  }
#endif
  if (status == PVS_OK && header->method == 201 && g_self.active && asks_for(request, "broken.run")) {
    return run(reply, sink);
  }
  return good_call(instance, header, request, reply, sink);
}
BROKEN_PLUGIN(good_describe, good_create, call, good_cancel, good_on_main, good_stop, good_destroy)
