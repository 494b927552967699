/* Classifies the held-out handwritten digits: convolutions and the last layer on the array, the
 * rest on the CPU. Options: digits.h. */
#include <inttypes.h>
#include <stdio.h>

#include "board.h"
#include "digits.h"
#include "report.h"

#define OPERAND_BITS 8U
#define SUM_BITS 32U
#define REQUIRED_HUNDREDTHS 9700U /* of a percent, of all held-out images */

/* Between the layers, for one batch. */
static int8_t columns[DIGITS_MAX_BATCH * DIGITS_PIXELS * DIGITS_TAPS * DIGITS_CONV1_CHANNELS];
static int32_t sums[DIGITS_MAX_BATCH * DIGITS_PIXELS * DIGITS_CONV2_CHANNELS];
static int8_t activations1[DIGITS_MAX_BATCH * DIGITS_PIXELS * DIGITS_CONV1_CHANNELS];
static int8_t activations2[DIGITS_MAX_BATCH * DIGITS_PIXELS * DIGITS_CONV2_CHANNELS];
static int8_t pooled[DIGITS_MAX_BATCH * DIGITS_FC_INPUTS];
static int32_t logits[DIGITS_MAX_BATCH * DIGITS_CLASSES];

static digits_layer layers[] = {
    {.name = "conv1", .n = DIGITS_TAPS, .m = DIGITS_CONV1_CHANNELS},
    {.name = "conv2", .n = DIGITS_TAPS * DIGITS_CONV1_CHANNELS, .m = DIGITS_CONV2_CHANNELS},
    {.name = "fc", .n = DIGITS_FC_INPUTS, .m = DIGITS_CLASSES},
};
#define LAYER_COUNT (sizeof(layers) / sizeof(layers[0]))

static digits_options decode_options(uint64_t argument) {
  return (digits_options){
      .k = (uint32_t)(argument & 0xFFU),
      .images = (uint32_t)((argument >> 8) & 0xFFFFU),
      .logits = ((argument >> 24) & 1U) != 0U,
      .split = ((argument >> 25) & 1U) != 0U,
      .masked = ((argument >> 26) & 1U) != 0U,
      .polling = ((argument >> 27) & 1U) != 0U,
      .batch = (uint32_t)((argument >> 32) & 0xFFFFU),
  };
}

static bool open_devices(digits_machine* machine) {
  machine->device_count = machine->options.split ? 2U : 1U;
  for (uint32_t i = 0U; i < machine->device_count; ++i) {
    arrayflex_device* const device = &machine->devices[i];
    const arrayflex_result found = board_open_accelerator(i, device);
    if (found != ARRAYFLEX_OK) {
      printf("digits: accelerator %" PRIu32 ": %s\n", i, arrayflex_result_name(found));
      return false;
    }
    if ((device->info.data_width_bits != OPERAND_BITS) ||
        (device->info.acc_width_bits != SUM_BITS)) {
      printf("digits: accelerator %" PRIu32 " has %" PRIu32 "-bit operands and %" PRIu32
             "-bit sums; the network needs 8 and 32\n",
             i, device->info.data_width_bits, device->info.acc_width_bits);
      return false;
    }
    board_mask_accelerator(i, machine->options.masked);
    arrayflex_enable_interrupts(device, !machine->options.polling);
  }
  return true;
}

/* The options and the devices limit the images and the batch. */
static bool settle_sizes(digits_machine* machine) {
  digits_options* const options = &machine->options;
  if (options->images == 0U) {
    options->images = digits_image_count;
  }
  if (options->images > digits_image_count) {
    printf("digits: %" PRIu32 " images asked for, there are %" PRIu32 "\n", options->images,
           digits_image_count);
    return false;
  }
  if ((options->batch == 0U) || (options->batch > (uint32_t)DIGITS_MAX_BATCH)) {
    options->batch = DIGITS_MAX_BATCH;
  }
  if (options->batch > options->images) {
    options->batch = options->images;
  }
  for (uint32_t i = 0U; i < machine->device_count; ++i) {
    const uint32_t fits = machine->devices[i].info.max_t / (uint32_t)DIGITS_PIXELS;
    options->batch = (options->batch > fits) ? fits : options->batch;
  }
  if (options->batch == 0U) {
    printf("digits: MAX_T of the accelerator is below one image, %d\n", (int)DIGITS_PIXELS);
  }
  return options->batch != 0U;
}

