/* Every error that a program can provoke: its code and fault registers, and a good job afterwards.
 * Not provoked, because no traffic of this platform leads to them: BUS_BYTE_ENABLE (DMA uses no
 * byte enables), BUS_GENERIC, BUS_INCOMPLETE (no target answers so), BUS_TIMEOUT (all targets
 * answer), COUNTER_OVERFLOW (2^63 counts), INTERNAL (a failure of the model). */
#include <inttypes.h>
#include <stdio.h>

#include "arrayflex_registers.h"
#include "board.h"
#include "selftest.h"

#define LARGEST_CHAIN 4097U
#define UNMAPPED_ADDRESS UINT64_C(0x50000000)
#define NO_SUCH_K 4095U
#define FIRST_UNDEFINED_FLAG 0x4U

/* A descriptor with one wrong field. */
typedef struct bad_field {
  const char* what;
  uint32_t offset; /* of the field */
  uint32_t bytes;  /* 4 or 8 */
  uint64_t value;
  uint32_t code;
  uint64_t fault_address;
} bad_field;

static arrayflex_descriptor descriptors[LARGEST_CHAIN];

static void overwrite(arrayflex_descriptor* descriptor, uint32_t offset, uint32_t bytes,
                      uint64_t value) {
  for (uint32_t i = 0U; i < bytes; ++i) {
    descriptor->bytes[offset + i] = (uint8_t)(value >> (8U * i));
  }
}

static uint64_t address_of(const selftest* test, const arrayflex_descriptor* descriptor) {
  return test->device->ops->bus_address(test->device->context, descriptor);
}

static const char* about(const char* what, const char* detail) {
  static char text[96];
  (void)snprintf(text, sizeof(text), "%s: %s", what, detail);
  return text;
}

/* Submits a chain that must fail, and judges what the accelerator says about it. */
static void expect_fault(selftest* test, const char* what, uint64_t submitted,
                         const arrayflex_fault* expected) {
  arrayflex_device* const device = test->device;
  const uint32_t count = arrayflex_read_register32(device, ARRAYFLEX_ERROR_COUNT);
  arrayflex_fault fault = {0};
  arrayflex_enable_interrupts(device, true);
  selftest_expect_result(test, about(what, "submitted"),
                         arrayflex_submit_address(device, submitted), ARRAYFLEX_OK);
  selftest_expect_result(test, about(what, "waited for"),
                         arrayflex_wait_for_interrupt(device, SELFTEST_TIMEOUT_TICKS, &fault),
                         ARRAYFLEX_JOB_FAILED);
  selftest_expect_equal(test, about(what, "ERROR_CODE"), fault.code, expected->code);
  selftest_expect_equal(test, about(what, "FAULT_ADDRESS"), fault.address, expected->address);
  selftest_expect_equal(test, about(what, "FAULT_DESCRIPTOR"), fault.descriptor,
                        expected->descriptor);
  selftest_expect_equal(test, about(what, "ERROR_COUNT"),
                        arrayflex_read_register32(device, ARRAYFLEX_ERROR_COUNT), count + 1U);
  selftest_expect_equal(test, about(what, "STATUS, acknowledged"),
                        arrayflex_read_register32(device, ARRAYFLEX_STATUS), ARRAYFLEX_STATUS_IDLE);
  selftest_expect_equal(test, about(what, "ERROR_CODE, acknowledged"),
                        arrayflex_read_register32(device, ARRAYFLEX_ERROR_CODE),
                        ARRAYFLEX_ERROR_NONE);
  selftest_expect_good_job(test, about(what, "a good job afterwards"), 0U, false);
}

/* descriptors[0] for the good product. */
static arrayflex_job build_good(const selftest* test) {
  const matrix_product product = selftest_product(test);
  const arrayflex_job job = matrix_job(test->device, &product, 0U);
  (void)arrayflex_build_chain(test->device, &job, 1U, descriptors);
  return job;
}

static void expect_bad_field(selftest* test, const bad_field* bad) {
  (void)build_good(test);
  overwrite(&descriptors[0], bad->offset, bad->bytes, bad->value);
  const uint64_t address = address_of(test, &descriptors[0]);
  const arrayflex_fault expected = {bad->code, bad->fault_address, address};
  expect_fault(test, bad->what, address, &expected);
}

