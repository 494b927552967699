#include <string.h>

#include "digits.h"

#define LARGEST_ACTIVATION 127
#define CRC_POLYNOMIAL 0xEDB88320U

/* The 9 neighbours of pixel (y, x), row by row. */
static int8_t* gather(const int8_t* image, int32_t y, int32_t x, uint32_t channels, int8_t* row) {
  for (int32_t ky = y - 1; ky <= (y + 1); ++ky) {
    for (int32_t kx = x - 1; kx <= (x + 1); ++kx) {
      const bool inside = (ky >= 0) && (ky < DIGITS_SIDE) && (kx >= 0) && (kx < DIGITS_SIDE);
      if (inside) {
        const uint32_t pixel = ((uint32_t)ky * (uint32_t)DIGITS_SIDE) + (uint32_t)kx;
        (void)memcpy(row, &image[pixel * channels], channels);
      } else {
        (void)memset(row, 0, channels);
      }
      row = &row[channels];
    }
  }
  return row;
}

void digits_im2col(const int8_t* images, uint32_t count, uint32_t channels, int8_t* columns) {
  int8_t* row = columns;
  for (uint32_t i = 0U; i < count; ++i) {
    const int8_t* const image = &images[(size_t)i * DIGITS_PIXELS * channels];
    for (int32_t y = 0; y < DIGITS_SIDE; ++y) {
      for (int32_t x = 0; x < DIGITS_SIDE; ++x) {
        row = gather(image, y, x, channels, row);
      }
    }
  }
}

static int8_t requantise(int32_t sum, const digits_requantisation* p) {
  const int64_t biased = (int64_t)sum + p->bias;
  int64_t scaled = 0;
  if (biased > 0) {
    const int64_t half = INT64_C(1) << (p->shift - 1U);
    scaled = ((biased * p->multiplier) + half) >> p->shift;
    if (scaled > LARGEST_ACTIVATION) {
      scaled = LARGEST_ACTIVATION;
    }
  }
  return (int8_t)scaled;
}

void digits_requantise(const int32_t* sums, uint32_t rows, uint32_t channels,
                       const digits_requantisation* parameters, int8_t* activations) {
  size_t i = 0U;
  for (uint32_t row = 0U; row < rows; ++row) {
    for (uint32_t channel = 0U; channel < channels; ++channel) {
      activations[i] = requantise(sums[i], &parameters[channel]);
      ++i;
    }
  }
}

static int8_t larger(int8_t a, int8_t b) { return (a > b) ? a : b; }

void digits_pool(const int8_t* images, uint32_t count, uint32_t channels, int8_t* pooled) {
  const size_t line = (size_t)DIGITS_SIDE * channels;
  int8_t* out = pooled;
  for (uint32_t i = 0U; i < count; ++i) {
    for (uint32_t y = 0U; y < (uint32_t)DIGITS_SIDE; y += 2U) {
      for (uint32_t x = 0U; x < (uint32_t)DIGITS_SIDE; x += 2U) {
        const int8_t* const corner =
            &images[((((size_t)i * DIGITS_SIDE) + y) * line) + ((size_t)x * channels)];
        for (uint32_t c = 0U; c < channels; ++c) {
          const int8_t upper = larger(corner[c], corner[c + channels]);
          const int8_t lower = larger(corner[line + c], corner[line + c + channels]);
          *out = larger(upper, lower);
          ++out;
        }
      }
    }
  }
}

static uint32_t crc32_byte(uint32_t crc, uint8_t byte) {
  crc ^= byte;
  for (uint32_t bit = 0U; bit < 8U; ++bit) {
    crc = (crc >> 1) ^ (((crc & 1U) != 0U) ? CRC_POLYNOMIAL : 0U);
  }
  return crc;
}

uint32_t digits_crc32(uint32_t crc, const int32_t* logits, uint32_t count) {
  crc = ~crc;
  for (uint32_t i = 0U; i < count; ++i) {
    const uint32_t value = (uint32_t)logits[i];
    for (uint32_t shift = 0U; shift < 32U; shift += 8U) {
      crc = crc32_byte(crc, (uint8_t)(value >> shift));
    }
  }
  return ~crc;
}
