/* Begins with an instruction of zeros. */
.globl _start
_start:
  .zero 64
