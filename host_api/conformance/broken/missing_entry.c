/* SPDX-License-Identifier: Apache-2.0 */
/* A library, but no plugin. */
int pvs_broken_nothing(void);
int pvs_broken_nothing(void) {
  return 0;
}
