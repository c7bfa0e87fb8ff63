/* SPDX-License-Identifier: Apache-2.0 */
/* Its job, JOBS: 1 ends twice, 2 never ends, 3 ends as Accepted, 4 ends, but its thread stays. */
#include "skeleton.h"

static UNUSED void* twice(void* unused) {
  (void)unused;
  end_job(g_self.job_id, 0);
  end_job(g_self.job_id, 0);
  return NULL;
}
static UNUSED void* never(void* unused) {
  return unused;
}
static UNUSED void* as_accepted(void* unused) {
  /* JobEndedRequest{job_id, outcome{accepted{job_id}}} */
  message end, outcome, inner;
  (void)unused;
  end.size = outcome.size = inner.size = 0;
  put_number(&inner, 1, g_self.job_id);
  put_message(&outcome, 2, &inner);
  put_number(&end, 1, g_self.job_id);
  put_message(&end, 2, &outcome);
  host_call(1802, &end);
  return NULL;
}
static UNUSED void* leaked(void* unused) {
  (void)unused;
  end_job(g_self.job_id, 0);
  for (;;) nap(1000);
  return NULL;
}

#if JOBS == 1
#define WORK twice
#elif JOBS == 2
#define WORK never
#elif JOBS == 3
#define WORK as_accepted
#else
#define WORK leaked
#endif

static pvs_status PVS_CALL call(pvs_instance* instance, const pvs_call_header* header, pvs_bytes request,
                                pvs_reply_fn reply, void* sink) {
  const pvs_status status = check_call(instance, header, request);
  if (status == PVS_OK && header->method == 201 && g_self.active && asks_for(request, "broken.job")) {
    const pvs_status begun = begin_job(&WORK, reply, sink);
#if JOBS == 4
    if (g_self.has_job) pthread_detach(g_self.job);
    g_self.has_job = 0;
#endif
    return begun;
  }
  return good_call(instance, header, request, reply, sink);
}
BROKEN_PLUGIN(good_describe, good_create, call, good_cancel, good_on_main, good_stop, good_destroy)
