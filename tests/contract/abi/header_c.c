/* SPDX-License-Identifier: Apache-2.0 */
/* The header alone must do, in every language version; and the layout of the tables is a promise. */
#include <pvs/plugin.h>

#ifdef __cplusplus
#define CHECK(condition, text) static_assert(condition, text)
#else
#include <assert.h>
#define CHECK(condition, text) _Static_assert(condition, text)
#endif

#define AT(type, member, place) CHECK(offsetof(type, member) == (place), #type "." #member " has moved")

/* 64-bit platforms; a change here is a new major version. */
CHECK(sizeof(void*) == 8, "the numbers below are those of 64-bit platforms");
CHECK(sizeof(pvs_bytes) == 16, "pvs_bytes");
AT(pvs_bytes, data, 0);
AT(pvs_bytes, size, 8);

CHECK(sizeof(pvs_call_header) == 56, "pvs_call_header");
AT(pvs_call_header, struct_size, 0);
AT(pvs_call_header, method, 4);
AT(pvs_call_header, call_id, 8);
AT(pvs_call_header, parent_call_id, 16);
AT(pvs_call_header, deadline_ms, 24);
AT(pvs_call_header, flags, 32);
AT(pvs_call_header, reserved, 36);
AT(pvs_call_header, correlation_id, 40);

CHECK(sizeof(pvs_host_v1) == 88, "pvs_host_v1 grows at its end only; then this number grows with it");
AT(pvs_host_v1, struct_size, 0);
AT(pvs_host_v1, abi_minor, 4);
AT(pvs_host_v1, call, 8);
AT(pvs_host_v1, log, 16);
AT(pvs_host_v1, is_main, 24);
AT(pvs_host_v1, post_to_main, 32);
AT(pvs_host_v1, is_cancelled, 40);
AT(pvs_host_v1, now_utc_ms, 48);
AT(pvs_host_v1, monotonic_ms, 56);
AT(pvs_host_v1, stream_read, 64);
AT(pvs_host_v1, stream_write, 72);
AT(pvs_host_v1, stream_close, 80);

CHECK(sizeof(pvs_plugin_v1) == 64, "pvs_plugin_v1 grows at its end only; then this number grows with it");
AT(pvs_plugin_v1, struct_size, 0);
AT(pvs_plugin_v1, abi_minor, 4);
AT(pvs_plugin_v1, describe, 8);
AT(pvs_plugin_v1, create, 16);
AT(pvs_plugin_v1, call, 24);
AT(pvs_plugin_v1, cancel, 32);
AT(pvs_plugin_v1, on_main, 40);
AT(pvs_plugin_v1, stop, 48);
AT(pvs_plugin_v1, destroy, 56);

CHECK(sizeof(pvs_status) == 4, "pvs_status");
CHECK(PVS_OK == 0 && PVS_UNSUPPORTED_METHOD == 1 && PVS_BAD_REQUEST == 2 && PVS_INVALID_STATE == 3 &&
          PVS_WRONG_THREAD == 4 && PVS_CANCELLED == 5 && PVS_DEADLINE == 6 && PVS_TOO_LARGE == 7 && PVS_NO_MEMORY == 8 &&
          PVS_FAULTED == 9 && PVS_DENIED == 10 && PVS_INTERNAL == 11 && PVS_VERSION == 12 && PVS_END_OF_STREAM == 13,
      "a status has another number");
CHECK(PVS_LOG_DEBUG == 0 && PVS_LOG_INFO == 1 && PVS_LOG_WARNING == 2 && PVS_LOG_ERROR == 3 &&
          PVS_LOG_HOST_MISBEHAVING == 4 && PVS_LOG_PLUGIN_MISBEHAVING == 5,
      "a log level has another number");
CHECK(PVS_ABI_MAJOR == 1u && PVS_MAX_MESSAGE == 4194304u && PVS_CALL_USER_PRESENT == 1u, "a constant has changed");

/* Twice: the guard against double inclusion. */
#include <pvs/plugin.h>

int pvs_header_test(const pvs_host_v1* host);
int pvs_header_test(const pvs_host_v1* host) { return PVS_HAS(pvs_host_v1, host, stream_close) ? 1 : 0; }
