/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file plugin.h
 * The interface between a practice management system ("host") and a plugin, major version 1.
 *
 * This header is the specification. It needs C11 and nothing but stdint.h and stddef.h.
 *
 * The picture
 *   The host reads manifest.json, builds its menu from it, and loads the library when one of its commands is used first
 *   (or at start-up). It looks up one symbol, pvs_plugin_entry_v1, which returns a table of functions. The host gives a
 *   table of its own to create(). After that, each side has one function `call` that carries a method number and the
 *   bytes of a protobuf message (package pvs.v1, proto/pvs/v1), and a few functions that must work without protobuf.
 *
 * Rules that hold for every function here
 *   1. No memory changes its owner. Arguments are borrowed until the function returns. An answer goes through a reply
 *      function that the callee calls at most once, on the same thread, before it returns; the bytes are valid until the
 *      reply function returns. So there is nothing to free on either side.
 *   2. Nothing is thrown across, in either direction. A C++ side catches everything at its edge.
 *   3. A return value says whether the call worked (enum below). Errors of the subject (wrong password, no network)
 *      travel inside the reply as pvs.v1.Error, with PVS_OK as the return value.
 *   4. Thread tags stand in brackets on the last line of each comment:
 *        [main]    only on the host's main thread, the one that called create()
 *        [worker]  never on the main thread; the function may take time
 *        [any]     on any thread, at any time between create() and the return of stop()
 *      The main thread is never kept: a function tagged [main] returns within the time class of its method
 *      (proto/pvs/v1/methods.proto). Longer work becomes a job and ends with the host method JOB_ENDED.
 *   5. Nobody holds a lock while calling the other side. The host may be re-entered through `call` on the main thread only
 *      while it is itself inside a function of its table.
 *   6. Neither side touches the process: no locale, signal mask or handler, working directory, umask, environment,
 *      standard output; no exit, abort, fork. The plugin joins all its threads before stop() returns.
 *   7. Messages are at most PVS_MAX_MESSAGE bytes; documents travel as streams.
 *   8. Text is UTF-8, counted, not terminated.
 *   9. A call header with a method number unknown to the callee is answered PVS_UNSUPPORTED_METHOD, never a crash;
 *      unknown fields in a message are ignored.
 *
 * How the interface grows
 *   The major version is part of the symbol's name. A minor version appends functions at the end of a table, methods,
 *   fields and enum values; nothing ever changes its meaning, no number is used twice. Each table begins with its size,
 *   so that either side sees what the other one has: use PVS_HAS before calling a function added after minor 0.
 */
#ifndef PVS_PLUGIN_H
#define PVS_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

/** Major and minor version of this header. The major is fixed for this file; see "How the interface grows". */
#define PVS_ABI_MAJOR 1u
#define PVS_ABI_MINOR 0u

/** Largest message that `call` carries in either direction, in bytes (4 MiB). */
#define PVS_MAX_MESSAGE 4194304u

#if defined(_WIN32)
#define PVS_CALL __cdecl
#define PVS_EXPORT __declspec(dllexport)
#else
#define PVS_CALL
#define PVS_EXPORT __attribute__((visibility("default")))
#endif

/** True if the table behind `ptr` (of struct type `type`) is long enough to have `member`, and the member is set. */
#define PVS_HAS(type, ptr, member) \
  ((ptr) != NULL && (ptr)->struct_size >= offsetof(type, member) + sizeof((ptr)->member) && (ptr)->member != NULL)

