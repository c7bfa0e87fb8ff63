/* SPDX-License-Identifier: Apache-2.0 */
/* The example's reader and writer of messages, on good, truncated, oversized and random bytes. */
#define main example_main
#include "host.c"
#undef main

static int failures;
static void expect(int good, const char* what) {
  if (!good) {
    fprintf(stderr, "not so: %s\n", what);
    failures++;
  }
}

/* Reads all fields of a copy that ends where its bytes do. */
static unsigned count_fields(const uint8_t* bytes, size_t size) {
  uint8_t* copy = malloc(size == 0 ? 1 : size);
  if (copy == NULL) abort();
  if (size > 0) memcpy(copy, bytes, size);
  pvs_bytes rest = {size == 0 ? NULL : copy, size}, part;
  uint32_t field;
  uint64_t number;
  unsigned count = 0, sum = 0;
  while (take_field(&rest, &field, &number, &part)) {
    for (uint64_t i = 0; i < part.size; i++) sum += part.data[i]; /* every byte handed out is readable */
    count++;
  }
  field_of((pvs_bytes){copy, size}, 1);
  free(copy);
  return count + (sum == ~0u);
}

static void good_message(void) {
  buffer message = {0};
  put_text(&message, 1, "Grüße");
  put_number(&message, 2, UINT64_MAX);
  put_number(&message, 2047, 300);
  put_bytes(&message, 3, NULL, 0);
  const pvs_bytes bytes = {message.data, message.size};
  expect(count_fields(message.data, message.size) == 4, "four fields come back");
  expect(field_of(bytes, 1).size == strlen("Grüße"), "a text comes back");
  expect(has_field(bytes, 3) && field_of(bytes, 3).size == 0, "an empty field is there");
  expect(!has_field(bytes, 4), "a field that was not written is not there");
  pvs_bytes rest = bytes, part;
  uint32_t field;
  uint64_t number;
  take_field(&rest, &field, &number, &part);
  take_field(&rest, &field, &number, &part);
  expect(field == 2 && number == UINT64_MAX, "the largest number comes back");
  for (size_t size = 0; size < message.size; size++) {
    expect(count_fields(message.data, size) < 4, "a truncated message has fewer fields");
  }
  free(message.data);
}

static void hostile_messages(void) {
  static const uint8_t huge[] = {0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 'x'};
  static const uint8_t endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  static const uint8_t group[] = {0x0b, 0x0c};
  static const uint8_t fixed[] = {0x09, 1, 2, 3, 4, 5, 6, 7};
  expect(count_fields(huge, sizeof huge) == 0, "a length beyond the end is refused");
  expect(count_fields(endless, sizeof endless) == 0, "a number without an end is refused");
  expect(count_fields(group, sizeof group) == 0, "an unknown type is refused");
  expect(count_fields(fixed, sizeof fixed) == 0, "a fixed field that ends too early is refused");
  uint32_t state = 1;
  for (int round = 0; round < 20000; round++) {
    uint8_t bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++) {
      state = state * 1664525u + 1013904223u;
      bytes[i] = (uint8_t)(state >> 24);
    }
    count_fields(bytes, (size_t)(state >> 8) % sizeof bytes);
  }
}

int main(void) {
  good_message();
  hostile_messages();
  return failures == 0 ? 0 : 1;
}