#define FIELD(name) ARRAYFLEX_DESCRIPTOR_##name
#define CODE(name) ARRAYFLEX_ERROR_##name

static void check_header_and_sizes(selftest* test) {
  const uint64_t base = address_of(test, &descriptors[0]);
  const uint64_t too_large = UINT64_C(1) << 31;
  const uint64_t beyond_max_t = (uint64_t)test->device->info.max_t + 1U;
  const bad_field cases[] = {
      {"magic", FIELD(MAGIC), 4U, 0U, CODE(DESCRIPTOR_MAGIC), base + FIELD(MAGIC)},
      {"version", FIELD(VERSION), 4U, 2U, CODE(DESCRIPTOR_VERSION), base + FIELD(VERSION)},
      {"flags", FIELD(FLAGS), 4U, FIRST_UNDEFINED_FLAG, CODE(DESCRIPTOR_RESERVED),
       base + FIELD(FLAGS)},
      {"reserved", FIELD(RESERVED), 4U, 1U, CODE(DESCRIPTOR_RESERVED), base + FIELD(RESERVED)},
      {"tail", FIELD(RESERVED_TAIL), 4U, 1U, CODE(DESCRIPTOR_RESERVED), base + FIELD(RESERVED)},
      {"T = 0", FIELD(T), 4U, 0U, CODE(SIZE_ZERO), base + FIELD(T)},
      {"N = 0", FIELD(N), 4U, 0U, CODE(SIZE_ZERO), base + FIELD(N)},
      {"M = 0", FIELD(M), 4U, 0U, CODE(SIZE_ZERO), base + FIELD(M)},
      {"T > MAX_T", FIELD(T), 4U, beyond_max_t, CODE(SIZE_TOO_LARGE), base + FIELD(T)},
      {"N = 2^31", FIELD(N), 4U, too_large, CODE(SIZE_TOO_LARGE), base + FIELD(N)},
      {"M = 2^31", FIELD(M), 4U, too_large, CODE(SIZE_TOO_LARGE), base + FIELD(M)},
      {"k", FIELD(K), 4U, NO_SUCH_K, CODE(COLLAPSE_FACTOR), base + FIELD(K)},
  };
  for (size_t i = 0U; i < (sizeof(cases) / sizeof(cases[0])); ++i) {
    expect_bad_field(test, &cases[i]);
  }
}

static void check_matrices(selftest* test) {
  const arrayflex_job job = build_good(test);
  const uint64_t base = address_of(test, &descriptors[0]);
  const uint64_t last_aligned = UINT64_MAX - 7U;
  const bad_field cases[] = {
      {"address of X", FIELD(X_ADDRESS), 8U, job.x.bus_address + 1U, CODE(ADDRESS_MISALIGNED),
       base + FIELD(X_ADDRESS)},
      {"stride of X", FIELD(X_STRIDE), 8U, job.x.stride_bytes + 1U, CODE(STRIDE_MISALIGNED),
       base + FIELD(X_STRIDE)},
      {"short stride of A", FIELD(A_STRIDE), 8U, 0U, CODE(STRIDE_TOO_SMALL),
       base + FIELD(A_STRIDE)},
      {"short stride of B", FIELD(B_STRIDE), 8U, 0U, CODE(STRIDE_TOO_SMALL),
       base + FIELD(B_STRIDE)},
      {"short stride of X", FIELD(X_STRIDE), 8U, 0U, CODE(STRIDE_TOO_SMALL),
       base + FIELD(X_STRIDE)},
      {"end of A", FIELD(A_ADDRESS), 8U, last_aligned, CODE(ADDRESS_OVERFLOW),
       base + FIELD(A_ADDRESS)},
      {"end of B", FIELD(B_ADDRESS), 8U, last_aligned, CODE(ADDRESS_OVERFLOW),
       base + FIELD(B_ADDRESS)},
      {"end of X", FIELD(X_ADDRESS), 8U, last_aligned, CODE(ADDRESS_OVERFLOW),
       base + FIELD(X_ADDRESS)},
      {"X on A", FIELD(X_ADDRESS), 8U, job.a.bus_address, CODE(OPERAND_OVERLAP),
       base + FIELD(X_ADDRESS)},
      {"X on B", FIELD(X_ADDRESS), 8U, job.b.bus_address, CODE(OPERAND_OVERLAP),
       base + FIELD(X_ADDRESS)},
      {"unmapped A", FIELD(A_ADDRESS), 8U, UNMAPPED_ADDRESS, CODE(BUS_ADDRESS), UNMAPPED_ADDRESS},
      {"unmapped B", FIELD(B_ADDRESS), 8U, UNMAPPED_ADDRESS, CODE(BUS_ADDRESS), UNMAPPED_ADDRESS},
      {"unmapped X", FIELD(X_ADDRESS), 8U, UNMAPPED_ADDRESS, CODE(BUS_ADDRESS), UNMAPPED_ADDRESS},
  };
  for (size_t i = 0U; i < (sizeof(cases) / sizeof(cases[0])); ++i) {
    expect_bad_field(test, &cases[i]);
  }
}

