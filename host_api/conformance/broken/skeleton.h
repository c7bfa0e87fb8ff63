/* SPDX-License-Identifier: Apache-2.0 */
/* A small plugin that keeps every rule, in C with hand-made protobuf bytes, so that no layer mends what a broken plugin
 * breaks. Each broken plugin includes it, writes one slot anew, and names its seven slots with BROKEN_PLUGIN.
 * Commands: broken.run is done at once, broken.form shows a form, broken.job goes on in a thread. */
#ifndef PVS_BROKEN_SKELETON_H
#define PVS_BROKEN_SKELETON_H

#include <pthread.h>
#include <pvs/plugin.h>
#include <string.h>
#include <time.h>

#define UNUSED __attribute__((unused))

struct pvs_instance {
  const pvs_host_v1* host;
  pvs_host_ctx* ctx;
  pthread_t main;
  int exists, hello, active, stopped;
  pthread_t job;
  int has_job;
  int cancelled;
  uint64_t job_id;
  uint64_t last_call;
};
static struct pvs_instance g_self;
static uint64_t g_last_job;
static pthread_mutex_t g_mutex = PTHREAD_MUTEX_INITIALIZER;

/* ---- bytes ---- */

typedef struct message {
  char data[1024];
  uint64_t size;
} message;

static UNUSED pvs_bytes bytes_of(const void* data, uint64_t size) {
  pvs_bytes result;
  result.data = (const uint8_t*)data;
  result.size = size;
  return result;
}
/* Field numbers up to 15, sizes up to 127 * 128. */
static UNUSED void put_size(message* m, uint64_t size) {
  if (size >= 128) {
    m->data[m->size++] = (char)(size & 0x7fu) | (char)0x80;
    size >>= 7;
  }
  m->data[m->size++] = (char)size;
}
static UNUSED void put_bytes(message* m, int field, const void* data, uint64_t size) {
  m->data[m->size++] = (char)(field << 3 | 2);
  put_size(m, size);
  memcpy(m->data + m->size, data, size);
  m->size += size;
}
static UNUSED void put_text(message* m, int field, const char* text) {
  put_bytes(m, field, text, strlen(text));
}
static UNUSED void put_number(message* m, int field, uint64_t number) {
  m->data[m->size++] = (char)(field << 3);
  put_size(m, number);
}
static UNUSED void put_message(message* m, int field, const message* inner) {
  put_bytes(m, field, inner->data, inner->size);
}
static UNUSED pvs_status send_message(const message* m, pvs_reply_fn reply, void* sink) {
  return reply == NULL ? PVS_OK : reply(sink, bytes_of(m->data, m->size));
}

/* ---- what it says ---- */

static UNUSED void put_command(message* m, const char* id) {
  message command;
  command.size = 0;
  put_text(&command, 1, id);
  put_text(&command, 2, "Kaputt");
  put_text(&command, 4, "nachrichten");
  put_message(m, 6, &command);
}
static UNUSED void describe_into(message* m, const char* version, uint64_t min_minor) {
  m->size = 0;
  put_text(m, 1, "org.example.broken");
  put_text(m, 2, version);
  put_number(m, 3, 1);
  if (min_minor != 0) put_number(m, 4, min_minor);
  put_command(m, "broken.run");
  put_command(m, "broken.form");
  put_command(m, "broken.job");
  put_text(m, 7, "session_locked");
  put_text(m, 8, "user_context");
  put_number(m, 10, 1);
}
static UNUSED pvs_status PVS_CALL good_describe(pvs_reply_fn reply, void* sink) {
  message m;
  describe_into(&m, "1.0.0", 0);
  return send_message(&m, reply, sink);
}

/* ---- life ---- */

static UNUSED int has(pvs_bytes text, const char* word) {
  return text.size >= strlen(word) && memmem(text.data, text.size, word, strlen(word)) != NULL;
}
static UNUSED void say(const pvs_host_v1* host, pvs_host_ctx* ctx, int32_t level, const char* text) {
  host->log(ctx, level, bytes_of("broken", 6), bytes_of(text, strlen(text)));
}

static UNUSED pvs_status PVS_CALL good_create(const pvs_host_v1* host, pvs_host_ctx* ctx, pvs_bytes manifest,
                                              pvs_instance** out) {
  if (out == NULL) return PVS_BAD_REQUEST;
  *out = NULL;
  if (!PVS_HAS(pvs_host_v1, host, stream_close) || host->call == NULL || host->log == NULL || host->is_main == NULL ||
      host->post_to_main == NULL || host->is_cancelled == NULL || host->now_utc_ms == NULL ||
      host->monotonic_ms == NULL || host->stream_read == NULL || host->stream_write == NULL) {
    return PVS_VERSION;
  }
  if (manifest.data == NULL || manifest.size == 0 || manifest.size > PVS_MAX_MESSAGE) return PVS_BAD_REQUEST;
  if (g_self.exists) return PVS_INVALID_STATE;
  if (manifest.data[0] != '{' || !has(manifest, "\"org.example.broken\"") || !has(manifest, "\"1.0.0\"")) {
    say(host, ctx, PVS_LOG_ERROR, "the manifest is not the one of this plugin");
    return PVS_BAD_REQUEST;
  }
  memset(&g_self, 0, sizeof g_self);
  g_self.host = host;
  g_self.ctx = ctx;
  g_self.main = pthread_self();
  g_self.exists = 1;
  *out = &g_self;
  return PVS_OK;
}

