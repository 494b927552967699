/* Reads an accelerator's ID 100 times, and once as a part of a doubleword. */
#include "test_firmware.inc"
_start:
  li a0, AFVP_ACCELERATOR(0)
  rdtime s0
  li s2, 100
1: lw a1, 0(a0)
  addi s2, s2, -1
  bnez s2, 1b
  rdtime s1
  ld a2, 0(a0)
  result 0, s0
  result 1, s1
  result 2, a1
  result 3, a2
  finish 0