/* Only operands of several bytes can be misaligned. */
static void check_alignment_of_operands(selftest* test) {
  const arrayflex_job job = build_good(test);
  const uint64_t base = address_of(test, &descriptors[0]);
  const bad_field cases[] = {
      {"address of A", FIELD(A_ADDRESS), 8U, job.a.bus_address + 1U, CODE(ADDRESS_MISALIGNED),
       base + FIELD(A_ADDRESS)},
      {"address of B", FIELD(B_ADDRESS), 8U, job.b.bus_address + 1U, CODE(ADDRESS_MISALIGNED),
       base + FIELD(B_ADDRESS)},
      {"stride of A", FIELD(A_STRIDE), 8U, job.a.stride_bytes + 1U, CODE(STRIDE_MISALIGNED),
       base + FIELD(A_STRIDE)},
      {"stride of B", FIELD(B_STRIDE), 8U, job.b.stride_bytes + 1U, CODE(STRIDE_MISALIGNED),
       base + FIELD(B_STRIDE)},
  };
  for (size_t i = 0U; i < (sizeof(cases) / sizeof(cases[0])); ++i) {
    expect_bad_field(test, &cases[i]);
  }
}

/* A job of one element whose A is `a_bytes` long: the DMA reads them in one transaction. */
static void expect_bad_access(selftest* test, const char* what, uint32_t a_bytes,
                              uint64_t a_address, const uint64_t* x_address, uint32_t code) {
  arrayflex_job job = build_good(test);
  job.t = 1U;
  job.n = a_bytes / (test->device->info.data_width_bits / 8U);
  job.m = 1U;
  job.a.stride_bytes = a_bytes;
  job.a.bus_address = a_address;
  if (x_address != NULL) {
    job.x.bus_address = *x_address;
  }
  (void)arrayflex_build_chain(test->device, &job, 1U, descriptors);
  const uint64_t address = address_of(test, &descriptors[0]);
  const arrayflex_fault expected = {code, (x_address != NULL) ? *x_address : a_address, address};
  expect_fault(test, what, address, &expected);
}

/* The accelerator's own registers as operands: not every access suits them. */
static void check_bus(selftest* test) {
  const uint64_t registers = test->device->base;
  const uint64_t id = registers + ARRAYFLEX_ID;
  const arrayflex_job good = build_good(test);
  const arrayflex_info* const info = &test->device->info;
  if ((info->rows * info->data_width_bits) >= 32U) { /* 4 bytes in one transaction */
    expect_bad_access(test, "A in a register to write", 4U, registers + ARRAYFLEX_DOORBELL, NULL,
                      CODE(BUS_COMMAND));
  }
  expect_bad_access(test, "X in a register to read", 4U, good.a.bus_address, &id,
                    CODE(BUS_COMMAND));
  /* One element is too short for a register; one of 32 bits is not, but three are too long. */
  const uint32_t data_bytes = info->data_width_bits / 8U;
  const uint32_t a_bytes = (data_bytes < 4U) ? data_bytes : (3U * data_bytes);
  if ((a_bytes / data_bytes) <= info->rows) { /* one tile, one transaction */
    expect_bad_access(test, "A of a length no register has", a_bytes, id, NULL, CODE(BUS_BURST));
  }
}

