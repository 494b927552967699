/* Every register: its value after reset, and what may be read and written. */
#include <inttypes.h>
#include <stdio.h>

#include "arrayflex_registers.h"
#include "board.h"
#include "selftest.h"

/* As arrayflex_registers.h spells them. */
typedef enum register_access { RO, RW, WO, W1C } register_access;

typedef struct register_entry {
  const char* name;
  uint32_t offset;
  uint32_t bits;
  register_access access;
  bool configured; /* its reset value is the platform's choice */
  uint64_t reset;  /* otherwise */
  uint64_t writable_bits;
} register_entry;

#define ENTRY(name, offset, bits, access, configured, reset, writable) \
  {name, offset, bits, access, (configured) != 0, reset, writable},

static const register_entry entries[] = {ARRAYFLEX_FOR_EACH_REGISTER(ENTRY)};
#define ENTRY_COUNT (sizeof(entries) / sizeof(entries[0]))

static const char* about(const register_entry* entry, const char* what) {
  static char text[96];
  (void)snprintf(text, sizeof(text), "%s (0x%03" PRIx32 "): %s", entry->name, entry->offset, what);
  return text;
}

static uint64_t read_entry(const selftest* test, const register_entry* entry) {
  const uintptr_t address = test->device->base + entry->offset;
  return (entry->bits == 64U) ? *(const volatile uint64_t*)address
                              : *(const volatile uint32_t*)address;
}

static void check_reset_value(selftest* test, const register_entry* entry) {
  if (entry->access == WO) {
    return;
  }
  const uint64_t value = read_entry(test, entry);
  if (entry->offset == ARRAYFLEX_OVERLAP) {
    selftest_expect_equal(test, about(entry, "what probing found"), value,
                          (uint64_t)test->device->info.overlap);
    selftest_expect(test, value <= (uint64_t)ARRAYFLEX_OVERLAP_FULL, about(entry, "none to full"));
  } else if (entry->configured) {
    selftest_expect(test, value != 0U, about(entry, "configured, so not 0"));
  } else {
    selftest_expect_equal(test, about(entry, "value after reset"), value, entry->reset);
  }
  if (entry->bits == 64U) {
    selftest_expect_equal(test, about(entry, "read in halves"),
                          arrayflex_read_register64(test->device, entry->offset), value);
  }
}

/* The bus's answer to a transaction of the accelerator's own DMA with its registers: an error that
 * the CPU can read about instead of being stopped by it. */
static uint32_t error_of(selftest* test, const arrayflex_job* job) {
  static arrayflex_descriptor descriptor;
  arrayflex_fault fault = {0};
  (void)arrayflex_build_chain(test->device, job, 1U, &descriptor);
  arrayflex_enable_interrupts(test->device, true);
  (void)arrayflex_submit(test->device, &descriptor);
  (void)arrayflex_wait_for_interrupt(test->device, SELFTEST_TIMEOUT_TICKS, &fault);
  return fault.code;
}

static uint32_t error_of_read(selftest* test, uint32_t offset) {
  const matrix_product product = selftest_product(test);
  arrayflex_job job = matrix_job(test->device, &product, 0U);
  job.t = 1U;
  job.n = 32U / test->device->info.data_width_bits; /* 4 bytes */
  job.m = 1U;
  job.a.bus_address = test->device->base + offset;
  return error_of(test, &job);
}

/* Where the array is too small for 4 bytes at a time, the length is wrong before all else. */
static uint32_t expected_of_read(const selftest* test, uint32_t code) {
  const arrayflex_info* const info = &test->device->info;
  return ((info->rows * info->data_width_bits) >= 32U) ? code : ARRAYFLEX_ERROR_BUS_BURST;
}

static uint32_t error_of_write(selftest* test, uint32_t offset) {
  const matrix_product product = selftest_product(test);
  const uint32_t sum_bytes = test->device->info.acc_width_bits / 8U;
  arrayflex_job job = matrix_job(test->device, &product, 0U);
  job.t = 1U;
  job.m = 1U;
  job.x.bus_address = test->device->base + (offset - (offset % sum_bytes));
  return error_of(test, &job);
}

static void check_read_only(selftest* test, const register_entry* entry) {
  const uint64_t before = read_entry(test, entry);
  selftest_expect_equal(test, about(entry, "a write is refused"),
                        error_of_write(test, entry->offset), ARRAYFLEX_ERROR_BUS_COMMAND);
  if (entry->configured) { /* others may have changed with the attempt */
    selftest_expect_equal(test, about(entry, "after a refused write"), read_entry(test, entry),
                          before);
  }
}

static void write_entry(const selftest* test, const register_entry* entry, uint64_t value) {
  const uintptr_t address = test->device->base + entry->offset;
  if (entry->bits == 64U) {
    *(volatile uint64_t*)address = value;
  } else {
    *(volatile uint32_t*)address = (uint32_t)value;
  }
}