static UNUSED pvs_status ignore_reply(void* sink, pvs_bytes payload) {
  (void)sink;
  (void)payload;
  return PVS_OK;
}
static UNUSED pvs_status host_call(uint32_t method, const message* m) {
  pvs_call_header header;
  memset(&header, 0, sizeof header);
  header.struct_size = sizeof header;
  header.method = method;
  pthread_mutex_lock(&g_mutex);
  header.call_id = ++g_self.last_call;
  pthread_mutex_unlock(&g_mutex);
  return g_self.host->call(g_self.ctx, &header, bytes_of(m->data, m->size), &ignore_reply, NULL);
}

static UNUSED int is_cancelled(void) {
  int cancelled;
  pthread_mutex_lock(&g_mutex);
  cancelled = g_self.cancelled;
  pthread_mutex_unlock(&g_mutex);
  return cancelled;
}
static UNUSED void nap(long milliseconds) {
  struct timespec time;
  time.tv_sec = milliseconds / 1000;
  time.tv_nsec = milliseconds % 1000 * 1000000;
  nanosleep(&time, NULL);
}
/* JobEndedRequest{job_id, outcome{done{}}} or {outcome{error{category cancelled}}} */
static UNUSED void end_job(uint64_t job_id, int cancelled) {
  message end, outcome, inner;
  end.size = outcome.size = inner.size = 0;
  if (cancelled) put_number(&inner, 1, 10);
  put_message(&outcome, cancelled ? 4 : 3, &inner);
  put_number(&end, 1, job_id);
  put_message(&end, 2, &outcome);
  host_call(1802, &end);
}
static UNUSED void* good_job(void* unused) {
  int i;
  (void)unused;
  for (i = 0; i < 10 && !is_cancelled(); ++i) nap(2);
  end_job(g_self.job_id, is_cancelled());
  return NULL;
}
static UNUSED void join_job(int cancel) {
  if (!g_self.has_job) return;
  pthread_mutex_lock(&g_mutex);
  g_self.cancelled = cancel || g_self.cancelled;
  pthread_mutex_unlock(&g_mutex);
  pthread_join(g_self.job, NULL);
  g_self.has_job = 0;
}
static UNUSED pvs_status begin_job(void* (*work)(void*), pvs_reply_fn reply, void* sink) {
  message m, accepted;
  join_job(0);
  g_self.cancelled = 0;
  g_self.job_id = ++g_last_job;
  m.size = accepted.size = 0;
  put_number(&accepted, 1, g_self.job_id);
  put_message(&m, 2, &accepted);
  if (pthread_create(&g_self.job, NULL, work, NULL) != 0) return PVS_NO_MEMORY;
  g_self.has_job = 1;
  return send_message(&m, reply, sink);
}

/* ---- answers ---- */

static UNUSED pvs_status answer_done(pvs_reply_fn reply, void* sink) {
  return reply == NULL ? PVS_OK : reply(sink, bytes_of("\x1a\x00", 2));
}
static UNUSED pvs_status answer_error(pvs_reply_fn reply, void* sink) {
  return reply == NULL ? PVS_OK : reply(sink, bytes_of("\x22\x02\x08\x01", 4));
}
/* A view with one field and one action; its title is given. */
static UNUSED pvs_status answer_form(const char* title, pvs_reply_fn reply, void* sink) {
  message m, view, form, field, action;
  m.size = view.size = form.size = field.size = action.size = 0;
  put_text(&field, 1, "name");
  put_text(&field, 2, "Name");
  put_number(&field, 4, 1);
  put_message(&form, 2, &field);
  put_text(&action, 1, "ok");
  put_text(&action, 2, "Weiter");
  put_number(&action, 3, 1);
  put_text(&view, 1, "broken-1");
  put_text(&view, 2, "broken.form");
  put_text(&view, 3, title);
  put_message(&view, 10, &form);
  view.data[view.size++] = (char)0xa2; /* field 20, length-delimited, takes two bytes */
  view.data[view.size++] = 0x01;
  put_size(&view, action.size);
  memcpy(view.data + view.size, action.data, action.size);
  view.size += action.size;
  put_message(&m, 1, &view);
  return send_message(&m, reply, sink);
}

