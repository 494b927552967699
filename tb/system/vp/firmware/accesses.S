/* Every integer load and store, in all encodings, on RAM and on whatever is at the address given as
 * argument; both must leave the same. Results 0..63: from RAM; 64..127: from there. */
#include "test_firmware.inc"
.macro keep register
  sd \register, 0(s1)
  addi s1, s1, 8
.endm
.macro keep_all
  keep a1
  keep a2
  keep a3
  keep a4
  keep a5
.endm
_start:
  load_argument s3
  li s0, AFVP_RAM_BASE + 0x8000
  li s1, RESULTS
  call exercise
  mv s0, s3
  li s1, RESULTS + 8 * 64
  call exercise
  finish 0
exercise:
  li t0, 0x8182838485868788
  li t1, 0x7172737475767778
  sd t0, 0(s0)
  sd t1, 8(s0)
  sd t0, 2040(s0)
  sd t1, -2048(s0)
  .option push
  .option norvc
  lb a1, 0(s0)
  lbu a2, 1(s0)
  lh a3, 2(s0)
  lhu a4, 4(s0)
  lw a5, 4(s0)
  keep_all
  lwu a1, 0(s0)
  ld a2, 0(s0)
  lw a3, 8(s0)
  ld a4, 2040(s0)
  ld a5, -2048(s0)
  keep_all
  sb t0, 16(s0)
  sh t0, 18(s0)
  sw t0, 20(s0)
  ld a1, 16(s0)
  sd zero, 24(s0)
  ld a2, 24(s0)
  ld zero, 0(s0)
  mv a3, zero
  .option pop
  keep_all
  /* compressed, by register and by stack pointer */
  mv a0, s0
  c.lw a1, 0(a0)
  c.lw a2, 4(a0)
  c.ld a3, 8(a0)
  c.sw a2, 64(a0)
  c.sd a3, 72(a0)
  c.ld a4, 64(a0)
  c.sw a1, 124(a0)
  c.sd a3, 248(a0)
  c.ld a5, 248(a0)
  keep_all
  c.lw a1, 124(a0)
  mv t2, sp
  mv sp, s0
  c.lwsp a2, 4(sp)
  c.ldsp a3, 8(sp)
  c.swsp a2, 252(sp)
  c.sdsp a3, 504(sp)
  c.lwsp a4, 252(sp)
  c.ldsp a5, 504(sp)
  mv sp, t2
  keep_all
  ret
