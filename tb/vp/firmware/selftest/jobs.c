/* Jobs that go well: every mode, chains, accumulation, the queue, interrupts, reset while busy. */
#include <inttypes.h>
#include <stdio.h>

#include "arrayflex_collapse.h"
#include "arrayflex_registers.h"
#include "board.h"
#include "selftest.h"

#define CHAIN_JOBS 3U
#define LONG_T 65536U
#define TILES_T 3U
#define LARGEST_TILED_N 1025U
#define LONGEST_SPIN 10000000U /* looks at the events while a long job runs */

/* survive.S */
uint64_t selftest_survive(const atomic_uint* flag, uint64_t rounds);

/* CYCLES of a job against the closed form; late memory adds to it only where tiles overlap. */
static void expect_cycles(selftest* test, const matrix_product* product, uint32_t k,
                          const arrayflex_counters* counters) {
  const arrayflex_info* const info = &test->device->info;
  const uint64_t least = arrayflex_job_cycles(info, product->t, product->n, product->m, k);
  if (counters->stall_cycles == 0U) {
    selftest_expect_equal(test, "CYCLES against the closed form", counters->cycles, least);
  } else {
    selftest_expect(test,
                    (counters->cycles >= least) &&
                        (counters->cycles <=
                         arrayflex_job_cycles_at_most(info, product->t, product->n, product->m, k)),
                    "CYCLES against the closed form, with late memory");
  }
}

static void check_modes(selftest* test) {
  arrayflex_device* const device = test->device;
  const arrayflex_info* const info = &device->info;
  for (uint32_t i = 0U; i < info->mode_count; ++i) {
    const uint32_t k = info->modes[i];
    arrayflex_clear_counters(device);
    selftest_expect_good_job(test, "a job by interrupt", k, true);
    arrayflex_counters counters;
    arrayflex_read_counters(device, &counters);
    const matrix_product product = selftest_product(test);
    expect_cycles(test, &product, k, &counters);
    selftest_expect_equal(test, "JOBS_DONE", counters.jobs_done, 1U);
    /* Only modes whose period the board states; time is rounded to the simulation's steps. */
    const uint64_t stated_fs = arrayflex_period_fs(board_periods, board_period_count, k);
    const uint64_t clock_cycles = counters.cycles + counters.stall_cycles;
    const uint64_t measured_fs = (clock_cycles == 0U) ? 0U : (counters.time_fs / clock_cycles);
    if (stated_fs != 0U) {
      selftest_expect(
          test, (measured_fs * 100U >= stated_fs * 99U) && (measured_fs * 100U <= stated_fs * 101U),
          "TIME_FS per cycle is the board's clock period");
    }
  }
}

/* Three tiles, so that what OVERLAP says shows in CYCLES. */
static void check_tiles(selftest* test) {
  static arrayflex_descriptor descriptor;
  static uint64_t a[TILES_T * LARGEST_TILED_N];
  static uint64_t b[LARGEST_TILED_N];
  static uint64_t x[TILES_T];
  arrayflex_device* const device = test->device;
  const arrayflex_info* const info = &device->info;
  const uint32_t n = (2U * info->rows) + 1U;
  if (n > LARGEST_TILED_N) {
    return;
  }
  const matrix_product product = {TILES_T, n, 1U, a, b, x};
  for (uint32_t i = 0U; i < info->mode_count; ++i) {
    const arrayflex_job job = matrix_job(device, &product, info->modes[i]);
    matrix_fill(info, &product, i + 1U);
    arrayflex_clear_counters(device);
    (void)arrayflex_build_chain(device, &job, 1U, &descriptor);
    (void)arrayflex_submit(device, &descriptor);
    selftest_expect_result(test, "a job of three tiles",
                           arrayflex_wait_by_polling(device, SELFTEST_TIMEOUT_TICKS, NULL),
                           ARRAYFLEX_OK);
    arrayflex_counters counters;
    arrayflex_read_counters(device, &counters);
    selftest_expect_equal(test, "TILES", counters.tiles, 3U);
    expect_cycles(test, &product, info->modes[i], &counters);
    selftest_expect_equal(test, "elements of X of three tiles that are wrong",
                          matrix_mismatches(info, &product, 1U), 0U);
  }
}

