/* Reads the first doubleword of a memory until it changes, then writes the second. */
#include "test_firmware.inc"
_start:
  li s0, AFVP_ACCELERATOR_BASE
  ld s1, 0(s0)
1: ld s2, 0(s0)
  beq s1, s2, 1b
  rdtime s3
  li t0, 77
  sd t0, 8(s0)
  ld s4, 8(s0)
  result 0, s1
  result 1, s2
  result 2, s3
  result 3, s4
  finish 0
