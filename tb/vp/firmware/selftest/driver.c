/* Answers of the driver to wrong calls, and to hardware that is none, another one, or never done:
 * words in memory stand for its registers. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arrayflex_registers.h"
#include "board.h"
#include "selftest.h"

#define NEXT_MAJOR_VERSION (ARRAYFLEX_VERSION_VALUE + 0x10000U)
#define SHORT_TIMEOUT_TICKS 1000U

static uint32_t words[ARRAYFLEX_WINDOW_BYTES / 4U];

static arrayflex_result probe_words(selftest* test, arrayflex_device* device) {
  return arrayflex_probe(device, test->device->ops, test->device->context, (uintptr_t)words);
}

static void check_probing(selftest* test) {
  static arrayflex_device device;
  arrayflex_ops incomplete = *test->device->ops;
  incomplete.memory_barrier = NULL;
  selftest_expect_result(test, "probing no accelerator", probe_words(test, &device),
                         ARRAYFLEX_NOT_FOUND);
  words[ARRAYFLEX_ID / 4U] = ARRAYFLEX_ID_VALUE;
  words[ARRAYFLEX_VERSION / 4U] = NEXT_MAJOR_VERSION;
  selftest_expect_result(test, "probing another major version", probe_words(test, &device),
                         ARRAYFLEX_WRONG_VERSION);
  words[ARRAYFLEX_VERSION / 4U] = ARRAYFLEX_VERSION_VALUE + 0x100U;
  selftest_expect_result(test, "probing another minor version", probe_words(test, &device),
                         ARRAYFLEX_OK);
  selftest_expect_result(test, "probing without all functions",
                         arrayflex_probe(&device, &incomplete, NULL, (uintptr_t)words),
                         ARRAYFLEX_INVALID_ARGUMENT);
}

static void check_no_answer(selftest* test) {
  static arrayflex_device device;
  (void)probe_words(test, &device);
  words[ARRAYFLEX_STATUS / 4U] = ARRAYFLEX_STATUS_BUSY | ARRAYFLEX_STATUS_QUEUE_FULL;
  selftest_expect_result(test, "reset of what stays busy",
                         arrayflex_reset(&device, SHORT_TIMEOUT_TICKS), ARRAYFLEX_TIMEOUT);
  selftest_expect_result(test, "polling what stays busy",
                         arrayflex_wait_by_polling(&device, SHORT_TIMEOUT_TICKS, NULL),
                         ARRAYFLEX_TIMEOUT);
  selftest_expect_result(test, "an interrupt that does not come",
                         arrayflex_wait_for_interrupt(&device, SHORT_TIMEOUT_TICKS, NULL),
                         ARRAYFLEX_TIMEOUT);
  selftest_expect_result(test, "a doorbell for a full queue", arrayflex_submit_address(&device, 0U),
                         ARRAYFLEX_QUEUE_FULL);
}

static void check_arguments(selftest* test) {
  static arrayflex_descriptor descriptor;
  arrayflex_device* const device = test->device;
  const arrayflex_job job = {.t = 1U};
  selftest_expect_result(test, "an empty chain",
                         arrayflex_build_chain(device, &job, 0U, &descriptor),
                         ARRAYFLEX_INVALID_ARGUMENT);
  selftest_expect_result(test, "a chain without jobs",
                         arrayflex_build_chain(device, NULL, 1U, &descriptor),
                         ARRAYFLEX_INVALID_ARGUMENT);
  selftest_expect_result(test, "a submission of nothing", arrayflex_submit(device, NULL),
                         ARRAYFLEX_INVALID_ARGUMENT);
}

/* A board without WFI. */
static void check_spinning(selftest* test) {
  arrayflex_device* const device = test->device;
  const arrayflex_ops* const ops = device->ops;
  arrayflex_ops spinning = *ops;
  spinning.sleep = NULL;
  device->ops = &spinning;
  selftest_expect_good_job(test, "a job by interrupt, spinning", 0U, true);
  device->ops = ops;
}

static void check_names(selftest* test) {
  selftest_expect(test, strcmp(arrayflex_error_name(ARRAYFLEX_ERROR_INTERNAL), "INTERNAL") == 0,
                  "name of an error");
  selftest_expect(test, strcmp(arrayflex_error_name(UINT32_MAX), "unknown") == 0,
                  "name of no error");
  selftest_expect(test, strcmp(arrayflex_toggle_name(0U), "operand") == 0, "name of a net class");
  selftest_expect(test, strcmp(arrayflex_toggle_name(ARRAYFLEX_TOGGLES_COUNT), "unknown") == 0,
                  "name of no net class");
}

void selftest_driver(selftest* test) {
  const uint32_t before = test->check_count;
  (void)memset(words, 0, sizeof(words));
  check_probing(test);
  check_no_answer(test);
  check_arguments(test);
  check_spinning(test);
  check_names(test);
  printf("  driver: %" PRIu32 " checks of wrong calls and wrong hardware\n",
         test->check_count - before);
}
