/* Common to the parts of the self-test: counting checks, and a product that goes well. */
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
