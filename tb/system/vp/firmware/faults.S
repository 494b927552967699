/* Faults of the kind given as argument, at the landmark + 16 * argument. */
#include "test_firmware.inc"
_start:
  load_argument a0
  la a1, faults
  slli a0, a0, 4
  add a1, a1, a0
  li t0, 0x50000000             /* nothing there */
  li t1, AFVP_UART_BASE
  li t2, AFVP_CLINT_BASE + AFVP_CLINT_MTIME
  li t3, AFVP_SYSTEM_BASE + AFVP_SYSTEM_RAM_SIZE
  li t4, AFVP_ACCELERATOR_BASE
  li t5, 0x6000                 /* mstatus.FS: what an FPU would need */
  csrs mstatus, t5
  li t6, AFVP_RAM_BASE + 0x100000
  jr a1
  landmark
faults:
  ld a2, 8(t0)                  /* 0: load, unmapped */
  .balign 16
  sw a2, 12(t0)                 /* 1: store, unmapped */
  .balign 16
  jr t0                         /* 2: jump, unmapped */
  .balign 16
  .word 0xffffffff              /* 3: illegal */
  .balign 16
  .half 0                       /* 4: illegal, compressed */
  .balign 16
  lw a2, 0(t1)                  /* 5: a word of a device of bytes */
  .balign 16
  sd a2, 0(t2)                  /* 6: store to a read-only register */
  .balign 16
  lw a2, 2(t3)                  /* 7: misaligned register */
  .balign 16
  amoadd.w a2, a2, (t1)         /* 8: atomic on a device */
  .balign 16
  ld a2, -8(zero)               /* 9: the last doubleword of the address space */
  .balign 16
  jr t1                         /* 10: jump to a device */
  .balign 16
  1: j 1b                       /* 11: endless loop */
  .balign 16
  ecall                         /* 12: trap without a vector */
  .balign 16
  csrw cycle, zero              /* 13: read-only CSR */
  .balign 16
  lw a2, 0x200(t4)              /* 14: behind the accelerator's registers */
  .balign 16
  .word 0x02c5f553              /* 15: fadd.d fa0, fa1, fa2 */
  .balign 16
  sret                          /* 16: no supervisor */
  .balign 16
  csrr a2, sstatus              /* 17: nor its CSRs */
  .balign 16
  csrr a2, 0x7c0                /* 18: no such CSR */
  .balign 16
  li t0, 0x00130000             /* 19: jump to an instruction that the end of 1 MiB of RAM cuts off */
  li t1, AFVP_RAM_BASE + 0x100000
  j cut_off
  .balign 16
  ld a2, -4(t6)                 /* 20: load across the end of RAM */
cut_off:
  sw t0, -4(t1)
  fence.i
  jr -2(t1)
