/* The self-test: every register, every error a program can provoke, chains, queue, interrupts. */
#ifndef ARRAYFLEX_SELFTEST_H
#define ARRAYFLEX_SELFTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "arrayflex_driver.h"
#include "matrix.h"

#define SELFTEST_TIMEOUT_TICKS (1000U * BOARD_TICKS_PER_MS)

/* The device under test and what was found. */
typedef struct selftest {
  arrayflex_device* device;
  uint32_t index; /* of the accelerator */
  uint32_t check_count;
  uint32_t failure_count;
} selftest;

/* Counts a check; a failed one is printed with what it was about. */
void selftest_expect(selftest* test, bool passed, const char* what);
void selftest_expect_equal(selftest* test, const char* what, uint64_t actual, uint64_t expected);
void selftest_expect_result(selftest* test, const char* what, arrayflex_result actual,
                            arrayflex_result expected);

/* A small product that goes well, with its operands filled; the same memory every time. */
matrix_product selftest_product(const selftest* test);

/* Runs it by polling or by interrupt and judges the result. */
void selftest_expect_good_job(selftest* test, const char* what, uint32_t k, bool by_interrupt);

/* The parts. */
void selftest_registers(selftest* test);
void selftest_jobs(selftest* test);
void selftest_errors(selftest* test);
void selftest_driver(selftest* test);

#endif
