/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A practice system in plain C11: plugin.h, the C library, and nothing else. Lists a plugin's menu, opens one command,
 * prints what it shows, and stops. For systems in a language without a protobuf library: the few lines of "wire" are
 * all there is to it.
 *
 * usage: host PLUGIN_LIBRARY MANIFEST DATA_DIR [COMMAND [SETTINGS.json SETTINGS_DIR]]
 */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <pvs/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>

/* Method numbers of proto/pvs/v1/methods.proto. */
enum { HELLO = 101, ACTIVATE = 102, QUIESCE = 103, COMMAND_INVOKE = 201 };
enum { USER_CURRENT = 1101, STORAGE_DIRECTORIES = 1401, JOB_PROGRESS = 1801, JOB_ENDED = 1802 };

/* ---- wire: a message is a row of fields; a field is key = number * 8 + type, then a varint (type 0) or length and
 * bytes (2) ---- */
/* [wire] */
typedef struct {
  uint8_t* data;
  size_t size, room;
} buffer;

static void put(buffer* b, const void* bytes, size_t size) {
  if (size > b->room - b->size) {
    b->room = 2 * b->room + size + 64;
    b->data = realloc(b->data, b->room);
    if (b->data == NULL) abort(); /* an example; a host gives the call up */
  }
  if (size > 0) memcpy(b->data + b->size, bytes, size);
  b->size += size;
}
static void put_varint(buffer* b, uint64_t value) {
  uint8_t byte;
  for (; value > 127; value >>= 7) {
    byte = (uint8_t)(value | 128);
    put(b, &byte, 1);
  }
  byte = (uint8_t)value;
  put(b, &byte, 1);
}
static void put_number(buffer* b, uint32_t field, uint64_t value) {
  put_varint(b, field * 8);
  put_varint(b, value);
}
static void put_bytes(buffer* b, uint32_t field, const void* bytes, size_t size) {
  put_varint(b, field * 8 + 2);
  put_varint(b, size);
  put(b, bytes, size);
}
static void put_text(buffer* b, uint32_t field, const char* text) {
  put_bytes(b, field, text, strlen(text));
}

/* Takes the varint at the front of `rest`. 0 if there is none. */
static int take_varint(pvs_bytes* rest, uint64_t* value) {
  *value = 0;
  for (unsigned shift = 0; shift < 64 && rest->size > 0; shift += 7) {
    const uint8_t byte = *rest->data++;
    rest->size--;
    *value |= (uint64_t)(byte & 127) << shift;
    if (byte < 128) return 1;
  }
  return 0;
}
/* Takes the next field. 0 at the end and for bytes that are no message. */
static int take_field(pvs_bytes* rest, uint32_t* field, uint64_t* number, pvs_bytes* bytes) {
  uint64_t key;
  if (rest->size == 0 || !take_varint(rest, &key)) return 0;
  *field = (uint32_t)(key >> 3);
  *bytes = (pvs_bytes){NULL, 0};
  switch (key & 7) {
    case 0:
      return take_varint(rest, number);
    case 1:
    case 5:
      *number = (key & 7) == 1 ? 8 : 4; /* fixed width: not used by pvs.v1, but a later minor version might */
      break;
    case 2:
      if (!take_varint(rest, number)) return 0;
      break;
    default:
      return 0;
  }
  if (*number > rest->size) return 0;
  *bytes = (pvs_bytes){rest->data, *number};
  rest->data += *number;
  rest->size -= *number;
  return 1;
}
/* The first field of that number; empty if it is not there, which is the same as its default. */
static pvs_bytes field_of(pvs_bytes message, uint32_t wanted) {
  uint32_t field;
  uint64_t number;
  pvs_bytes bytes;
  while (take_field(&message, &field, &number, &bytes)) {
    if (field == wanted) return bytes;
  }
  return (pvs_bytes){NULL, 0};
}
static int has_field(pvs_bytes message, uint32_t wanted) {
  uint32_t field;
  uint64_t number;
  pvs_bytes bytes;
  while (take_field(&message, &field, &number, &bytes)) {
    if (field == wanted) return 1;
  }
  return 0;
}
/* [/wire] */

static void print_text(pvs_bytes text, const char* after) {
  if (text.size > 0) fwrite(text.data, 1, (size_t)text.size, stdout);
  fputs(after, stdout);
}

/* ---- what the plugin may ask: the host's table ---- */
struct pvs_host_ctx {
  mtx_t lock; /* guards what follows: the plugin calls from its own threads */
  cnd_t changed;
  buffer outcome; /* pvs.v1.ActionReply of the job that ended */
  int ended;
  uint64_t tokens[64];
  size_t token_count;
  thrd_t main_thread;
  const char* data_directory;
};

