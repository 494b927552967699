# A program for a 32-bit CPU.
.globl _start
_start:
  j _start
