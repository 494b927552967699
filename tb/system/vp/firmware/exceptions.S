/* Traps that firmware handles: ecall, ebreak in both lengths, misaligned atomics; nested in a loop. */
#include "test_firmware.inc"
_start:
  la t0, handler
  csrw mtvec, t0
  li s1, RESULTS
  la a0, handler + 1
  landmark
  ecall
  .option push
  .option norvc
  ebreak
  .option pop
  c.ebreak
  lr.w a1, (a0)
  amoadd.w a1, a1, (a0)
  finish 0
.balign 4
handler:
  csrr t1, mcause
  sd t1, 0(s1)
  csrr t1, mepc
  sd t1, 8(s1)
  csrr t2, mtval
  sd t2, 16(s1)
  addi s1, s1, 24
  lhu t2, 0(t1)
  andi t2, t2, 3
  addi t1, t1, 2
  addi t2, t2, -3
  bnez t2, 1f
  addi t1, t1, 2
1: csrw mepc, t1
  mret
