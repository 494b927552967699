/* Driver of the ArrayFlex accelerator: jobs, chains of jobs, interrupts, counters, errors.
 *
 * Plain C11 for any board, to be called from C and C++: it has no state of its own and knows no
 * address. The board hands over the base address of the registers and a table of functions for what
 * differs from board to board. Of the C library it needs memset and memcpy, which compilers call.
 * Every function takes the device it works on; calls for one device must not overlap, except that
 * arrayflex_handle_interrupt() may interrupt any of them.
 *
 * Memory: descriptors and operands must be visible to the accelerator when a chain is submitted,
 * its results to the CPU when a wait returns. The driver calls the board's memory_barrier() at both
 * points; a board without coherent caches cleans descriptors, operands and X before it submits, and
 * invalidates X after the wait.
 *
 * Registers and descriptors: arrayflex_registers.h, docs/registers.md, docs/integration.md. */
#ifndef ARRAYFLEX_DRIVER_H
#define ARRAYFLEX_DRIVER_H

#ifdef __cplusplus
#include <atomic>
#define ARRAYFLEX_ALIGNAS(bytes) alignas(bytes)
#else
#include <stdatomic.h>
#include <stdbool.h>
#define ARRAYFLEX_ALIGNAS(bytes) _Alignas(bytes)
#endif
#include <stddef.h>
#include <stdint.h>

#include "arrayflex_registers.h"

