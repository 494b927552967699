/* The digits network: its data, its layers on the CPU, its products on the array. The arithmetic is
 * defined in scripts/digits_reference.py, which computes the same integers. */
#ifndef ARRAYFLEX_DIGITS_H
#define ARRAYFLEX_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arrayflex_driver.h"

enum {
  DIGITS_SIDE = 8,
  DIGITS_PIXELS = DIGITS_SIDE * DIGITS_SIDE,
  DIGITS_TAPS = 3 * 3,
  DIGITS_CONV1_CHANNELS = 16,
  DIGITS_CONV2_CHANNELS = 32,
  DIGITS_POOLED_SIDE = DIGITS_SIDE / 2,
  DIGITS_FC_INPUTS = DIGITS_POOLED_SIDE * DIGITS_POOLED_SIDE * DIGITS_CONV2_CHANNELS,
  DIGITS_CLASSES = 10,
  DIGITS_MAX_BATCH = 512, /* images of one job */
  DIGITS_ACCELERATORS = 2 /* that the program can use */
};

/* Data, written by scripts/train_digits.py ------------------------------------------------------
 */

typedef struct digits_requantisation {
  int32_t bias;
  int32_t multiplier;
  uint8_t shift;
} digits_requantisation;

extern const int8_t digits_images[];
extern const uint8_t digits_labels[];
extern const uint32_t digits_image_count;
extern const int8_t digits_conv1_weights[DIGITS_TAPS * DIGITS_CONV1_CHANNELS];
extern const int8_t
    digits_conv2_weights[DIGITS_TAPS * DIGITS_CONV1_CHANNELS * DIGITS_CONV2_CHANNELS];
extern const int8_t digits_fc_weights[DIGITS_FC_INPUTS * DIGITS_CLASSES];
extern const digits_requantisation digits_conv1_requantisation[DIGITS_CONV1_CHANNELS];
extern const digits_requantisation digits_conv2_requantisation[DIGITS_CONV2_CHANNELS];
extern const int32_t digits_fc_bias[DIGITS_CLASSES];

/* On the CPU ------------------------------------------------------------------------------------
 */

/* Images of 8 x 8 pixels -> one row of 9 * channels operands per pixel; zeros beyond the border. */
void digits_im2col(const int8_t* images, uint32_t count, uint32_t channels, int8_t* columns);

/* ReLU and requantisation of `rows` rows of `channels` sums. */
void digits_requantise(const int32_t* sums, uint32_t rows, uint32_t channels,
                       const digits_requantisation* parameters, int8_t* activations);

/* Maximum of 2 x 2 pixels. */
void digits_pool(const int8_t* images, uint32_t count, uint32_t channels, int8_t* pooled);

/* CRC-32 (IEEE 802.3) of logits as little-endian 32-bit integers, continued from `crc`; 0 starts.
 */
uint32_t digits_crc32(uint32_t crc, const int32_t* logits, uint32_t count);

/* On the array ----------------------------------------------------------------------------------
 */

/* Bits of the number given by --argument. */
typedef struct digits_options {
  uint32_t k; /* bits 7:0: 0: fastest by the board's clock periods; 255: accelerator's choice */
  uint32_t images; /* bits 23:8: the first so many; 0: all */
  bool logits;     /* bit 24: print the logits of every image */
  bool split;      /* bit 25: share the second convolution's columns out over accelerators 0, 1 */
  bool masked;     /* bit 26: mask the accelerators' interrupts: the program must fail */
  bool polling;    /* bit 27: poll instead of waiting for interrupts */
  uint32_t batch;  /* bits 47:32: images of one job; 0: as many as possible */
} digits_options;

/* One accelerator's share of a layer. */
typedef struct digits_share {
  uint32_t m;                  /* columns; 0: none */
  uint32_t k;                  /* as in the descriptor */
  arrayflex_counters counters; /* cycles, stalls, time, tiles, toggles; of all batches */
} digits_share;

/* A layer on the array: its product, and what it took. */
typedef struct digits_layer {
  const char* name;
  uint32_t n;
  uint32_t m;
  uint64_t t; /* of all batches */
  digits_share shares[DIGITS_ACCELERATORS];
} digits_layer;

typedef struct digits_machine {
  digits_options options;
  uint32_t device_count;
  arrayflex_device devices[DIGITS_ACCELERATORS];
} digits_machine;

/* X = A * B on the array, t rows, dense. With `split` the columns are shared out over all devices
 * of the machine. False, after a message, when it fails. */
bool digits_product(digits_machine* machine, digits_layer* layer, uint32_t t, const int8_t* a,
                    const int8_t* b, int32_t* x, bool split);

#endif
