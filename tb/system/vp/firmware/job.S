/* Runs the job that a test placed in RAM twice, by polling; clears the counters in between. */
#include "test_firmware.inc"
.macro run_job
  sd s1, 0x58(s0)               /* JOB_DESCRIPTOR */
  sw zero, 0x60(s0)             /* DOORBELL */
1: lw t0, 0x34(s0)              /* STATUS.BUSY */
  andi t0, t0, 2
  bnez t0, 1b
.endm
_start:
  li s0, AFVP_ACCELERATOR(0)
  li s1, AFVP_RAM_BASE + 0x18000
  run_job
  ld s2, 0x80(s0)               /* CYCLES */
  li t1, 2
  sw t1, 0x30(s0)               /* CONTROL.CLEAR_COUNTERS */
  run_job
  ld s3, 0x80(s0)
  result 0, s2
  result 1, s3
  finish 0