/* Fills `logits`. */
static bool infer(digits_machine* machine, const int8_t* images, uint32_t count) {
  const uint32_t rows = count * (uint32_t)DIGITS_PIXELS;
  digits_im2col(images, count, 1U, columns);
  if (!digits_product(machine, &layers[0], rows, columns, digits_conv1_weights, sums, false)) {
    return false;
  }
  digits_requantise(sums, rows, DIGITS_CONV1_CHANNELS, digits_conv1_requantisation, activations1);
  digits_im2col(activations1, count, DIGITS_CONV1_CHANNELS, columns);
  if (!digits_product(machine, &layers[1], rows, columns, digits_conv2_weights, sums,
                      machine->options.split)) {
    return false;
  }
  digits_requantise(sums, rows, DIGITS_CONV2_CHANNELS, digits_conv2_requantisation, activations2);
  digits_pool(activations2, count, DIGITS_CONV2_CHANNELS, pooled);
  if (!digits_product(machine, &layers[2], count, pooled, digits_fc_weights, logits, false)) {
    return false;
  }
  for (uint32_t i = 0U; i < (count * (uint32_t)DIGITS_CLASSES); ++i) {
    logits[i] += digits_fc_bias[i % (uint32_t)DIGITS_CLASSES];
  }
  return true;
}

static uint32_t class_of(const int32_t* row) {
  uint32_t best = 0U;
  for (uint32_t i = 1U; i < (uint32_t)DIGITS_CLASSES; ++i) {
    if (row[i] > row[best]) {
      best = i;
    }
  }
  return best;
}

/* Number of right answers of the batch; continues the checksum of all logits. */
static uint32_t judge(const digits_machine* machine, uint32_t first, uint32_t count,
                      uint32_t* checksum) {
  uint32_t right = 0U;
  for (uint32_t i = 0U; i < count; ++i) {
    const int32_t* const row = &logits[i * (uint32_t)DIGITS_CLASSES];
    const uint32_t class = class_of(row);
    const uint32_t label = digits_labels[first + i];
    *checksum = digits_crc32(*checksum, row, DIGITS_CLASSES);
    right += (class == label) ? 1U : 0U;
    if (machine->options.logits) {
      report_logits(first + i, label, class, row);
    }
  }
  return right;
}

int main(void) {
  static digits_machine machine;
  machine.options = decode_options(board_argument());
  if (!open_devices(&machine) || !settle_sizes(&machine)) {
    return 1;
  }
  const uint64_t start_ticks = board_now_ticks();
  const uint32_t total = machine.options.images;
  report_start(&machine);
  uint32_t right = 0U;
  uint32_t checksum = 0U;
  for (uint32_t first = 0U; first < total; first += machine.options.batch) {
    const uint32_t left = total - first;
    const uint32_t count = (left < machine.options.batch) ? left : machine.options.batch;
    if (!infer(&machine, &digits_images[(size_t)first * DIGITS_PIXELS], count)) {
      return 1;
    }
    right += judge(&machine, first, count, &checksum);
  }
  const uint64_t duration_ticks = board_now_ticks() - start_ticks;
  report_layers(&machine, layers, LAYER_COUNT);
  report_activity(layers, LAYER_COUNT);
  printf("interrupts %" PRIu64 ", simulated time %" PRIu64 " us\n", board_interrupt_count(),
         duration_ticks * 1000U / BOARD_TICKS_PER_MS);
  const uint32_t hundredths = ((10000U * right) + (total / 2U)) / total;
  printf("accuracy %" PRIu32 " of %" PRIu32 ", %" PRIu32 ".%02" PRIu32 " %%\n", right, total,
         hundredths / 100U, hundredths % 100U);
  printf("logits crc %08" PRIx32 "\n", checksum);
  return ((total == digits_image_count) && (hundredths < REQUIRED_HUNDREDTHS)) ? 1 : 0;
}
