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

long hypercall_continue(unsigned int op, unsigned int nargs, ...);

/*
 * Why the last hypercall of this vCPU failed: the place that detects an error
 * says which field, which value and what is allowed. Kept per vCPU, read by
 * pvctl. Returns err, so that `return hypercall_error(-EINVAL, "…")` reads well.
 */
long hypercall_error(long err, const char *fmt, ...) __printf(2, 3);

/* True while the running hypercall has asked to be continued. */
bool hypercall_continued(void);

/*
 * One prototype for each line of the list that is not -ENOSYS for good: long, with as
 * many unsigned longs as the list gives arguments.
 */
#define HC_PARAMS_0 void
#define HC_PARAMS_1 unsigned long a1
#define HC_PARAMS_2 HC_PARAMS_1, unsigned long a2
#define HC_PARAMS_3 HC_PARAMS_2, unsigned long a3
#define HC_PARAMS_4 HC_PARAMS_3, unsigned long a4
#define HC_PARAMS_5 HC_PARAMS_4, unsigned long a5
#define HC_PROTO_implemented(name, n) long do_##name(HC_PARAMS_##n);
#define HC_PROTO_refused(name, n) long do_##name(HC_PARAMS_##n);
#define HC_PROTO_planned(name, n) long do_##name(HC_PARAMS_##n);
#define HC_PROTO_enosys(name, n)
#define X(nr, name, status, nargs, ...) HC_PROTO_##status(name, nargs)
#include <pv-abi/hypercalls.def>

#endif
