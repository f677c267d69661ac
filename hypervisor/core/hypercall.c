/* SPDX-License-Identifier: MIT
 *
 * Hypercall dispatch.
 *
 * A guest kernel executes SYSCALL with the number in rax and up to six arguments in rdi,
 * rsi, rdx, r10, r8, r9. The entry path has put its registers into current->regs. Only
 * rax changes (and rcx and r11, which SYSCALL itself destroys): a guest
 * may rely on all others, and Linux does.
 *
 * A continued call leaves rax with its number and RIP on the two bytes of the
 * SYSCALL again, so the guest simply makes the call once more, with
 * arguments that say what is left.
 *
 * Next: core/multicall.c.
 */
#include "core/hypercall.h"
#include "arch/context.h"
#include "core/trace.h"
#include "lib/errno.h"
#include "lib/string.h"

#define SYSCALL_BYTES 2

/* One case for each line of the list. */
#define HC_ARGS_0(a)
#define HC_ARGS_1(a) (a)[0]
#define HC_ARGS_2(a) (a)[0], (a)[1]
#define HC_ARGS_3(a) (a)[0], (a)[1], (a)[2]
#define HC_ARGS_4(a) (a)[0], (a)[1], (a)[2], (a)[3]
#define HC_ARGS_5(a) (a)[0], (a)[1], (a)[2], (a)[3], (a)[4]
#define HC_ARGS_6(a) (a)[0], (a)[1], (a)[2], (a)[3], (a)[4], (a)[5]

#define HC_CASE_implemented(nr, name, n) case nr: return do_##name(HC_ARGS_##n(a));
#define HC_CASE_refused(nr, name, n) HC_CASE_implemented(nr, name, n)
#define HC_CASE_planned(nr, name, n) HC_CASE_implemented(nr, name, n)
#define HC_CASE_enosys(nr, name, n) case nr: return -ENOSYS;

/* TOUR 2.3: the number finds its function; one line of the list is one case. */
long hypercall_call(unsigned long op, const unsigned long *a)
{
	switch (op) {
#define X(nr, name, status, n, ...) HC_CASE_##status(nr, name, n)
#include <pv-abi/hypercalls.def>
	default:
		return -ENOSYS;
	}
}

/* TOUR 2.2: from here a hypercall is an ordinary function call. */
void hypercall_dispatch(struct cpu_user_regs *regs)
{
	struct multicall_state *state = &this_cpu()->multicall;
	const unsigned long a[6] = { regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9 };
	unsigned long op = regs->rax;
	struct vcpu *v = current;
	long rc;

	state->preempted = false;
	v->stats.hypercalls++;
	trace(TRACE_HYPERCALL, (unsigned int)op, regs->rip, a[0], a[1], a[2]);
	rc = hypercall_call(op, a);
	if (state->preempted)
		return;
	/* TOUR 2.6: the result goes back in rax, and the way out looks for events. */
	if (unlikely(rc < 0 && rc > -4096)) {
		trace(TRACE_HYPERCALL_RET, (unsigned int)op, regs->rip, (uint64_t)rc, a[0], a[1]);
		/* The reason on record is this failure's, or none. */
		if (!v->error.fresh) {
			v->error.text[0] = 0;
			v->error.when = now();
		}
		v->error.fresh = false;
	}
	regs->rax = (uint64_t)rc;
}

bool hypercall_preempt_check(void)
{
	return softirq_pending() || vcpu_event_pending(current->vcpu_info);
}

bool hypercall_continued(void)
{
	return this_cpu()->multicall.preempted;
}

long hypercall_continue(unsigned int op, unsigned int nargs, ...)
{
	struct multicall_state *state = &this_cpu()->multicall;
	struct cpu_user_regs *regs = &current->regs;
	va_list ap;

	state->preempted = true;
	va_start(ap, nargs);
	if (state->active) {
		struct multicall_entry *e = state->entry;

		e->op = op;
		for (unsigned int i = 0; i < nargs; i++)
			e->args[i] = va_arg(ap, unsigned long);
	} else {
		uint64_t *const arg[6] = { &regs->rdi, &regs->rsi, &regs->rdx, &regs->r10, &regs->r8,
					   &regs->r9 };

		regs->rax = op;
		regs->rip -= SYSCALL_BYTES;
		for (unsigned int i = 0; i < nargs; i++)
			*arg[i] = va_arg(ap, unsigned long);
	}
	va_end(ap);
	return (long)op;
}

/* Before the first guest runs, reasons go to the log: the builder of boot domains has nobody else to tell. */
long hypercall_error(long err, const char *fmt, ...)
{
	const struct multicall_state *state = &this_cpu()->multicall;
	struct vcpu *v = current;
	char text[sizeof(v->error.text)];
	va_list ap;

	va_start(ap, fmt);
	if (!v || is_idle_vcpu(v)) {
		vsnprintf(text, sizeof(text), fmt, ap);
		printk(LOG_ERR "error %ld: %s\n", -err, text);
	} else {
		vsnprintf(v->error.text, sizeof(v->error.text), fmt, ap);
		v->error.err = (int32_t)err;
		v->error.op = (uint32_t)(state->active ?
					 ((struct multicall_entry *)state->entry)->op : v->regs.rax);
		v->error.when = now();
		v->error.fresh = true;
	}
	va_end(ap);
	return err;
}
