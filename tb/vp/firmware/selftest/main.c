/* Runs the self-test on every accelerator of the platform; the exit code is 0 if all checks passed.
 */
#include <inttypes.h>
#include <stdio.h>

#include "board.h"
#include "selftest.h"

static void print_info(const selftest* test) {
  const arrayflex_info* const info = &test->device->info;
  printf("accelerator %" PRIu32 ": %" PRIu32 " x %" PRIu32 ", operands %" PRIu32
         " bits, sums %" PRIu32 " bits, k",
         test->index, info->rows, info->cols, info->data_width_bits, info->acc_width_bits);
  for (uint32_t i = 0U; i < info->mode_count; ++i) {
    printf("%s %" PRIu32, (i == 0U) ? "" : ",", info->modes[i]);
  }
  printf(", overlap %s\n", arrayflex_overlap_name(info->overlap));
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
