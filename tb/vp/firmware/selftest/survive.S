/* uint64_t selftest_survive(const atomic_uint* flag, uint64_t rounds)
 * Fills the registers with patterns, waits for *flag to become non-zero, `rounds` looks at most,
 * and returns how many registers an interrupt meanwhile has changed. */

    .macro for_each_pattern operation
    .irp n, 1, 6, 7, 8, 9, 12, 13, 14, 15
    \operation x\n, \n * 0x0102030405060708 / 8
    .endr
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \operation x\n, \n * 0x0102030405060708 / 8
    .endr
    .endm

    .macro set register, pattern
    li \register, \pattern
    .endm

    .macro compare register, pattern
    li t0, \pattern
    beq \register, t0, 3f
    addi a0, a0, 1
3:
    .endm

    .macro for_each_saved operation
    \operation ra, 0(sp)
    .set offset, 8
    .irp register, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
    \operation \register, offset(sp)
    .set offset, offset + 8
    .endr
    .endm

    .section .text.selftest_survive, "ax"
    .globl selftest_survive
    .type selftest_survive, @function
selftest_survive:
    addi sp, sp, -112
    for_each_saved sd
    for_each_pattern set
1:  lw t0, 0(a0)
    bnez t0, 2f
    addi a1, a1, -1
    bnez a1, 1b
2:  li a0, 0
    for_each_pattern compare
    for_each_saved ld
    addi sp, sp, 112
    ret
    .size selftest_survive, . - selftest_survive
