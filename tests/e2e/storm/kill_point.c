/* SPDX-License-Identifier: Apache-2.0
 * A library to preload into a program under test: it ends the process by SIGKILL at a chosen point, and can shift its
 * clock. The product holds no hook for this; the points are the calls it makes of the system and of OpenSSL:
 *   store    write, pwrite, ftruncate, fsync, fdatasync, rename and unlink of files (standard output and error apart)
 *   network  connect, and every read and write of a socket
 *   key      private keys made and used, signatures, envelopes, keystore files
 *
 * KVC_KILL_POINT=KIND:N    dies before the Nth call of the kind; KIND:N:after dies behind it, when its work is done and
 *                          its caller does not know; KIND:N:half writes the first half of the bytes and dies (store)
 * KVC_KILL_COUNTS=FILE     writes "store=A network=B key=C" to FILE when the process ends by itself
 * KVC_CLOCK_SHIFT=SECONDS  added to what the real-time clock says
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { STORE, NETWORK, KEY, KINDS };
enum moment { BEFORE, AFTER, HALF };
static const char *const kind_names[KINDS] = {"store", "network", "key"};

static atomic_long counts[KINDS];
static int chosen_kind = -1;
static long chosen_number;
static enum moment chosen_moment;
static long clock_shift;

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) {
    pause();
  }
}

/* Counts a call; dies if it is the one. Returns 1 if the process has to die when the call is done, 2 if in its middle. */
static int pass(enum kind kind) {
  const long number = atomic_fetch_add(&counts[kind], 1) + 1;
  if ((int)kind != chosen_kind || number != chosen_number) {
    return 0;
  }
  if (chosen_moment == BEFORE) {
    die();
  }
  return chosen_moment == AFTER ? 1 : 2;
}

/* The function of this name that would have been called without this library. */
#define REAL(name)                                \
  static __typeof__(&name) real;                  \
  if (real == NULL) {                             \
    *(void **)(&real) = dlsym(RTLD_NEXT, #name);  \
    if (real == NULL) {                           \
      abort();                                    \
    }                                             \
  }

__attribute__((constructor)) static void set_up(void) {
  const char *point = getenv("KVC_KILL_POINT");
  const char *shift = getenv("KVC_CLOCK_SHIFT");
  clock_shift = shift == NULL ? 0 : atol(shift);
  if (point == NULL) {
    return;
  }
  for (int kind = 0; kind < KINDS; ++kind) {
    const size_t length = strlen(kind_names[kind]);
    if (strncmp(point, kind_names[kind], length) == 0 && point[length] == ':') {
      char *end = NULL;
      chosen_number = strtol(point + length + 1, &end, 10);
      chosen_moment = strcmp(end, ":after") == 0 ? AFTER : strcmp(end, ":half") == 0 ? HALF : BEFORE;
      chosen_kind = kind;
    }
  }
}

__attribute__((destructor)) static void report(void) {
  const char *file = getenv("KVC_KILL_COUNTS");
  if (file == NULL) {
    return;
  }
  FILE *out = fopen(file, "w");
  if (out != NULL) {
    fprintf(out, "store=%ld network=%ld key=%ld\n", counts[STORE], counts[NETWORK], counts[KEY]);
    fclose(out);
  }
}

/* STORE for files, NETWORK for sockets, -1 for pipes, terminals and the program's own output. */
static int kind_of(int fd) {
  struct stat info;
  if (fd <= 2 || fstat(fd, &info) != 0) {
    return -1;
  }
  return S_ISREG(info.st_mode) ? STORE : S_ISSOCK(info.st_mode) ? NETWORK : -1;
}

ssize_t write(int fd, const void *bytes, size_t size) {
  REAL(write)
  const int kind = kind_of(fd);
  const int end = kind < 0 ? 0 : pass((enum kind)kind);
  const ssize_t written = real(fd, bytes, end == 2 ? size / 2 : size);
  if (end != 0) {
    die();
  }
  return written;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev)
  const int kind = kind_of(fd);
  const int end = kind < 0 ? 0 : pass((enum kind)kind);
  const ssize_t written = real(fd, parts, count);
  if (end != 0) {
    die();
  }
  return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset) {
  REAL(pwrite64)
  const int end = pass(STORE);
  const ssize_t written = real(fd, bytes, end == 2 ? size / 2 : size, offset);
  if (end != 0) {
    die();
  }
  return written;
}

ssize_t read(int fd, void *bytes, size_t size) {
  REAL(read)
  const int end = kind_of(fd) == NETWORK ? pass(NETWORK) : 0;
  const ssize_t got = real(fd, bytes, size);
  if (end != 0) {
    die();
  }
  return got;
}

/* Any other call: dies before it or behind it. */
#define GUARD(kind, result, name, parameters, arguments) \
  result name parameters {                               \
    REAL(name)                                           \
    const int end = pass(kind);                          \
    const result value = real arguments;                 \
    if (end != 0) {                                      \
      die();                                             \
    }                                                    \
    return value;                                        \
  }

GUARD(STORE, int, fsync, (int fd), (fd))
GUARD(STORE, int, fdatasync, (int fd), (fd))
GUARD(STORE, int, ftruncate64, (int fd, off64_t size), (fd, size))
GUARD(STORE, int, rename, (const char *from, const char *to), (from, to))
GUARD(STORE, int, unlink, (const char *file), (file))
GUARD(NETWORK, int, connect, (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size))

/* OpenSSL: only pointers pass through, so no header of it is needed. */
typedef void *any;
GUARD(KEY, int, EVP_PKEY_generate, (any context, any *key), (context, key))
GUARD(KEY, any, CMS_sign_ex, (any cert, any key, any certs, any data, unsigned flags, any library, const char *query),
      (cert, key, certs, data, flags, library, query))
GUARD(KEY, any, CMS_encrypt_ex, (any certs, any in, any cipher, unsigned flags, any library, const char *query),
      (certs, in, cipher, flags, library, query))
GUARD(KEY, int, CMS_final, (any cms, any data, any content, unsigned flags), (cms, data, content, flags))
GUARD(KEY, int, CMS_RecipientInfo_decrypt, (any cms, any recipient), (cms, recipient))
GUARD(KEY, int, EVP_PKEY_derive, (any context, unsigned char *out, size_t *size), (context, out, size))
GUARD(KEY, int, EVP_DecryptFinal_ex, (any context, unsigned char *out, int *size), (context, out, size))
GUARD(KEY, int, EVP_EncryptFinal_ex, (any context, unsigned char *out, int *size), (context, out, size))
GUARD(KEY, int, PKCS12_verify_mac, (any file, const char *password, int length), (file, password, length))

/* ---- the clock ---- */

int clock_gettime(clockid_t clock, struct timespec *now) {
  REAL(clock_gettime)
  const int result = real(clock, now);
  if (result == 0 && clock_shift != 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    now->tv_sec += clock_shift;
  }
  return result;
}

time_t time(time_t *out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != NULL) {
    *out = now.tv_sec;
  }
  return now.tv_sec;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec precise;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}
