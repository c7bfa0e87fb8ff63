/* SPDX-License-Identifier: Apache-2.0 */
/* Touches everything that belongs to the process, and forgets a descriptor. */
#include "skeleton.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void on_signal(int number) {
  (void)number;
}

static pvs_status PVS_CALL create(const pvs_host_v1* host, pvs_host_ctx* ctx, pvs_bytes manifest, pvs_instance** out) {
  const pvs_status status = good_create(host, ctx, manifest, out);
  if (status == PVS_OK) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGUSR1, &on_signal);
    if (setlocale(LC_ALL, "C.UTF-8") == NULL || chdir("/") != 0 || write(1, "x", 1) != 1 || write(2, "y", 1) != 1) {
      return PVS_INTERNAL;
    }
    umask(0);
    setenv("PVS_BROKEN", "1", 1);
    if (open("/dev/null", O_RDONLY) < 0) return PVS_INTERNAL;
  }
  return status;
}
BROKEN_PLUGIN(good_describe, create, good_call, good_cancel, good_on_main, good_stop, good_destroy)