static void check_chain(selftest* test) {
  static arrayflex_descriptor descriptors[CHAIN_JOBS];
  arrayflex_device* const device = test->device;
  const matrix_product product = selftest_product(test);
  arrayflex_job jobs[CHAIN_JOBS];
  for (uint32_t i = 0U; i < CHAIN_JOBS; ++i) {
    jobs[i] = matrix_job(device, &product, 0U);
    jobs[i].accumulate = i != 0U;
  }
  arrayflex_clear_counters(device);
  arrayflex_enable_interrupts(device, true);
  const uint64_t interrupts_before = board_interrupt_count();
  (void)arrayflex_build_chain(device, jobs, CHAIN_JOBS, descriptors);
  (void)arrayflex_submit(device, descriptors);
  selftest_expect_result(test, "a chain that accumulates",
                         arrayflex_wait_for_interrupt(device, SELFTEST_TIMEOUT_TICKS, NULL),
                         ARRAYFLEX_OK);
  selftest_expect_equal(test, "interrupts of a chain", board_interrupt_count() - interrupts_before,
                        1U);
  selftest_expect_equal(test, "elements of X that are wrong after accumulation",
                        matrix_mismatches(&device->info, &product, CHAIN_JOBS), 0U);
  selftest_expect_equal(test, "JOBS_DONE of a chain",
                        arrayflex_read_register64(device, ARRAYFLEX_JOBS_DONE), CHAIN_JOBS);
  selftest_expect(test, arrayflex_read_register64(device, ARRAYFLEX_DMA_BYTES_X_READ) > 0U,
                  "DMA_BYTES_X_READ of a job that accumulates");
  arrayflex_clear_counters(device);
  selftest_expect_equal(test, "JOBS_DONE after CLEAR_COUNTERS",
                        arrayflex_read_register64(device, ARRAYFLEX_JOBS_DONE), 0U);
}

/* A job that takes long enough to do something meanwhile. */
static void build_long_job(const selftest* test, arrayflex_descriptor* descriptor) {
  static uint32_t a[LONG_T];
  static uint32_t b[1];
  static uint64_t x[LONG_T];
  const uint32_t max_t = test->device->info.max_t;
  const matrix_product product = {(max_t < LONG_T) ? max_t : LONG_T, 1U, 1U, a, b, x};
  const arrayflex_job job = matrix_job(test->device, &product, 1U);
  (void)arrayflex_build_chain(test->device, &job, 1U, descriptor);
}

static void check_queue(selftest* test) {
  static arrayflex_descriptor descriptor;
  arrayflex_device* const device = test->device;
  build_long_job(test, &descriptor);
  arrayflex_clear_counters(device);
  arrayflex_enable_interrupts(device, false);
  const uint32_t capacity = device->info.queue_depth + 1U;
  selftest_expect_result(test, "the first long job", arrayflex_submit(device, &descriptor),
                         ARRAYFLEX_OK);
  while (arrayflex_read_register64(device, ARRAYFLEX_CURRENT_DESCRIPTOR) == 0U) {
  }
  selftest_expect_equal(test, "CURRENT_DESCRIPTOR",
                        arrayflex_read_register64(device, ARRAYFLEX_CURRENT_DESCRIPTOR),
                        device->ops->bus_address(device->context, &descriptor));
  for (uint32_t i = 1U; i < capacity; ++i) {
    selftest_expect_result(test, "a doorbell that fits the queue",
                           arrayflex_submit(device, &descriptor), ARRAYFLEX_OK);
  }
  selftest_expect_result(test, "one doorbell too many, as the driver sees it",
                         arrayflex_submit(device, &descriptor), ARRAYFLEX_QUEUE_FULL);
  arrayflex_write_register32(device, ARRAYFLEX_DOORBELL, 1U);
  selftest_expect(test,
                  (arrayflex_read_register32(device, ARRAYFLEX_IRQ_STATUS) &
                   ARRAYFLEX_IRQ_STATUS_QUEUE_OVERFLOW) != 0U,
                  "IRQ_STATUS: queue overflow");
  selftest_expect_result(test, "a short timeout, polling",
                         arrayflex_wait_by_polling(device, 1U, NULL), ARRAYFLEX_TIMEOUT);
  selftest_expect_result(test, "the queue runs empty, a doorbell was refused",
                         arrayflex_wait_by_polling(device, SELFTEST_TIMEOUT_TICKS, NULL),
                         ARRAYFLEX_QUEUE_FULL);
  selftest_expect_equal(test, "JOBS_DONE of a full queue",
                        arrayflex_read_register64(device, ARRAYFLEX_JOBS_DONE), capacity);
}