#ifdef __cplusplus
extern "C" {
#endif

/** Outcome of a call across the interface. A closed set: a value not named here is treated as PVS_INTERNAL. */
typedef int32_t pvs_status;
enum {
  PVS_OK = 0,                 /**< done; look into the reply for the outcome of the subject */
  PVS_UNSUPPORTED_METHOD = 1, /**< the callee does not know the method number */
  PVS_BAD_REQUEST = 2,        /**< the bytes are not the method's request, or an argument is null */
  PVS_INVALID_STATE = 3,      /**< not now: before create, before ACTIVATE, or after stop */
  PVS_WRONG_THREAD = 4,       /**< the thread tag was not kept */
  PVS_CANCELLED = 5,          /**< the caller cancelled the call */
  PVS_DEADLINE = 6,           /**< the header's deadline had passed */
  PVS_TOO_LARGE = 7,          /**< longer than PVS_MAX_MESSAGE, or than what a stream allows */
  PVS_NO_MEMORY = 8,          /**< memory ran out; nothing was changed */
  PVS_FAULTED = 9,            /**< the plugin failed inside too often; only HEALTH, stop and destroy still work */
  PVS_DENIED = 10,            /**< the host does not allow this to this plugin */
  PVS_INTERNAL = 11,          /**< a fault inside the callee, contained; written to the log */
  PVS_VERSION = 12,           /**< the other side is too old or too new; create() logs which */
  PVS_END_OF_STREAM = 13      /**< stream_read: no more bytes */
};

/** Severity of a log line. The last two are how one side reports that the other one broke a rule above. */
enum {
  PVS_LOG_DEBUG = 0,
  PVS_LOG_INFO = 1,
  PVS_LOG_WARNING = 2,
  PVS_LOG_ERROR = 3,
  PVS_LOG_HOST_MISBEHAVING = 4,
  PVS_LOG_PLUGIN_MISBEHAVING = 5
};

/** Bytes that somebody else owns. `data` may be null only if `size` is 0. */
typedef struct pvs_bytes {
  const uint8_t* data;
  uint64_t size;
} pvs_bytes;

/**
 * Takes the answer of a call. Called at most once, on the thread that made the call, before the call returns.
 * `sink` is what the caller passed along. The return value goes back unchanged as the return value of the call.
 */
typedef pvs_status(PVS_CALL* pvs_reply_fn)(void* sink, pvs_bytes payload);

/** What stands before every message. */
typedef struct pvs_call_header {
  uint32_t struct_size;       /**< sizeof(pvs_call_header) as the caller knows it */
  uint32_t method;            /**< a number of pvs.v1.Method */
  uint64_t call_id;           /**< chosen by the caller, unique per direction, never 0; names the call for cancel() */
  uint64_t parent_call_id;    /**< the call of the other direction this one happens in, or 0 */
  uint64_t deadline_ms;       /**< on the clock monotonic_ms(); 0 means none */
  uint32_t flags;             /**< PVS_CALL_* below */
  uint32_t reserved;          /**< 0 */
  uint8_t correlation_id[16]; /**< follows one action of a user through both logs; all 0 if there is none */
} pvs_call_header;

/** A person started this and is waiting: the callee may ask questions. Without it, no dialog may appear. */
#define PVS_CALL_USER_PRESENT 1u

/** The host's side of one plugin instance; only the host looks inside. */
typedef struct pvs_host_ctx pvs_host_ctx;
/** The plugin's side of one instance; only the plugin looks inside. */
typedef struct pvs_instance pvs_instance;

/** What the host gives to the plugin. Lives longer than the instance. */
typedef struct pvs_host_v1 {
  uint32_t struct_size; /**< sizeof(pvs_host_v1) as the host knows it */
  uint32_t abi_minor;   /**< the host's PVS_ABI_MINOR */

  /**
   * Calls a service of the host: user, patient, key custody, files, documents, notifications, progress, audit, schedule.
   * Allowed from the plugin's own threads; the host brings the work to its main thread where that is needed.
   * eg: header.method = METHOD_HOST_USER_CURRENT
   * [any], the time class of the method
   */
  pvs_status(PVS_CALL* call)(pvs_host_ctx* ctx, const pvs_call_header* header, pvs_bytes request, pvs_reply_fn reply,
                             void* sink);

  /**
   * Writes one line to the host's diagnostic log. No patient data, no secrets: what must be kept for the record goes
   * through the audit service instead.
   * [any], returns at once
   */
  void(PVS_CALL* log)(pvs_host_ctx* ctx, int32_t level, pvs_bytes component, pvs_bytes text);

  /** 1 on the main thread, else 0.  [any], returns at once */
  int32_t(PVS_CALL* is_main)(pvs_host_ctx* ctx);

  /**
   * Asks the host to call on_main(token) soon on the main thread. Never runs it inside this function.
   * PVS_INVALID_STATE once stop() was called: the token will not come.
   * [any], returns at once
   */
  pvs_status(PVS_CALL* post_to_main)(pvs_host_ctx* ctx, uint64_t token);

  /** 1 if the host has cancelled its call `call_id` (also visible as cancel()), else 0.  [any], returns at once */
  int32_t(PVS_CALL* is_cancelled)(pvs_host_ctx* ctx, uint64_t call_id);

  /** Wall clock, milliseconds since 1970-01-01 UTC.  [any], returns at once */
  int64_t(PVS_CALL* now_utc_ms)(pvs_host_ctx* ctx);

  /** A clock that never goes back, in milliseconds; deadlines refer to it.  [any], returns at once */
  uint64_t(PVS_CALL* monotonic_ms)(pvs_host_ctx* ctx);

  /**
   * Reads up to `capacity` bytes of a stream that a host service opened (Files, Documents) and sets `*got`, which is at
   * least 1 with PVS_OK. PVS_END_OF_STREAM after the last byte. PVS_BAD_REQUEST for an unknown stream.
   * [worker]
   */
  pvs_status(PVS_CALL* stream_read)(pvs_host_ctx* ctx, uint64_t stream_id, uint8_t* buffer, uint64_t capacity,
                                    uint64_t* got);

  /** Appends bytes to a stream opened for writing; all or an error.  [worker] */
  pvs_status(PVS_CALL* stream_write)(pvs_host_ctx* ctx, uint64_t stream_id, pvs_bytes bytes);

  /**
   * Ends a stream. `keep` = 1: what was written becomes visible under its final name, at once and completely;
   * `keep` = 0: it is thrown away. A stream not closed when the instance is destroyed counts as thrown away.
   * [worker]
   */
  pvs_status(PVS_CALL* stream_close)(pvs_host_ctx* ctx, uint64_t stream_id, int32_t keep);
} pvs_host_v1;

/** What the plugin gives to the host. Static memory of the library: valid as long as it is loaded. */
typedef struct pvs_plugin_v1 {
  uint32_t struct_size; /**< sizeof(pvs_plugin_v1) as the plugin knows it */
  uint32_t abi_minor;   /**< the plugin's PVS_ABI_MINOR */

  /**
   * Answers a serialised pvs.v1.PluginDescription: id, version, contributions, required host services. Without side
   * effects; works before create(), any number of times. The host compares it with manifest.json and refuses a plugin
   * that is not what its manifest says.
   * [any], 20 ms
   */
  pvs_status(PVS_CALL* describe)(pvs_reply_fn reply, void* sink);

  /**
   * Makes an instance. `manifest` is the text of manifest.json as the host read it; the plugin compares it with what it
   * is and refuses with PVS_VERSION or PVS_BAD_REQUEST and one readable log line if they disagree.
   * The calling thread becomes the main thread of the instance. One instance at a time: PVS_INVALID_STATE for a second.
   * On failure `*out` is null and nothing stays behind. create() is possible again after destroy().
   * [main], 100 ms
   */
  pvs_status(PVS_CALL* create)(const pvs_host_v1* host, pvs_host_ctx* ctx, pvs_bytes manifest, pvs_instance** out);

  /**
   * Calls a method of the plugin: lifecycle, commands, forms, hooks, jobs. `reply` may be null if the caller does not
   * want the answer.
   * Thread tag and time class as the method says; every method of minor 0 is [main].
   */
  pvs_status(PVS_CALL* call)(pvs_instance* instance, const pvs_call_header* header, pvs_bytes request,
                             pvs_reply_fn reply, void* sink);

  /**
   * Asks the plugin to give up the host's call `call_id` and the job that came of it. Cooperative: the job still ends
   * exactly once, as cancelled or as whatever it had reached. Unknown ids are ignored.
   * [any], returns at once
   */
  void(PVS_CALL* cancel)(pvs_instance* instance, uint64_t call_id);

  /** The answer to post_to_main(token).  [main], 20 ms */
  void(PVS_CALL* on_main)(pvs_instance* instance, uint64_t token);

  /**
   * Ends all work: cancels jobs, joins the plugin's threads, closes files. Returns when all that is done, at the latest
   * about `deadline_ms` milliseconds later if the host answers its own calls. During stop() the host still answers
   * `call`; afterwards nothing comes from this instance any more. PVS_DEADLINE: a thread is stuck inside the host; the
   * instance must not be destroyed.
   * [main]
   */
  pvs_status(PVS_CALL* stop)(pvs_instance* instance, uint64_t deadline_ms);

  /** Frees the instance. Requires stop(); calls it if that was forgotten. Null is allowed.  [main] */
  void(PVS_CALL* destroy)(pvs_instance* instance);
} pvs_plugin_v1;

/**
 * The only symbol of a plugin library.
 *
 * Returns the plugin's table, or null if it cannot work with a host of `host_minor`. May be called any number of times,
 * from any thread; has no other effect. The library stays in memory after dlclose (it is linked with -z nodelete).
 * [any], 1 ms
 */
typedef const pvs_plugin_v1*(PVS_CALL* pvs_plugin_entry_fn)(uint32_t host_minor);
#define PVS_ENTRY_SYMBOL "pvs_plugin_entry_v1"
PVS_EXPORT const pvs_plugin_v1* PVS_CALL pvs_plugin_entry_v1(uint32_t host_minor);

#ifdef __cplusplus
}
#endif

#endif /* PVS_PLUGIN_H */
