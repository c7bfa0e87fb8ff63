/* SPDX-License-Identifier: Apache-2.0
 * A library to preload into a process under test: what its heaps hold, which nobody can see from outside. The product
 * holds no hook for it.
 *
 * KVC_HEAP_WATCH=FILE  four times a second, written anew: "in use: KIB", "heaps: KIB" (what malloc took from the system
 *                      for it, holes included), as mallinfo2(3) has them
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static char file[4096], unfinished[4100];

static void *watch(void *nothing) {
  const struct timespec pause = {0, 250000000};
  for (;;) {
    const struct mallinfo2 info = mallinfo2();
    FILE *out = fopen(unfinished, "we");
    if (out != NULL) {
      fprintf(out, "in use: %zu\nheaps: %zu\n", (info.uordblks + info.hblkhd) / 1024, (info.arena + info.hblkhd) / 1024);
      fclose(out);
      rename(unfinished, file);
    }
    nanosleep(&pause, NULL);
  }
  return nothing;
}

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("KVC_HEAP_WATCH");
  if (name == NULL || snprintf(file, sizeof file, "%s", name) >= (int)sizeof file) {
    return;
  }
  snprintf(unfinished, sizeof unfinished, "%s.new", file);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); /* the thread takes none of the process's signals */
  pthread_t thread;
  if (pthread_create(&thread, NULL, &watch, NULL) == 0) {
    pthread_detach(thread);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}
