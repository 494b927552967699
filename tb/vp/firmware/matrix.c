#include "matrix.h"

#define UNWRITTEN_BYTE 0x5AU

static uint32_t next_random(uint32_t* state) {
  /* Numerical Recipes' linear congruential generator; its upper bits are good enough. */
  *state = (*state * 1664525U) + 1013904223U;
  return *state >> 8;
}

static void fill_operands(uint32_t width_bits, void* data, uint64_t count, uint32_t* state) {
  for (uint64_t i = 0U; i < count; ++i) {
    const uint32_t value = (next_random(state) << 16) ^ next_random(state);
    if (width_bits == 8U) {
      ((uint8_t*)data)[i] = (uint8_t)value;
    } else if (width_bits == 16U) {
      ((uint16_t*)data)[i] = (uint16_t)value;
    } else {
      ((uint32_t*)data)[i] = value;
    }
  }
}

static int64_t operand(uint32_t width_bits, const void* data, uint64_t index) {
  int64_t value = ((const int32_t*)data)[0];
  if (width_bits == 8U) {
    value = ((const int8_t*)data)[index];
  } else if (width_bits == 16U) {
    value = ((const int16_t*)data)[index];
  } else {
    value = ((const int32_t*)data)[index];
  }
  return value;
}

static uint64_t sum_of(uint32_t width_bits, const void* data, uint64_t index) {
  return (width_bits == 32U) ? ((const uint32_t*)data)[index] : ((const uint64_t*)data)[index];
}

void matrix_fill(const arrayflex_info* info, const matrix_product* product, uint32_t seed) {
  uint32_t state = seed;
  fill_operands(info->data_width_bits, product->a, (uint64_t)product->t * product->n, &state);
  fill_operands(info->data_width_bits, product->b, (uint64_t)product->n * product->m, &state);
  const uint64_t x_bytes = (uint64_t)product->t * product->m * (info->acc_width_bits / 8U);
  for (uint64_t i = 0U; i < x_bytes; ++i) {
    ((uint8_t*)product->x)[i] = UNWRITTEN_BYTE;
  }
}

arrayflex_job matrix_job(const arrayflex_device* device, const matrix_product* product,
                         uint32_t k) {
  const arrayflex_ops* const ops = device->ops;
  const uint64_t operand_bytes = device->info.data_width_bits / 8U;
  const uint64_t sum_bytes = device->info.acc_width_bits / 8U;
  return (arrayflex_job){
      .t = product->t,
      .n = product->n,
      .m = product->m,
      .k = k,
      .accumulate = false,
      .a = {ops->bus_address(device->context, product->a), product->n * operand_bytes},
      .b = {ops->bus_address(device->context, product->b), product->m * operand_bytes},
      .x = {ops->bus_address(device->context, product->x), product->m * sum_bytes},
  };
}

uint64_t matrix_mismatches(const arrayflex_info* info, const matrix_product* product,
                           uint32_t times) {
  const uint32_t width_bits = info->data_width_bits;
  uint64_t mismatches = 0U;
  for (uint64_t row = 0U; row < product->t; ++row) {
    for (uint64_t col = 0U; col < product->m; ++col) {
      uint64_t sum = 0U; /* unsigned: it may wrap, as in the array */
      for (uint64_t i = 0U; i < product->n; ++i) {
        const int64_t a = operand(width_bits, product->a, (row * product->n) + i);
        const int64_t b = operand(width_bits, product->b, (i * product->m) + col);
        sum += (uint64_t)a * (uint64_t)b;
      }
      sum *= times;
      if (info->acc_width_bits == 32U) {
        sum &= UINT32_MAX;
      }
      if (sum != sum_of(info->acc_width_bits, product->x, (row * product->m) + col)) {
        ++mismatches;
      }
    }
  }
  return mismatches;
}
