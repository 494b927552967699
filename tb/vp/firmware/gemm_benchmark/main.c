/* Products of several shapes in every mode on accelerator 0: cycles from its counters, judged by
 * the closed form, results by the CPU. --argument N leaves out shapes of more than N
 * multiplications (0: none). */
#include <inttypes.h>
#include <stdio.h>

#include "arrayflex_collapse.h"
#include "board.h"
#include "matrix.h"

#define TIMEOUT_TICKS (1000U * BOARD_TICKS_PER_MS)
#define LARGEST_OPERAND (256U * 512U)
#define LARGEST_SUM (512U * 64U)

typedef struct shape {
  uint32_t t;
  uint32_t n;
  uint32_t m;
} shape;

/* Square, tall, wide and odd ones; the largest operands and sums must fit the buffers. */
static const shape shapes[] = {{16U, 16U, 16U},  {64U, 64U, 64U},   {1U, 256U, 64U},
                               {512U, 16U, 16U}, {101U, 147U, 37U}, {512U, 9U, 64U},
                               {4U, 512U, 64U}};

static uint64_t a[LARGEST_OPERAND / 2U];
static uint64_t b[LARGEST_OPERAND / 2U];
static uint64_t x[LARGEST_SUM];

typedef struct measurement {
  arrayflex_counters counters;
  bool good;
} measurement;

static void complain(const char* what, const char* detail) {
  printf("gemm_benchmark: %s: %s\n", what, detail);
}

static measurement measure(arrayflex_device* device, const matrix_product* product, uint32_t k) {
  static arrayflex_descriptor descriptor;
  measurement result = {.good = false};
  arrayflex_fault fault = {0};
  matrix_fill(&device->info, product, product->t + product->n + product->m);
  const arrayflex_job job = matrix_job(device, product, k);
  arrayflex_clear_counters(device);
  arrayflex_result status = arrayflex_build_chain(device, &job, 1U, &descriptor);
  if (status == ARRAYFLEX_OK) {
    status = arrayflex_submit(device, &descriptor);
  }
  if (status == ARRAYFLEX_OK) {
    status = arrayflex_wait_for_interrupt(device, TIMEOUT_TICKS, &fault);
  }
  arrayflex_read_counters(device, &result.counters);
  if (status != ARRAYFLEX_OK) {
    complain(arrayflex_result_name(status), arrayflex_error_name(fault.code));
    return result;
  }
  result.good = true;
  return result;
}

static void print_row(const matrix_product* product, uint32_t k, bool chosen,
                      const arrayflex_counters* counters, uint64_t cpu_ns) {
  const uint64_t macs = (uint64_t)product->t * product->n * product->m;
  const uint64_t hundredths = (100U * macs) / (counters->cycles + counters->stall_cycles);
  printf("%5" PRIu32 " %5" PRIu32 " %5" PRIu32 " %3" PRIu32 "%s %9" PRIu64 " %9" PRIu64
         " %10" PRIu64 " %6" PRIu64 ".%02" PRIu64 " %11" PRIu64 "\n",
         product->t, product->n, product->m, k, chosen ? "*" : " ", counters->cycles,
         counters->stall_cycles, counters->time_fs / 1000000U, hundredths / 100U, hundredths % 100U,
         cpu_ns);
}

/* The closed form; where tiles overlap and the memory is late, up to what is counted then. */
static bool cycles_are_right(const arrayflex_info* info, const shape* size, uint32_t k,
                             const arrayflex_counters* counters) {
  const uint64_t least = arrayflex_job_cycles(info, size->t, size->n, size->m, k);
  const uint64_t most = (counters->stall_cycles == 0U)
                            ? least
                            : arrayflex_job_cycles_at_most(info, size->t, size->n, size->m, k);
  return (counters->cycles >= least) && (counters->cycles <= most);
}

/* All modes of one shape, then the accelerator's own choice, which must be the driver's. */
static bool run_shape(arrayflex_device* device, const shape* size) {
  const arrayflex_info* const info = &device->info;
  const matrix_product product = {size->t, size->n, size->m, a, b, x};
  const uint32_t best = arrayflex_best_collapse_factor(info, board_periods, board_period_count,
                                                       size->t, size->n, size->m);
  bool good = true;
  for (uint32_t i = 0U; i <= info->mode_count; ++i) {
    const bool by_accelerator = i == info->mode_count;
    const uint32_t k = by_accelerator ? 0U : info->modes[i];
    const measurement result = measure(device, &product, k);
    const uint64_t before_ticks = board_now_ticks();
    const uint64_t wrong = matrix_mismatches(info, &product, 1U);
    const uint64_t cpu_ns = board_now_ticks() - before_ticks;
    const bool expected = cycles_are_right(info, size, by_accelerator ? best : k, &result.counters);
    if (wrong != 0U) {
      complain("the CPU's result", "differs");
    }
    if (!expected) {
      complain(by_accelerator ? "the accelerator's k" : "cycles", "differ from the closed form");
    }
    good = good && result.good && (wrong == 0U) && expected;
    if (!by_accelerator && result.good) {
      print_row(&product, k, k == best, &result.counters, cpu_ns);
    }
  }
  return good;
}

int main(void) {
  static arrayflex_device device;
  const arrayflex_result found = board_open_accelerator(0U, &device);
  if (found != ARRAYFLEX_OK) {
    complain("accelerator 0", arrayflex_result_name(found));
    return 1;
  }
  const bool overlaps = device.info.overlap != ARRAYFLEX_OVERLAP_NONE;
  printf("array %" PRIu32 " x %" PRIu32 ", operands %" PRIu32 " bits, sums %" PRIu32
         " bits%s%s; * marks the k with the shortest time\n",
         device.info.rows, device.info.cols, device.info.data_width_bits,
         device.info.acc_width_bits, overlaps ? ", overlap " : "",
         overlaps ? arrayflex_overlap_name(device.info.overlap) : "");
  printf("    T     N     M   k     cycles    stalls    time_ns MAC/cycle      cpu_ns\n");
  const uint64_t largest = board_argument();
  bool good = true;
  for (size_t i = 0U; i < (sizeof(shapes) / sizeof(shapes[0])); ++i) {
    const uint64_t macs = (uint64_t)shapes[i].t * shapes[i].n * shapes[i].m;
    if ((largest == 0U) || (macs <= largest)) {
      good = run_shape(&device, &shapes[i]) && good;
    }
  }
  printf("gemm_benchmark %s\n", good ? "passed" : "failed");
  return good ? 0 : 1;
}
