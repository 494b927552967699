/* Products of the network as jobs of one or two accelerators. */
#include <inttypes.h>
#include <stdio.h>

#include "arrayflex_collapse.h"
#include "board.h"
#include "digits.h"

#define TIMEOUT_TICKS (1000U * BOARD_TICKS_PER_MS)
#define K_BY_ACCELERATOR 255U

/* The collapse factor for the descriptor. */
static uint32_t choose_k(const digits_machine* machine, const arrayflex_device* device, uint32_t t,
                         uint32_t n, uint32_t m) {
  uint32_t k = machine->options.k;
  if (k == 0U) {
    k = arrayflex_best_collapse_factor(&device->info, board_periods, board_period_count, t, n, m);
  } else if (k == K_BY_ACCELERATOR) {
    k = 0U;
  }
  return k;
}

static uint64_t time_fs(const digits_machine* machine, uint32_t index, uint32_t t, uint32_t n,
                        uint32_t m) {
  const arrayflex_info* const info = &machine->devices[index].info;
  if (m == 0U) {
    return 0U;
  }
  const uint32_t k =
      arrayflex_best_collapse_factor(info, board_periods, board_period_count, t, n, m);
  const uint64_t period = arrayflex_period_fs(board_periods, board_period_count, k);
  return arrayflex_job_cycles(info, t, n, m, (k == 0U) ? 1U : k) * period;
}

/* Columns for device 0 so that the later of the two is done as early as possible; both get some. */
static uint32_t columns_of_first(const digits_machine* machine, uint32_t t, uint32_t n,
                                 uint32_t m) {
  uint32_t best = 1U;
  uint64_t best_fs = UINT64_MAX;
  for (uint32_t first = 1U; first < m; ++first) {
    const uint64_t fs0 = time_fs(machine, 0U, t, n, first);
    const uint64_t fs1 = time_fs(machine, 1U, t, n, m - first);
    const uint64_t later = (fs0 > fs1) ? fs0 : fs1;
    if (later < best_fs) {
      best_fs = later;
      best = first;
    }
  }
  return best;
}

static arrayflex_result wait_for(digits_machine* machine, uint32_t index, arrayflex_fault* fault) {
  arrayflex_device* const device = &machine->devices[index];
  return machine->options.polling ? arrayflex_wait_by_polling(device, TIMEOUT_TICKS, fault)
                                  : arrayflex_wait_for_interrupt(device, TIMEOUT_TICKS, fault);
}

static void complain(uint32_t index, const digits_layer* layer, const char* action,
                     arrayflex_result result, const arrayflex_fault* fault) {
  printf("digits: %s on accelerator %" PRIu32 ", %s: %s", layer->name, index, action,
         arrayflex_result_name(result));
  if (result == ARRAYFLEX_JOB_FAILED) {
    printf(", %s at 0x%" PRIx64, arrayflex_error_name(fault->code), fault->address);
  }
  printf("\n");
}

/* Adds what a job took: the counters themselves run on, for others to read. */
static void add_difference(arrayflex_counters* sum, const arrayflex_counters* before,
                           const arrayflex_counters* after) {
  sum->cycles += after->cycles - before->cycles;
  sum->stall_cycles += after->stall_cycles - before->stall_cycles;
  sum->time_fs += after->time_fs - before->time_fs;
  sum->tiles += after->tiles - before->tiles;
  for (size_t i = 0U; i < (sizeof(sum->toggles) / sizeof(sum->toggles[0])); ++i) {
    sum->toggles[i] += after->toggles[i] - before->toggles[i];
  }
}

/* Starts one device's columns [first, first + m). */
static arrayflex_result start(digits_machine* machine, uint32_t index, const digits_layer* layer,
                              uint32_t t, const int8_t* a, const int8_t* b, int32_t* x,
                              uint32_t first) {
  static arrayflex_descriptor descriptors[DIGITS_ACCELERATORS];
  arrayflex_device* const device = &machine->devices[index];
  const digits_share* const share = &layer->shares[index];
  const arrayflex_ops* const ops = device->ops;
  const arrayflex_job job = {
      .t = t,
      .n = layer->n,
      .m = share->m,
      .k = share->k,
      .a = {ops->bus_address(device->context, a), layer->n},
      .b = {ops->bus_address(device->context, &b[first]), layer->m},
      .x = {ops->bus_address(device->context, &x[first]), layer->m * sizeof(int32_t)},
  };
  arrayflex_result result = arrayflex_build_chain(device, &job, 1U, &descriptors[index]);
  if (result == ARRAYFLEX_OK) {
    result = arrayflex_submit(device, &descriptors[index]);
  }
  return result;
}

static void share_out(const digits_machine* machine, digits_layer* layer, uint32_t t, bool split) {
  const uint32_t first = split ? columns_of_first(machine, t, layer->n, layer->m) : layer->m;
  layer->shares[0].m = first;
  layer->shares[1].m = layer->m - first;
  for (uint32_t i = 0U; i < machine->device_count; ++i) {
    const uint32_t columns = layer->shares[i].m;
    layer->shares[i].k =
        choose_k(machine, &machine->devices[i], t, layer->n, (columns == 0U) ? 1U : columns);
  }
}

bool digits_product(digits_machine* machine, digits_layer* layer, uint32_t t, const int8_t* a,
                    const int8_t* b, int32_t* x, bool split) {
  share_out(machine, layer, t, split);
  layer->t += t;
  const uint32_t used = split ? 2U : 1U;
  arrayflex_counters before[DIGITS_ACCELERATORS];
  bool good = true;
  uint32_t first = 0U;
  for (uint32_t i = 0U; good && (i < used); ++i) {
    arrayflex_read_counters(&machine->devices[i], &before[i]);
    const arrayflex_result result = start(machine, i, layer, t, a, b, x, first);
    first += layer->shares[i].m;
    if (result != ARRAYFLEX_OK) {
      complain(i, layer, "starting", result, NULL);
      good = false;
    }
  }
  for (uint32_t i = 0U; good && (i < used); ++i) {
    arrayflex_fault fault = {0};
    arrayflex_counters after;
    const arrayflex_result result = wait_for(machine, i, &fault);
    if (result != ARRAYFLEX_OK) {
      complain(i, layer, machine->options.polling ? "polling" : "waiting for its interrupt", result,
               &fault);
      good = false;
    }
    arrayflex_read_counters(&machine->devices[i], &after);
    add_difference(&layer->shares[i].counters, &before[i], &after);
  }
  return good;
}
