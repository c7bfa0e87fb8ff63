/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps every rule: what the others are compared with. */
#include "skeleton.h"
#ifdef BROKEN_EXPOSED
int pvs_broken_visible(void);
int pvs_broken_visible(void) {
  return 1;
}
#endif
BROKEN_PLUGIN(good_describe, good_create, good_call, good_cancel, good_on_main, good_stop, good_destroy)