/* Shared with interrupt handlers; in C++ and C the same objects. */
#ifdef __cplusplus
typedef std::atomic<unsigned int> arrayflex_atomic_uint;
typedef std::atomic<bool> arrayflex_atomic_bool;
extern "C" {
#else
typedef atomic_uint arrayflex_atomic_uint;
typedef atomic_bool arrayflex_atomic_bool;
#endif

/* Answers of the calls. */
typedef enum arrayflex_result {
  ARRAYFLEX_OK = 0,
  ARRAYFLEX_NOT_FOUND,        /* no accelerator answers at the base address */
  ARRAYFLEX_WRONG_VERSION,    /* registers of another major version */
  ARRAYFLEX_INVALID_ARGUMENT, /* a null pointer, an empty chain, a chain beyond CHAIN_LIMIT */
  ARRAYFLEX_QUEUE_FULL,       /* as many chains wait as the accelerator can hold */
  ARRAYFLEX_TIMEOUT,          /* the deadline passed; the chain may still be running */
  ARRAYFLEX_JOB_FAILED        /* the fault says why */
} arrayflex_result;

/* Services of the board. Times are ticks of a clock of the board's choice. */
typedef struct arrayflex_ops {
  uint32_t (*read32)(void* context, uintptr_t address);
  void (*write32)(void* context, uintptr_t address, uint32_t value);
  /* Orders all accesses before it, to memory and devices, before all accesses after it. */
  void (*memory_barrier)(void* context);
  /* The address at which the accelerator finds what the CPU sees at `pointer`. */
  uint64_t (*bus_address)(void* context, const volatile void* pointer);
  uint64_t (*now_ticks)(void* context);
  /* Returns as soon as `*events` is not 0, at `deadline_ticks` at the latest; it may return early
   * at any time. Must not miss an interrupt between its look at `*events` and falling asleep. NULL:
   * arrayflex_wait_for_interrupt() spins. */
  void (*sleep)(void* context, const arrayflex_atomic_uint* events, uint64_t deadline_ticks);
} arrayflex_ops;

/* Most collapse factors the driver remembers. */
#define ARRAYFLEX_MAX_MODES 64U

/* How far the tiles of a job overlap (docs/architecture.md). */
typedef enum arrayflex_overlap {
  ARRAYFLEX_OVERLAP_NONE = 0,
  ARRAYFLEX_OVERLAP_LOAD = 1,
  ARRAYFLEX_OVERLAP_FULL = 2
} arrayflex_overlap;

/* Findings of probing. */
typedef struct arrayflex_info {
  uint32_t version;                    /* major << 16 | minor << 8 | patch */
  uint32_t rows;                       /* R */
  uint32_t cols;                       /* C */
  uint32_t data_width_bits;            /* elements of A and B: 8, 16 or 32 */
  uint32_t acc_width_bits;             /* elements of X: 32 or 64 */
  uint32_t queue_depth;                /* chains that can wait while one runs */
  uint32_t chain_limit;                /* jobs of one chain */
  uint32_t max_t;                      /* largest T of a job */
  arrayflex_overlap overlap;           /* of the tiles of a job */
  uint32_t mode_count;                 /* collapse factors in modes[] */
  uint32_t modes[ARRAYFLEX_MAX_MODES]; /* ascending; modes beyond the 64th are left out */
} arrayflex_info;

/* The first error since a wait last reported one. */
typedef struct arrayflex_fault {
  uint32_t code;    /* ARRAYFLEX_ERROR_..., see arrayflex_error_name(); NONE: a further error that
                       came while the first was not yet reported */
  uint64_t address; /* FAULT_ADDRESS */
  uint64_t descriptor; /* bus address of the descriptor of the job that failed */
} arrayflex_fault;

typedef struct arrayflex_device {
  const arrayflex_ops* ops;
  void* context;
  uintptr_t base;
  arrayflex_info info;
  arrayflex_atomic_uint events; /* bits of IRQ_STATUS that were seen and not yet waited for */
  arrayflex_fault fault; /* belongs to the interrupt handler until fault_held, then to the waits */
  arrayflex_atomic_bool fault_held;
} arrayflex_device;

/* A matrix in memory: rows of elements, `stride_bytes` from one row to the next. */
typedef struct arrayflex_matrix {
  uint64_t bus_address;
  uint64_t stride_bytes;
} arrayflex_matrix;

/* X = A * B, or X += A * B. A is t x n, B n x m, X t x m. */
typedef struct arrayflex_job {
  uint32_t t;
  uint32_t n;
  uint32_t m;
  uint32_t k; /* collapse factor; 0: the accelerator takes its fastest */
  bool accumulate;
  arrayflex_matrix a;
  arrayflex_matrix b;
  arrayflex_matrix x;
} arrayflex_job;

/* A job as the accelerator reads it. */
typedef struct arrayflex_descriptor {
  ARRAYFLEX_ALIGNAS(8) uint8_t bytes[128];
} arrayflex_descriptor;

/* Counters since reset or the last arrayflex_clear_counters(). Bytes are those moved by DMA. */
typedef struct arrayflex_counters {
  uint64_t cycles;       /* compute cycles; docs/integration.md says which, where tiles overlap */
  uint64_t stall_cycles; /* cycles in which the array waited for memory */
  uint64_t time_fs;      /* time during which jobs ran */
  uint64_t tiles;
  uint64_t jobs_done;
  uint64_t bytes_read;
  uint64_t bytes_written;
  uint64_t bytes_a;
  uint64_t bytes_b;
  uint64_t bytes_x_read;
  uint64_t bytes_descriptor;
  uint64_t toggles[ARRAYFLEX_TOGGLES_COUNT]; /* bit toggles; names: arrayflex_toggle_name() */
} arrayflex_counters;

/* Fills `device` from the registers at `base`, after a look at ID and VERSION. Changes nothing in
 * the accelerator but MODE_SELECT. ops, context and base must stay valid as long as the device is
 * used. NOT_FOUND, WRONG_VERSION, INVALID_ARGUMENT. */
arrayflex_result arrayflex_probe(arrayflex_device* device, const arrayflex_ops* ops, void* context,
                                 uintptr_t base);

/* Abandons all chains, puts every register to its reset value (interrupts disabled, counters 0) and
 * waits until the transactions in flight are drained. TIMEOUT. */
arrayflex_result arrayflex_reset(arrayflex_device* device, uint64_t timeout_ticks);

/* Lets the accelerator drive its interrupt output, or not. With interrupts the board calls
 * arrayflex_handle_interrupt() while the output is high. */
void arrayflex_enable_interrupts(arrayflex_device* device, bool enable);

/* The interrupt handler: notes and acknowledges what happened. */
void arrayflex_handle_interrupt(arrayflex_device* device);

/* Writes `count` jobs as one chain into descriptors[0..count-1]; the last raises an interrupt when
 * it is done. The accelerator judges the jobs themselves when they run. INVALID_ARGUMENT. */
arrayflex_result arrayflex_build_chain(const arrayflex_device* device, const arrayflex_job* jobs,
                                       size_t count, arrayflex_descriptor* descriptors);

/* Starts the chain that begins at `first`, or queues it. The descriptors and operands must stay as
 * they are until the chain is done. QUEUE_FULL, INVALID_ARGUMENT. */
arrayflex_result arrayflex_submit(arrayflex_device* device, const arrayflex_descriptor* first);

/* The same by bus address, unchecked. */
arrayflex_result arrayflex_submit_address(arrayflex_device* device, uint64_t descriptor_address);

/* True while a chain runs or waits. */
bool arrayflex_busy(const arrayflex_device* device);

/* Waits until nothing runs and nothing is queued, by reading STATUS. `fault` may be NULL. TIMEOUT,
 * JOB_FAILED (a chain since the last wait failed; the others still ran), QUEUE_FULL (a doorbell was
 * refused). */
arrayflex_result arrayflex_wait_by_polling(arrayflex_device* device, uint64_t timeout_ticks,
                                           arrayflex_fault* fault);

/* Waits for the interrupt that a chain is done or failed. Of several chains the events may have
 * merged: call it again while arrayflex_busy(). TIMEOUT, JOB_FAILED, QUEUE_FULL. */
arrayflex_result arrayflex_wait_for_interrupt(arrayflex_device* device, uint64_t timeout_ticks,
                                              arrayflex_fault* fault);

void arrayflex_read_counters(const arrayflex_device* device, arrayflex_counters* counters);
void arrayflex_clear_counters(arrayflex_device* device);

/* A register by its offset in arrayflex_registers.h; 64 bits: in halves, which make one value even
 * when an interrupt handler reads registers of the same accelerator in between. */
uint32_t arrayflex_read_register32(const arrayflex_device* device, uint32_t offset);
uint64_t arrayflex_read_register64(const arrayflex_device* device, uint32_t offset);
void arrayflex_write_register32(arrayflex_device* device, uint32_t offset, uint32_t value);
void arrayflex_write_register64(arrayflex_device* device, uint32_t offset, uint64_t value);

/* Names for messages; an unknown value gives "unknown". */
const char* arrayflex_result_name(arrayflex_result result);
const char* arrayflex_error_name(uint32_t code);
const char* arrayflex_toggle_name(size_t index);
const char* arrayflex_overlap_name(arrayflex_overlap overlap); /* "none", "load", "full" */

#ifdef __cplusplus
}
#endif

#endif