static uint64_t clock_ms(clockid_t which) {
  struct timespec now;
  clock_gettime(which, &now);
  return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static pvs_status answer(buffer* message, pvs_reply_fn reply, void* sink) {
  const pvs_status status = reply == NULL ? PVS_OK : reply(sink, (pvs_bytes){message->data, message->size});
  free(message->data);
  return status;
}

static void put_user(buffer* out) {
  buffer user = {0}, practice = {0}, current = {0};
  put_text(&user, 1, "dr_probe");
  put_text(&user, 2, "Dr. Probe");
  put_number(&user, 4, 1); /* session_unlocked */
  put_text(&practice, 1, "praxis-probe");
  put_bytes(&current, 1, user.data, user.size);
  put_bytes(&current, 2, practice.data, practice.size);
  put_text(&current, 3, "de-DE");
  put_bytes(out, 1, current.data, current.size);
  free(user.data);
  free(practice.data);
  free(current.data);
}

static void job_ended(pvs_host_ctx* ctx, pvs_bytes request) {
  const pvs_bytes outcome = field_of(request, 2);
  mtx_lock(&ctx->lock);
  put(&ctx->outcome, outcome.data, (size_t)outcome.size); /* borrowed: copied before we return */
  ctx->ended = 1;
  cnd_signal(&ctx->changed);
  mtx_unlock(&ctx->lock);
}

/* [call] */
static pvs_status PVS_CALL host_call(pvs_host_ctx* ctx, const pvs_call_header* header, pvs_bytes request,
                                     pvs_reply_fn reply, void* sink) {
  buffer out = {0}, inner = {0};
  switch (header->method) {
    case USER_CURRENT:
      put_user(&out);
      return answer(&out, reply, sink);
    case STORAGE_DIRECTORIES:
      for (uint32_t kind = 1; kind <= 3; kind++) put_text(&inner, kind, ctx->data_directory); /* data, cache, user */
      put_bytes(&out, 1, inner.data, inner.size);
      free(inner.data);
      return answer(&out, reply, sink);
    case JOB_PROGRESS:
      return answer(&out, reply, sink);
    case JOB_ENDED:
      job_ended(ctx, request);
      return answer(&out, reply, sink);
    case 1301: /* KEY_SEAL, KEY_UNSEAL, KEY_PUBLIC: your key management belongs here. Until it does, say so */
    case 1302:
    case 1303:
      put_number(&inner, 1, 8); /* CATEGORY_HOST */
      put_text(&inner, 2, "host.no_key_custody");
      put_bytes(&out, 2, inner.data, inner.size);
      free(inner.data);
      return answer(&out, reply, sink);
    default:
      return PVS_UNSUPPORTED_METHOD;
  }
}
/* [/call] */

static void PVS_CALL host_log(pvs_host_ctx* ctx, int32_t level, pvs_bytes component, pvs_bytes text) {
  (void)ctx;
  if (level < PVS_LOG_WARNING) return;
  fprintf(stderr, "%.*s: %.*s\n", (int)component.size, (const char*)component.data, (int)text.size,
          (const char*)text.data);
}
static int32_t PVS_CALL host_is_main(pvs_host_ctx* ctx) {
  return thrd_equal(thrd_current(), ctx->main_thread) != 0;
}
static pvs_status PVS_CALL host_post_to_main(pvs_host_ctx* ctx, uint64_t token) {
  mtx_lock(&ctx->lock);
  const int room = ctx->token_count < sizeof ctx->tokens / sizeof *ctx->tokens;
  if (room) ctx->tokens[ctx->token_count++] = token;
  cnd_signal(&ctx->changed);
  mtx_unlock(&ctx->lock);
  return room ? PVS_OK : PVS_NO_MEMORY;
}
static int32_t PVS_CALL host_is_cancelled(pvs_host_ctx* ctx, uint64_t call_id) {
  (void)ctx, (void)call_id;
  return 0;
}
static int64_t PVS_CALL host_now(pvs_host_ctx* ctx) {
  (void)ctx;
  return (int64_t)clock_ms(CLOCK_REALTIME);
}
static uint64_t PVS_CALL host_monotonic(pvs_host_ctx* ctx) {
  (void)ctx;
  return clock_ms(CLOCK_MONOTONIC);
}
/* No service here opens a stream, so there is none to read, write or close. */
static pvs_status PVS_CALL host_read(pvs_host_ctx* ctx, uint64_t id, uint8_t* to, uint64_t capacity, uint64_t* got) {
  (void)ctx, (void)id, (void)to, (void)capacity, (void)got;
  return PVS_BAD_REQUEST;
}
static pvs_status PVS_CALL host_write(pvs_host_ctx* ctx, uint64_t id, pvs_bytes bytes) {
  (void)ctx, (void)id, (void)bytes;
  return PVS_BAD_REQUEST;
}
static pvs_status PVS_CALL host_close(pvs_host_ctx* ctx, uint64_t id, int32_t keep) {
  (void)ctx, (void)id, (void)keep;
  return PVS_BAD_REQUEST;
}

/* [table] */
static const pvs_host_v1 host_table = {.struct_size = sizeof(pvs_host_v1),
                                       .abi_minor = PVS_ABI_MINOR,
                                       .call = host_call,
                                       .log = host_log,
                                       .is_main = host_is_main,
                                       .post_to_main = host_post_to_main,
                                       .is_cancelled = host_is_cancelled,
                                       .now_utc_ms = host_now,
                                       .monotonic_ms = host_monotonic,
                                       .stream_read = host_read,
                                       .stream_write = host_write,
                                       .stream_close = host_close};
/* [/table] */

/* ---- what the host asks ---- */
static pvs_status PVS_CALL keep_reply(void* sink, pvs_bytes payload) {
  put(sink, payload.data, (size_t)payload.size);
  return PVS_OK;
}

static pvs_status call(const pvs_plugin_v1* plugin, pvs_instance* instance, uint32_t method, const buffer* request,
                       buffer* reply) {
  static uint64_t last_call = 0;
  const pvs_call_header header = {
      .struct_size = sizeof header, .method = method, .call_id = ++last_call, .flags = PVS_CALL_USER_PRESENT};
  reply->size = 0;
  return plugin->call(instance, &header, (pvs_bytes){request->data, request->size}, keep_reply, reply);
}

/* The part of a main loop that belongs to the plugin: its tokens, until the job has ended. */
static void wait_for_job(const pvs_plugin_v1* plugin, pvs_instance* instance, pvs_host_ctx* ctx) {
  mtx_lock(&ctx->lock);
  while (!ctx->ended) {
    while (ctx->token_count > 0) {
      const uint64_t token = ctx->tokens[0];
      memmove(ctx->tokens, ctx->tokens + 1, --ctx->token_count * sizeof token);
      mtx_unlock(&ctx->lock); /* no lock is held while calling the other side */
      plugin->on_main(instance, token);
      mtx_lock(&ctx->lock);
    }
    if (!ctx->ended) cnd_wait(&ctx->changed, &ctx->lock);
  }
  mtx_unlock(&ctx->lock);
}

static pvs_bytes whole(const buffer* b) {
  return (pvs_bytes){b->data, b->size};
}

static void print_menu(pvs_bytes description) {
  uint32_t field;
  uint64_t number;
  pvs_bytes command;
  while (take_field(&description, &field, &number, &command)) {
    if (field != 6) continue; /* PluginDescription.commands */
    print_text(field_of(command, 4), " > ");
    print_text(field_of(command, 2), "  (");
    print_text(field_of(command, 1), ")\n");
  }
}

static void print_facts(pvs_bytes group) {
  uint32_t field;
  uint64_t number;
  pvs_bytes fact;
  print_text(field_of(group, 1), "\n");
  while (take_field(&group, &field, &number, &fact)) {
    if (field != 2) continue; /* Detail.Group.facts */
    fputs("  ", stdout);
    print_text(field_of(fact, 2), ": ");
    print_text(field_of(fact, 3), "\n");
  }
}

static void print_row(pvs_bytes row) {
  uint32_t field;
  uint64_t number;
  pvs_bytes cell;
  while (take_field(&row, &field, &number, &cell)) {
    if (field == 2) print_text(field_of(cell, 1), "\t"); /* Row.cells */
  }
  puts("");
}

static void print_view(pvs_bytes view) {
  uint32_t field;
  uint64_t number;
  pvs_bytes part, detail = field_of(view, 12), table = field_of(view, 11);
  fputs("== ", stdout);
  print_text(field_of(view, 3), "\n");
  while (take_field(&detail, &field, &number, &part)) {
    if (field == 1) print_facts(part); /* Detail.groups */
  }
  while (take_field(&table, &field, &number, &part)) {
    if (field == 3) print_row(part);        /* Table.rows */
    if (field == 6) print_text(part, "\n"); /* Table.empty_text */
  }
  print_text(field_of(field_of(view, 13), 2), "\n"); /* Notice.text */
}

/* 0, or 1 after printing what went wrong. `reply` is a pvs.v1.ActionReply. */
static int show_outcome(pvs_bytes reply) {
  if (has_field(reply, 4)) { /* Error: its sentence for the user */
    print_text(field_of(field_of(reply, 4), 7), "\n");
    return 1;
  }
  print_view(field_of(reply, 1));
  return 0;
}

static buffer read_file(const char* path) {
  buffer out = {0};
  uint8_t chunk[4096];
  FILE* file = fopen(path, "rb");
  if (file == NULL) return out;
  for (size_t got; (got = fread(chunk, 1, sizeof chunk, file)) > 0;) put(&out, chunk, got);
  fclose(file);
  return out;
}

static int start(const pvs_plugin_v1* plugin, pvs_instance* instance, int argc, char** argv) {
  static const char* const services[] = {"user_context", "key_custody", "storage", "files", "progress"};
  buffer hello = {0}, nothing = {0}, reply = {0};
  put_text(&hello, 1, "Beispiel-PVS in C");
  put_text(&hello, 2, "1.0");
  for (size_t i = 0; i < sizeof services / sizeof *services; i++) put_text(&hello, 4, services[i]);
  put_text(&hello, 5, "de-DE");
  if (argc > 6) {
    buffer settings = read_file(argv[5]);
    put_bytes(&hello, 6, settings.data, settings.size);
    put_text(&hello, 7, argv[6]);
    free(settings.data);
  }
  int good = call(plugin, instance, HELLO, &hello, &reply) == PVS_OK && has_field(whole(&reply), 1);
  if (!good) { /* HelloReply.errors: every mistake of the settings at once; the first one here */
    print_text(field_of(field_of(field_of(whole(&reply), 2), 1), 7), "\n");
  }
  good = good && call(plugin, instance, ACTIVATE, &nothing, &reply) == PVS_OK && !has_field(whole(&reply), 1);
  free(hello.data);
  free(reply.data);
  return good;
}

static int open_command(const pvs_plugin_v1* plugin, pvs_instance* instance, pvs_host_ctx* ctx, const char* command) {
  buffer context = {0}, invoke = {0}, reply = {0};
  put_text(&context, 1, "session-1");
  put_text(&context, 2, "dr_probe");
  put_text(&invoke, 1, command);
  put_bytes(&invoke, 2, context.data, context.size);
  int failed = call(plugin, instance, COMMAND_INVOKE, &invoke, &reply) != PVS_OK;
  if (!failed && has_field(whole(&reply), 2)) { /* Accepted: it goes on as a job */
    wait_for_job(plugin, instance, ctx);
    failed = show_outcome(whole(&ctx->outcome));
  } else if (!failed) {
    failed = show_outcome(whole(&reply));
  }
  free(context.data);
  free(invoke.data);
  free(reply.data);
  return failed;
}

static int run(const pvs_plugin_v1* plugin, int argc, char** argv) {
  pvs_host_ctx ctx = {.main_thread = thrd_current(), .data_directory = argv[3]};
  buffer manifest = read_file(argv[2]), description = {0}, nothing = {0}, reply = {0};
  pvs_instance* instance = NULL;
  int failed = 1;
  mtx_init(&ctx.lock, mtx_plain);
  cnd_init(&ctx.changed);
  /* [life] */
  if (plugin->describe(keep_reply, &description) == PVS_OK) print_menu(whole(&description));
  if (plugin->create(&host_table, &ctx, whole(&manifest), &instance) == PVS_OK) {
    failed = !start(plugin, instance, argc, argv) ||
             open_command(plugin, instance, &ctx, argc > 4 ? argv[4] : "kvconnect.doctor");
    call(plugin, instance, QUIESCE, &nothing, &reply);
    if (plugin->stop(instance, 10000) != PVS_OK) return 1; /* stuck: nothing may be freed under its threads */
    plugin->destroy(instance);
  }
  /* [/life] */
  free(manifest.data);
  free(description.data);
  free(reply.data);
  free(ctx.outcome.data);
  cnd_destroy(&ctx.changed);
  mtx_destroy(&ctx.lock);
  return failed;
}

int main(int argc, char** argv) {
  if (argc < 4) {
    fputs("usage: host PLUGIN_LIBRARY MANIFEST DATA_DIR [COMMAND [SETTINGS.json SETTINGS_DIR]]\n", stderr);
    return 2;
  }
  /* [open] */
  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  pvs_plugin_entry_fn entry;
  *(void**)&entry = dlsym(library, PVS_ENTRY_SYMBOL);
  const pvs_plugin_v1* plugin = entry == NULL ? NULL : entry(PVS_ABI_MINOR);
  /* [/open] */
  if (!PVS_HAS(pvs_plugin_v1, plugin, destroy)) {
    fputs("this is no plugin of interface version 1\n", stderr);
    return 1;
  }
  const int failed = run(plugin, argc, argv);
  dlclose(library);
  return failed;
}
