/* SPDX-License-Identifier: MIT
 *
 * Hypercall dispatch.
 *
 * A guest kernel executes SYSCALL with the number in rax and up to six arguments in rdi,
 * rsi, rdx, r10, r8, r9. The entry path (arch/entry.S) calls the function by number out
 * of hypercall_table. Only rax changes (and rcx and r11, which SYSCALL itself destroys): a guest
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

static long hypercall_enosys(void)
{
	return -ENOSYS;
}

/* TOUR 2.3: one line of the list of hypercalls is one entry of the table. */
/* The numbers in between, too, have an entry: it is replaced where the list has a line. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#define HC_ENTRY(f) (void (*)(void))(f)
#define HC_ENTRY_implemented(name) HC_ENTRY(do_##name)
#define HC_ENTRY_refused(name) HC_ENTRY(do_##name)
#define HC_ENTRY_planned(name) HC_ENTRY(do_##name)
#define HC_ENTRY_enosys(name) HC_ENTRY(hypercall_enosys)
#define X(nr, name, status, nargs, ...) [nr] = HC_ENTRY_##status(name),
void (*const hypercall_table[NR_HYPERCALLS])(void) = {
	[0 ... NR_HYPERCALLS - 1] = HC_ENTRY(hypercall_enosys),
#include <pv-abi/hypercalls.def>
};
#pragma GCC diagnostic pop

void hypercall_failed(struct cpu_user_regs *regs, long rc)
{
	struct vcpu *v = current;

	/* What iret returns is the RAX of whoever it returns to. */
	if (regs->rax != __HYPERVISOR_iret) {
		trace(TRACE_HYPERCALL_RET, (unsigned int)regs->rax, regs->rip, (uint64_t)rc,
		      regs->rdi, regs->rsi);
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