static void check_chains(selftest* test) {
  const uint64_t first = address_of(test, &descriptors[0]);
  const arrayflex_fault misaligned = {CODE(DESCRIPTOR_MISALIGNED), first + 4U, first + 4U};
  expect_fault(test, "descriptor at a multiple of 4", first + 4U, &misaligned);
  const arrayflex_fault unmapped = {CODE(BUS_ADDRESS), UNMAPPED_ADDRESS, UNMAPPED_ADDRESS};
  expect_fault(test, "descriptor at no memory", UNMAPPED_ADDRESS, &unmapped);
  const uint64_t end = UINT64_MAX - 7U;
  const arrayflex_fault beyond = {CODE(ADDRESS_OVERFLOW), end, end};
  expect_fault(test, "descriptor at the end of all addresses", end, &beyond);

  (void)build_good(test);
  overwrite(&descriptors[0], FIELD(NEXT), 8U, first);
  const arrayflex_fault loop = {CODE(CHAIN_LOOP), first, first};
  expect_fault(test, "a chain that returns to its first job", first, &loop);

  const uint32_t limit = test->device->info.chain_limit;
  if (limit < LARGEST_CHAIN) {
    arrayflex_job job = build_good(test);
    job.t = job.n = job.m = 1U;
    for (uint32_t i = 0U; i <= limit; ++i) {
      (void)arrayflex_build_chain(test->device, &job, 1U, &descriptors[i]);
      if (i < limit) {
        overwrite(&descriptors[i], FIELD(NEXT), 8U, address_of(test, &descriptors[i + 1U]));
        overwrite(&descriptors[i], FIELD(FLAGS), 4U, 0U);
      }
    }
    const uint64_t last = address_of(test, &descriptors[limit]);
    const arrayflex_fault too_long = {CODE(CHAIN_TOO_LONG), last, last};
    expect_fault(test, "a chain of CHAIN_LIMIT + 1 jobs", first, &too_long);
    selftest_expect_result(
        test, "the same by the driver",
        arrayflex_build_chain(test->device, &job, (size_t)limit + 1U, descriptors),
        ARRAYFLEX_INVALID_ARGUMENT);
  }
}

/* An error that nobody acknowledges is kept, the next one only counted. */
static void check_first_error_is_kept(selftest* test) {
  arrayflex_device* const device = test->device;
  arrayflex_enable_interrupts(device, false);
  (void)arrayflex_submit_address(device, 1U);
  (void)arrayflex_submit_address(device, UNMAPPED_ADDRESS);
  while (arrayflex_busy(device)) {
  }
  selftest_expect_equal(test, "the first of two errors",
                        arrayflex_read_register32(device, ARRAYFLEX_ERROR_CODE),
                        CODE(DESCRIPTOR_MISALIGNED));
  selftest_expect_equal(test, "STATUS with an error",
                        arrayflex_read_register32(device, ARRAYFLEX_STATUS),
                        ARRAYFLEX_STATUS_IDLE | ARRAYFLEX_STATUS_ERROR);
  arrayflex_fault fault = {0};
  selftest_expect_result(test, "an error by polling",
                         arrayflex_wait_by_polling(device, SELFTEST_TIMEOUT_TICKS, &fault),
                         ARRAYFLEX_JOB_FAILED);
  selftest_expect_equal(test, "the first of two errors, by polling", fault.code,
                        CODE(DESCRIPTOR_MISALIGNED));
}

void selftest_errors(selftest* test) {
  const uint32_t before = test->check_count;
  check_header_and_sizes(test);
  check_matrices(test);
  if (test->device->info.data_width_bits > 8U) {
    check_alignment_of_operands(test);
  }
  check_bus(test);
  check_chains(test);
  check_first_error_is_kept(test);
  printf("  errors: %" PRIu32 " checks of error codes and recovery\n", test->check_count - before);
}
