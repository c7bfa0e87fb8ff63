/* SPDX-License-Identifier: Apache-2.0 */
/* A view whose title is, TEXT: 1 not UTF-8; 2 a sequence that clears a terminal and turns the writing round. 3: two actions that
 * break view.proto: disabled without a reason. */
#include "skeleton.h"

static pvs_status PVS_CALL call(pvs_instance* instance, const pvs_call_header* header, pvs_bytes request,
                                pvs_reply_fn reply, void* sink) {
  const pvs_status status = check_call(instance, header, request);
  if (status == PVS_OK && header->method == 201 && g_self.active && asks_for(request, "broken.form")) {
#if TEXT == 1
    return answer_form("Kap\xff\xfeutt", reply, sink);
#elif TEXT == 2
    return answer_form("Ka\x1b[2Jputt\xe2\x80\xaetxt.exe", reply, sink);
#else
    /* ActionReply{view{view_id "v", notice{text "x"}, actions{action_id "a", disabled}}} */
    return reply == NULL
               ? PVS_OK
               : reply(sink, bytes_of("\x0a\x10\x0a\x01v\x6a\x03\x12\x01x\xa2\x01\x05\x0a\x01\x61\x20\x01", 18));
#endif
  }
  return good_call(instance, header, request, reply, sink);
}
BROKEN_PLUGIN(good_describe, good_create, call, good_cancel, good_on_main, good_stop, good_destroy)