static void check_reset_while_busy(selftest* test) {
  static arrayflex_descriptor descriptor;
  arrayflex_device* const device = test->device;
  build_long_job(test, &descriptor);
  (void)arrayflex_submit(device, &descriptor);
  selftest_expect(test, arrayflex_busy(device), "STATUS: busy");
  selftest_expect_result(test, "soft reset while a job runs",
                         arrayflex_reset(device, SELFTEST_TIMEOUT_TICKS), ARRAYFLEX_OK);
  selftest_expect_equal(test, "STATUS after a soft reset",
                        arrayflex_read_register32(device, ARRAYFLEX_STATUS), ARRAYFLEX_STATUS_IDLE);
  selftest_expect_equal(test, "JOBS_DONE after a soft reset",
                        arrayflex_read_register64(device, ARRAYFLEX_JOBS_DONE), 0U);
  selftest_expect_good_job(test, "a job after a soft reset", 0U, true);
}

/* An interrupt in the middle of something leaves no trace in the processor's registers. */
static void check_interrupted_code(selftest* test) {
  static arrayflex_descriptor descriptor;
  arrayflex_device* const device = test->device;
  build_long_job(test, &descriptor);
  arrayflex_enable_interrupts(device, true);
  (void)arrayflex_submit(device, &descriptor);
  selftest_expect(test, atomic_load(&device->events) == 0U, "a long job is not done at once");
  selftest_expect_equal(test, "registers that an interrupt changed",
                        selftest_survive(&device->events, LONGEST_SPIN), 0U);
  selftest_expect(test, atomic_load(&device->events) != 0U, "an interrupt without WFI");
  selftest_expect_result(test, "the wait for what has happened",
                         arrayflex_wait_for_interrupt(device, 0U, NULL), ARRAYFLEX_OK);
}

/* Without its path to the CPU the interrupt must not arrive; the job is done all the same. */
static void check_masked_interrupt(selftest* test) {
  static arrayflex_descriptor descriptor;
  arrayflex_device* const device = test->device;
  const matrix_product product = selftest_product(test);
  const arrayflex_job job = matrix_job(device, &product, 0U);
  (void)arrayflex_build_chain(device, &job, 1U, &descriptor);
  arrayflex_enable_interrupts(device, true);
  board_mask_accelerator(test->index, true);
  (void)arrayflex_submit(device, &descriptor);
  selftest_expect_result(test, "waiting for a masked interrupt",
                         arrayflex_wait_for_interrupt(device, BOARD_TICKS_PER_MS, NULL),
                         ARRAYFLEX_TIMEOUT);
  board_mask_accelerator(test->index, false);
  selftest_expect_result(test, "waiting for it unmasked",
                         arrayflex_wait_for_interrupt(device, BOARD_TICKS_PER_MS, NULL),
                         ARRAYFLEX_OK);
}

void selftest_jobs(selftest* test) {
  const uint32_t before = test->check_count;
  selftest_expect_good_job(test, "a job by polling", 0U, false);
  check_modes(test);
  check_tiles(test);
  check_chain(test);
  check_queue(test);
  check_reset_while_busy(test);
  check_interrupted_code(test);
  check_masked_interrupt(test);
  printf("  jobs: %" PRIu32 " checks of modes, chains, queue, reset, interrupts\n",
         test->check_count - before);
}
