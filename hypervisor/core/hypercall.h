/* SPDX-License-Identifier: MIT
 *
 * Hypercall dispatch, continuations and multicall.
 *
 * A long operation stops at a point where its arguments describe what is left,
 * calls hypercall_continue() and returns what that returns; the guest's RIP is
 * moved back onto its SYSCALL (or the multicall entry is changed), so that
 * interrupts and other vCPUs get their turn and the guest comes back by itself.
 */
#ifndef HYPERVISOR_CORE_HYPERCALL_H
#define HYPERVISOR_CORE_HYPERCALL_H

#include "core/domain.h"

#define NR_HYPERCALLS 64

/* From the entry path, on the CPU's stack, interrupts on: current is in kernel mode and asked for regs->rax. */
void hypercall_dispatch(struct cpu_user_regs *regs);

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

/* True while the running hypercall has asked to be continued. */
bool hypercall_continued(void);

uint64_t vm_assist_mask(void);          /* VMASST_TYPE_* bits that a domain may have */

#include "hypercall_protos.h"

#endif
