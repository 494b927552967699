/* The virtual platform as a board: one hart, interrupts, time, terminal, accelerators. */
#ifndef ARRAYFLEX_VP_BOARD_H
#define ARRAYFLEX_VP_BOARD_H

#include "arrayflex_collapse.h"
#include "arrayflex_driver.h"
#include "memory_map.h"

/* Ticks of now_ticks() and of all timeouts. */
#define BOARD_TICKS_PER_MS (AFVP_MTIME_HZ / 1000U)

/* Clock periods of the accelerators' modes. */
extern const arrayflex_period board_periods[];
extern const size_t board_period_count;

/* Number of accelerators of the platform. */
uint32_t board_accelerator_count(void);

/* Probes accelerator `index`, resets it and routes its interrupt to the driver. `device` must stay
 * where it is. Results as arrayflex_probe() and arrayflex_reset(); NOT_FOUND beyond the last. */
arrayflex_result board_open_accelerator(uint32_t index, arrayflex_device* device);

/* The interrupt controller passes on the interrupt of accelerator `index`, as it does after
 * board_open_accelerator(), or does not. */
void board_mask_accelerator(uint32_t index, bool masked);

/* External interrupts taken since start. */
uint64_t board_interrupt_count(void);

/* The number given to the platform by --argument, 0 without. */
uint64_t board_argument(void);

/* Simulated nanoseconds. */
uint64_t board_now_ticks(void);

/* Instructions retired. */
uint64_t board_instructions(void);

/* Ends the run. */
_Noreturn void board_exit(int code);

/* The processor's state when a trap was taken: x1..x31, then mepc. Written by start.S. */
typedef struct board_trap_frame {
  uint64_t x[32]; /* x[0] is unused */
  uint64_t mepc;
  uint64_t padding;
} board_trap_frame;

/* Called by start.S for every trap. */
void board_trap(board_trap_frame* frame);

#endif
