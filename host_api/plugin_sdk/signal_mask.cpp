// SPDX-License-Identifier: Apache-2.0
// Poco blocks SIGPIPE for the loading thread in a static initialiser. Loading a plugin must not change the host's
// signal mask, so it is noted before any initialiser runs and put back at the first entry.
//
// A constructor of this library is too late when Poco is a shared library: what a library needs is initialised before
// the library itself. The relocation phase of dlopen comes before every initialiser, and resolves indirect functions;
// so the resolver below takes the note. It may use nothing that itself needs relocation: one raw system call, static
// memory. Elsewhere the earliest constructor does, which is early enough for a statically linked Poco.
#include "signal_mask.h"

#include <features.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace {

struct Note {
  std::uint64_t mask;  // the kernel's signal set: bit n-1 is signal n
  long thread;
  int taken;
};
Note g_note;  // zero before any relocation, as all of .bss

#if defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define PVS_MASK_BY_RESOLVER 1
inline long system_call(long number, long a, long b, long c, long d) {
  long result = 0;
  register long r10 __asm__("r10") = d;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
  return result;
}
#elif defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && defined(__aarch64__)
#define PVS_MASK_BY_RESOLVER 1
inline long system_call(long number, long a, long b, long c, long d) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
}
#else
inline long system_call(long number, long a, long b, long c, long d) {
  return ::syscall(number, a, b, c, d);
}
#endif

#if defined(PVS_MASK_BY_RESOLVER)
#define PVS_BARE __attribute__((no_sanitize("address", "undefined", "thread"), optimize("no-stack-protector")))
#else
#define PVS_BARE
#endif

PVS_BARE void take_note() {
  if (g_note.taken == 0) {
    g_note.thread = system_call(SYS_gettid, 0, 0, 0, 0);
    g_note.taken =
        system_call(SYS_rt_sigprocmask, SIG_BLOCK, 0, reinterpret_cast<long>(&g_note.mask), sizeof g_note.mask) == 0
            ? 1
            : -1;
  }
}

#if defined(PVS_MASK_BY_RESOLVER)
void nothing() {}
extern "C" {
PVS_BARE void (*pvs_detail_note_mask(void))() {
  take_note();
  return &nothing;
}
void pvs_detail_loaded() __attribute__((ifunc("pvs_detail_note_mask"), visibility("hidden")));
}
#else
__attribute__((constructor(101))) void note_at_construction() {
  take_note();
}
void pvs_detail_loaded() {}
#endif

}  // namespace

namespace pvs::detail {

void restore_signal_mask() noexcept {
  static std::atomic<bool> done{false};
  pvs_detail_loaded();  // keeps the indirect function, and so its resolver, in the library
  if (done.exchange(true) || g_note.taken != 1 || g_note.thread != ::syscall(SYS_gettid)) {
    return;
  }
  if ((g_note.mask & (std::uint64_t{1} << (SIGPIPE - 1))) == 0) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  }
}

}  // namespace pvs::detail
