/* Entry of the firmware and of its traps. Hart 0, machine mode. */

    .section .init, "ax"
    .globl _start
    .type _start, @function
_start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, __stack
    la tp, __tls_base
    la t0, trap_entry
    csrw mtvec, t0
    csrw mie, zero

    /* Zero-initialised data; the linker script aligns both ends to 8 bytes. */
    la t0, __bss_start
    la t1, __bss_end
1:  bgeu t0, t1, 2f
    sd zero, 0(t0)
    addi t0, t0, 8
    j 1b
2:
    call main
    tail board_exit
    .size _start, . - _start

/* Saves every register as a board_trap_frame on the interrupted stack. */
    .set FRAME_BYTES, 34 * 8
    .set FRAME_MEPC, 32 * 8

    .macro for_each_register operation
    .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    \operation x\n, \n * 8(sp)
    .endr
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \operation x\n, \n * 8(sp)
    .endr
    .endm

    .section .text.trap_entry, "ax"
    .balign 4
    .globl trap_entry
    .type trap_entry, @function
trap_entry:
    addi sp, sp, -FRAME_BYTES
    for_each_register sd
    addi t0, sp, FRAME_BYTES
    sd t0, 2 * 8(sp)
    csrr t0, mepc
    sd t0, FRAME_MEPC(sp)
    mv a0, sp
    call board_trap
    ld t0, FRAME_MEPC(sp)
    csrw mepc, t0
    for_each_register ld
    addi sp, sp, FRAME_BYTES
    mret
    .size trap_entry, . - trap_entry
