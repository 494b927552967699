/* Faults that firmware handles: mcause, mepc and mtval of each, in this order, from result 0 on; in
 * the end result 30: what followed each. Argument 1: the handler is nowhere. */
#include "test_firmware.inc"
_start:
  load_argument a0
  la t0, handler
  beqz a0, 1f
  li t0, 0x60000000
1: csrw mtvec, t0
  li s1, RESULTS
  li s2, 0
  li a1, 0x50000000             /* nothing there */
  li a2, AFVP_UART_BASE
  .option push
  .option norvc
  landmark
  ld a3, 8(a1)
  addi s2, s2, 1
  sw a3, 12(a1)
  addi s2, s2, 1
  .word 0xffffffff
  addi s2, s2, 1
  csrr a3, sstatus
  addi s2, s2, 1
  csrw cycle, zero
  addi s2, s2, 1
  lr.w a3, (a2)
  addi s2, s2, 1
  amoadd.w a3, a3, (a2)
  addi s2, s2, 1
  jalr s3, a1
  addi s2, s2, 1
  .option pop
  result 30, s2
  finish 0
.balign 4
handler:
  csrr t1, mcause
  sd t1, 0(s1)
  csrr t2, mepc
  sd t2, 8(s1)
  csrr t3, mtval
  sd t3, 16(s1)
  addi s1, s1, 24
  addi t2, t2, 4                /* the instruction after it */
  addi t1, t1, -1
  bnez t1, 1f
  mv t2, s3                     /* fetch: back to the caller */
1: csrw mepc, t2
  mret
