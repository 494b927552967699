/* Runs the self-test on every accelerator of the platform; the exit code is 0 if all checks passed.
 */
#include <inttypes.h>
#include <stdio.h>

#include "board.h"
#include "selftest.h"

#define PRODUCT_T 5U
#define PRODUCT_N 4U
#define PRODUCT_M 3U

void selftest_expect(selftest* test, bool passed, const char* what) {
  ++test->check_count;
  if (!passed) {
    ++test->failure_count;
    printf("FAILED: accelerator %" PRIu32 ": %s\n", test->index, what);
  }
}

void selftest_expect_equal(selftest* test, const char* what, uint64_t actual, uint64_t expected) {
  selftest_expect(test, actual == expected, what);
  if (actual != expected) {
    printf("        it is 0x%" PRIx64 ", expected 0x%" PRIx64 "\n", actual, expected);
  }
}

void selftest_expect_result(selftest* test, const char* what, arrayflex_result actual,
                            arrayflex_result expected) {
  selftest_expect(test, actual == expected, what);
  if (actual != expected) {
    printf("        it is %s, expected %s\n", arrayflex_result_name(actual),
           arrayflex_result_name(expected));
  }
}

matrix_product selftest_product(const selftest* test) {
  static uint64_t a[PRODUCT_T * PRODUCT_N];
  static uint64_t b[PRODUCT_N * PRODUCT_M];
  static uint64_t x[PRODUCT_T * PRODUCT_M];
  const matrix_product product = {PRODUCT_T, PRODUCT_N, PRODUCT_M, a, b, x};
  matrix_fill(&test->device->info, &product, 1U);
  return product;
}

void selftest_expect_good_job(selftest* test, const char* what, uint32_t k, bool by_interrupt) {
  static arrayflex_descriptor descriptor;
  arrayflex_device* const device = test->device;
  const matrix_product product = selftest_product(test);
  const arrayflex_job job = matrix_job(device, &product, k);
  (void)arrayflex_build_chain(device, &job, 1U, &descriptor);
  arrayflex_enable_interrupts(device, by_interrupt);
  arrayflex_result result = arrayflex_submit(device, &descriptor);
  if (result == ARRAYFLEX_OK) {
    result = by_interrupt ? arrayflex_wait_for_interrupt(device, SELFTEST_TIMEOUT_TICKS, NULL)
                          : arrayflex_wait_by_polling(device, SELFTEST_TIMEOUT_TICKS, NULL);
  }
  selftest_expect_result(test, what, result, ARRAYFLEX_OK);
  selftest_expect_equal(test, "elements of X that are wrong",
                        matrix_mismatches(&device->info, &product, 1U), 0U);
}

static void print_info(const selftest* test) {
  const arrayflex_info* const info = &test->device->info;
  printf("accelerator %" PRIu32 ": %" PRIu32 " x %" PRIu32 ", operands %" PRIu32
         " bits, sums %" PRIu32 " bits, k",
         test->index, info->rows, info->cols, info->data_width_bits, info->acc_width_bits);
  for (uint32_t i = 0U; i < info->mode_count; ++i) {
    printf("%s %" PRIu32, (i == 0U) ? "" : ",", info->modes[i]);
  }
  printf("\n");
}

static uint32_t test_accelerator(uint32_t index) {
  static arrayflex_device device;
  selftest test = {.device = &device, .index = index};
  const arrayflex_result found = board_open_accelerator(index, &device);
  selftest_expect_result(&test, "probing and reset", found, ARRAYFLEX_OK);
  if (found == ARRAYFLEX_OK) {
    print_info(&test);
    selftest_registers(&test);
    selftest_jobs(&test);
    selftest_errors(&test);
    selftest_driver(&test);
  }
  board_mask_accelerator(index, true);
  printf("accelerator %" PRIu32 ": %" PRIu32 " checks, %" PRIu32 " failed\n", index,
         test.check_count, test.failure_count);
  return test.failure_count;
}

int main(void) {
  uint32_t failures = 0U;
  const uint32_t count = board_accelerator_count();
  for (uint32_t index = 0U; index < count; ++index) {
    failures += test_accelerator(index);
  }
  const bool passed = (count > 0U) && (failures == 0U);
  printf("selftest %s\n", passed ? "passed" : "failed");
  return passed ? 0 : 1;
}
