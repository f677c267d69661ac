/* SPDX-License-Identifier: MIT */
/* Registers as the entry paths save them. Both platforms build the same picture. */
#ifndef GUEST_KERNEL_KERNEL_TRAPFRAME_H
#define GUEST_KERNEL_KERNEL_TRAPFRAME_H

#include "types.h"

struct trapframe {
	u64 r15, r14, r13, r12, rbp, rbx;
	u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 vector;	/* of a trap; for a system call its number, and ~0 once it must not be restarted */
	u64 error;
	u64 rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct trapframe) == 22 * 8, "entry.S knows the layout");

#define TRAP_SYSCALL 0x10000	/* | number */

#define FLAG_TF 0x100ul
#define FLAG_IF 0x200ul
#define FLAG_DF 0x400ul
#define FLAGS_USER 0x40dd5ul	/* what a program may set: CF PF AF ZF SF TF DF OF AC */

static inline bool from_user(const struct trapframe *tf)
{
	return (tf->cs & 3) == 3;
}

#endif