/* Does an InvokeRequest ask for this command? */
static UNUSED int asks_for(pvs_bytes request, const char* command) {
  const uint64_t length = strlen(command);
  return request.size >= length + 2 && request.data[0] == 0x0a && request.data[1] == length &&
         memcmp(request.data + 2, command, length) == 0;
}
static UNUSED pvs_status good_invoke(pvs_bytes request, pvs_reply_fn reply, void* sink) {
  if (asks_for(request, "broken.run")) return answer_done(reply, sink);
  if (asks_for(request, "broken.form")) return answer_form("Kaputt", reply, sink);
  if (asks_for(request, "broken.job")) return begin_job(&good_job, reply, sink);
  return answer_error(reply, sink);
}
static UNUSED pvs_status good_hello(pvs_bytes request, pvs_reply_fn reply, void* sink) {
  message m, inner;
  m.size = inner.size = 0;
  if (has(request, "user_context")) {
    describe_into(&inner, "1.0.0", 0);
    put_message(&m, 1, &inner);
  } else { /* HelloReply{errors{error{code}}} */
    message error;
    error.size = 0;
    put_text(&error, 2, "host.missing_service");
    put_message(&inner, 1, &error);
    put_message(&m, 2, &inner);
  }
  g_self.hello = 1;
  return send_message(&m, reply, sink);
}

/* The checks of every call; PVS_OK if it may go on. */
static UNUSED pvs_status check_call(pvs_instance* instance, const pvs_call_header* header, pvs_bytes request) {
  if (instance != &g_self || !g_self.exists || header == NULL) return PVS_BAD_REQUEST;
  if (!pthread_equal(pthread_self(), g_self.main)) return PVS_WRONG_THREAD;
  if (header->struct_size < sizeof(pvs_call_header) || header->call_id == 0) return PVS_BAD_REQUEST;
  if (request.size > PVS_MAX_MESSAGE) return PVS_TOO_LARGE;
  if (request.data == NULL && request.size != 0) return PVS_BAD_REQUEST;
  if (g_self.stopped) return PVS_INVALID_STATE;
  if (header->deadline_ms != 0 && g_self.host->monotonic_ms(g_self.ctx) > header->deadline_ms) return PVS_DEADLINE;
  return PVS_OK;
}
static UNUSED pvs_status PVS_CALL good_call(pvs_instance* instance, const pvs_call_header* header, pvs_bytes request,
                                            pvs_reply_fn reply, void* sink) {
  static const message kEmpty = {{0}, 0};
  const pvs_status status = check_call(instance, header, request);
  if (status != PVS_OK) return status;
  switch (header->method) {
    case 101:
      return good_hello(request, reply, sink);
    case 102:
      g_self.active = g_self.hello;
      return send_message(&kEmpty, reply, sink);
    case 103:
    case 104:
      return send_message(&kEmpty, reply, sink);
    case 402:
    case 501:
    case 502:
      return g_self.active ? send_message(&kEmpty, reply, sink) : PVS_INVALID_STATE;
    case 201:
      return g_self.active ? good_invoke(request, reply, sink) : PVS_INVALID_STATE;
    case 301:
    case 302:
      return g_self.active ? answer_error(reply, sink) : PVS_INVALID_STATE;
    case 303:
      return g_self.active ? answer_done(reply, sink) : PVS_INVALID_STATE;
    default:
      return PVS_UNSUPPORTED_METHOD;
  }
}

static UNUSED void PVS_CALL good_cancel(pvs_instance* instance, uint64_t call_id) {
  (void)call_id;
  if (instance != &g_self) return;
  pthread_mutex_lock(&g_mutex);
  g_self.cancelled = 1; /* one job at a time: whatever is cancelled, it is this one */
  pthread_mutex_unlock(&g_mutex);
}
static UNUSED void PVS_CALL good_on_main(pvs_instance* instance, uint64_t token) {
  (void)instance;
  (void)token;
}
static UNUSED pvs_status PVS_CALL good_stop(pvs_instance* instance, uint64_t deadline_ms) {
  (void)deadline_ms;
  if (instance != &g_self || !g_self.exists) return PVS_BAD_REQUEST;
  if (!pthread_equal(pthread_self(), g_self.main)) return PVS_WRONG_THREAD;
  join_job(1);
  g_self.stopped = 1;
  return PVS_OK;
}
static UNUSED void PVS_CALL good_destroy(pvs_instance* instance) {
  if (instance != &g_self || !g_self.exists || !pthread_equal(pthread_self(), g_self.main)) return;
  join_job(1);
  g_self.exists = 0;
}

#ifdef __cplusplus
#define BROKEN_EXTERN extern "C"
#else
#define BROKEN_EXTERN
#endif

/* The table and the entry. */
#define BROKEN_PLUGIN(describe_, create_, call_, cancel_, on_main_, stop_, destroy_)                         \
  static const pvs_plugin_v1 kTable = {sizeof(pvs_plugin_v1), PVS_ABI_MINOR, describe_, create_, call_, cancel_, \
                                       on_main_, stop_, destroy_};                                               \
  BROKEN_EXTERN PVS_EXPORT const pvs_plugin_v1* PVS_CALL pvs_plugin_entry_v1(uint32_t host_minor) {              \
    (void)host_minor;                                                                                            \
    return &kTable;                                                                                              \
  }

#endif
