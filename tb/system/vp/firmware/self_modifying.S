/* Runs code, rewrites it in another length, fence.i, runs it again; compares counted instructions. */
#include "test_firmware.inc"
_start:
  la a0, patch
  rdinstret s0
  call patch
  rdinstret s1
  mv s4, a1
  li t0, 0x05950595             /* twice c.addi a1, 5 */
  sw t0, 0(a0)
  fence.i
  rdinstret s2
  call patch
  rdinstret s3
  sub s1, s1, s0
  sub s3, s3, s2
  result 0, s1
  result 1, s3
  result 2, s4
  result 3, a1
  finish 0
.balign 4
patch:
  .option push
  .option norvc
  addi a1, zero, 100
  .option pop
  ret
