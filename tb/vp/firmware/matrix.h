/* Matrices in memory for jobs of any operand width, and the CPU's own product to judge by. */
#ifndef ARRAYFLEX_FIRMWARE_MATRIX_H
#define ARRAYFLEX_FIRMWARE_MATRIX_H

#include "arrayflex_driver.h"

/* A product with its operands, row-major without gaps. */
typedef struct matrix_product {
  uint32_t t;
  uint32_t n;
  uint32_t m;
  void* a; /* t x n operands */
  void* b; /* n x m operands */
  void* x; /* t x m sums */
} matrix_product;

/* Fills A and B with numbers of the whole operand range, from `seed`; X with a pattern. */
void matrix_fill(const arrayflex_info* info, const matrix_product* product, uint32_t seed);

/* The job for it, with the addresses the accelerator sees. */
arrayflex_job matrix_job(const arrayflex_device* device, const matrix_product* product, uint32_t k);

/* Number of elements of X that are not `times` times A * B, modulo 2^acc_width_bits. */
uint64_t matrix_mismatches(const arrayflex_info* info, const matrix_product* product,
                           uint32_t times);

#endif
