#include "report.h"

#include <inttypes.h>
#include <stdio.h>

void report_start(const digits_machine* machine) {
  printf("digits: %" PRIu32 " held-out images of 8 x 8 pixels, %" PRIu32 " per job\n",
         machine->options.images, machine->options.batch);
  for (uint32_t i = 0U; i < machine->device_count; ++i) {
    const arrayflex_info* const info = &machine->devices[i].info;
    printf("accelerator %" PRIu32 ": %" PRIu32 " x %" PRIu32 ", operands %" PRIu32
           " bits, sums %" PRIu32 " bits\n",
           i, info->rows, info->cols, info->data_width_bits, info->acc_width_bits);
  }
}

void report_logits(uint32_t image, uint32_t label, uint32_t class, const int32_t* row) {
  printf("image %" PRIu32 " label %" PRIu32 " class %" PRIu32 " logits", image, label, class);
  for (uint32_t i = 0U; i < (uint32_t)DIGITS_CLASSES; ++i) {
    printf(" %" PRId32, row[i]);
  }
  printf(" crc %08" PRIx32 "\n", digits_crc32(0U, row, DIGITS_CLASSES));
}

static void report_share(const digits_layer* layer, uint32_t index) {
  const digits_share* const share = &layer->shares[index];
  const arrayflex_counters* const c = &share->counters;
  const uint64_t macs = layer->t * layer->n * share->m;
  const uint64_t clock_cycles = c->cycles + c->stall_cycles;
  const uint64_t hundredths = (clock_cycles == 0U) ? 0U : ((100U * macs) / clock_cycles);
  printf("%-6s %4" PRIu32 " %7" PRIu64 " %5" PRIu32 " %5" PRIu32 " ", layer->name, index, layer->t,
         layer->n, share->m);
  if (share->k == 0U) {
    printf("   ?");
  } else {
    printf("%4" PRIu32, share->k);
  }
  printf(" %6" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %6" PRIu64 ".%02" PRIu64 "\n",
         c->tiles, c->cycles, c->stall_cycles, c->time_fs / 1000000U, hundredths / 100U,
         hundredths % 100U);
}

void report_layers(const digits_machine* machine, const digits_layer* layers, size_t count) {
  printf("layer  unit       T     N     M    k  tiles    cycles    stalls   time_ns MAC/cycle\n");
  for (size_t i = 0U; i < count; ++i) {
    for (uint32_t unit = 0U; unit < machine->device_count; ++unit) {
      if (layers[i].shares[unit].m != 0U) {
        report_share(&layers[i], unit);
      }
    }
  }
}

static uint64_t toggles_of(const digits_layer* layer, size_t class) {
  uint64_t toggles = 0U;
  for (size_t unit = 0U; unit < (size_t)DIGITS_ACCELERATORS; ++unit) {
    toggles += layer->shares[unit].counters.toggles[class];
  }
  return toggles;
}

void report_activity(const digits_layer* layers, size_t count) {
  printf("toggles    ");
  for (size_t i = 0U; i < count; ++i) {
    printf(" %12s", layers[i].name);
  }
  printf("\n");
  const size_t classes = sizeof(layers[0].shares[0].counters.toggles) / sizeof(uint64_t);
  for (size_t class = 0U; class < classes; ++class) {
    uint64_t all = 0U;
    for (size_t i = 0U; i < count; ++i) {
      all += toggles_of(&layers[i], class);
    }
    if (all == 0U) { /* a class that the array does not have */
      continue;
    }
    printf("%-11s", arrayflex_toggle_name(class));
    for (size_t i = 0U; i < count; ++i) {
      printf(" %12" PRIu64, toggles_of(&layers[i], class));
    }
    printf("\n");
  }
}
