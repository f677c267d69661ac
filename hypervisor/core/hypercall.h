/* SPDX-License-Identifier: MIT
 *
 * Hypercall dispatch, continuations and multicall.
 *
 * A long operation stops at a point where its arguments describe what is left,
 * calls hypercall_continue() and returns what that returns, which goes to RAX as any result does; the guest's RIP is
 * moved back onto its SYSCALL (or the multicall entry is changed), so that
 * interrupts and other vCPUs get their turn and the guest comes back by itself.
 */
#ifndef HYPERVISOR_CORE_HYPERCALL_H
#define HYPERVISOR_CORE_HYPERCALL_H

#include "core/domain.h"

#define NR_HYPERCALLS 64       /* a power of two */

/* The functions by number, for arch/entry.S: each takes as many unsigned longs as its line in hypercalls.def says. */
extern void (*const hypercall_table[NR_HYPERCALLS])(void);

/* From the entry path: the call that regs describes returned the error rc. */
void hypercall_failed(struct cpu_user_regs *regs, long rc);

/* Every argument an unsigned long. */
long hypercall_continue(unsigned int op, unsigned int nargs, ...);

/* Make the call numbered op with six arguments: for dispatch and multicall. */
long hypercall_call(unsigned long op, const unsigned long *args);

/*
 * Why the last hypercall of this vCPU failed: the place that detects an error
 * says which field, which value and what is allowed. Kept per vCPU, read by
 * pvctl. Returns err, so that `return hypercall_error(-EINVAL, "…")` reads well.
 */
long hypercall_error(long err, const char *fmt, ...) __printf(2, 3);

uint64_t vm_assist_mask(void);          /* VMASST_TYPE_* bits that a domain may have */

#include "hypercall_protos.h"

#endif