static void check_writable(selftest* test, const register_entry* entry) {
  static const uint64_t patterns[] = {UINT64_MAX, UINT64_C(0xA5A5A5A55A5A5A5A), 0U};
  for (size_t i = 0U; i < (sizeof(patterns) / sizeof(patterns[0])); ++i) {
    write_entry(test, entry, patterns[i]);
    selftest_expect_equal(test, about(entry, "what was written"), read_entry(test, entry),
                          patterns[i] & entry->writable_bits);
  }
  if (entry->bits == 64U) {
    arrayflex_write_register64(test->device, entry->offset, patterns[1]);
    selftest_expect_equal(test, about(entry, "what was written in halves"), read_entry(test, entry),
                          patterns[1]);
  }
}

static void check_access(selftest* test, const register_entry* entry) {
  switch (entry->access) {
    case RO:
      check_read_only(test, entry);
      break;
    case RW:
      check_writable(test, entry);
      break;
    case WO:
      selftest_expect_equal(test, about(entry, "a read is refused"),
                            error_of_read(test, entry->offset),
                            expected_of_read(test, ARRAYFLEX_ERROR_BUS_COMMAND));
      break;
    case W1C:
      arrayflex_enable_interrupts(test->device, false);
      (void)arrayflex_submit_address(test->device, 1U);
      while (arrayflex_busy(test->device)) {
      }
      selftest_expect_equal(test, about(entry, "an error sets its bit"), read_entry(test, entry),
                            ARRAYFLEX_IRQ_STATUS_ERROR);
      write_entry(test, entry, ~ARRAYFLEX_IRQ_STATUS_ERROR);
      selftest_expect_equal(test, about(entry, "zeros do not clear it"), read_entry(test, entry),
                            ARRAYFLEX_IRQ_STATUS_ERROR);
      write_entry(test, entry, ARRAYFLEX_IRQ_STATUS_ERROR);
      selftest_expect_equal(test, about(entry, "a one clears it"), read_entry(test, entry), 0U);
      write_entry(test, entry, UINT32_MAX);
      selftest_expect_equal(test, about(entry, "ones do not set it"), read_entry(test, entry), 0U);
      break;
  }
}

static bool is_listed(uint32_t offset) {
  bool listed = false;
  for (size_t i = 0U; i < ENTRY_COUNT; ++i) {
    const uint32_t end = entries[i].offset + (entries[i].bits / 8U);
    listed = listed || ((offset >= entries[i].offset) && (offset < end));
  }
  return listed;
}

/* Where the table above has no register, there is none. */
static void check_gaps(selftest* test) {
  for (uint32_t offset = 0U; offset < ARRAYFLEX_WINDOW_BYTES; offset += 4U) {
    if (!is_listed(offset)) {
      static char text[64];
      (void)snprintf(text, sizeof(text), "nothing answers at 0x%03" PRIx32, offset);
      selftest_expect_equal(test, text, error_of_read(test, offset),
                            expected_of_read(test, ARRAYFLEX_ERROR_BUS_ADDRESS));
    }
  }
}

static void check_modes(selftest* test) {
  const arrayflex_info* const info = &test->device->info;
  uint64_t bitmap = 0U;
  for (uint32_t i = 0U; i < info->mode_count; ++i) {
    if (info->modes[i] <= 64U) {
      bitmap |= UINT64_C(1) << (info->modes[i] - 1U);
    }
  }
  selftest_expect_equal(test, "MODE_BITMAP against MODE_SELECT and MODE_VALUE",
                        arrayflex_read_register64(test->device, ARRAYFLEX_MODE_BITMAP), bitmap);
}

/* Gives the registers other values than those of reset. */
static void disturb(selftest* test) {
  selftest_expect_good_job(test, "a job before the reset", 0U, true);
  (void)arrayflex_submit_address(test->device, 1U);
  (void)arrayflex_wait_for_interrupt(test->device, SELFTEST_TIMEOUT_TICKS, NULL);
  arrayflex_write_register32(test->device, ARRAYFLEX_MODE_SELECT, 1U);
  selftest_expect(test, arrayflex_read_register64(test->device, ARRAYFLEX_CYCLES) != 0U,
                  "CYCLES: it counted");
  selftest_expect_equal(test, "ERROR_COUNT: it counted",
                        arrayflex_read_register32(test->device, ARRAYFLEX_ERROR_COUNT), 1U);
}

void selftest_registers(selftest* test) {
  disturb(test);
  selftest_expect_result(test, "soft reset", arrayflex_reset(test->device, SELFTEST_TIMEOUT_TICKS),
                         ARRAYFLEX_OK);
  for (size_t i = 0U; i < ENTRY_COUNT; ++i) {
    check_reset_value(test, &entries[i]);
  }
  for (size_t i = 0U; i < ENTRY_COUNT; ++i) {
    check_access(test, &entries[i]);
  }
  check_gaps(test);
  check_modes(test);
  printf("  registers: %u, each read and written\n", (unsigned int)ENTRY_COUNT);
}
