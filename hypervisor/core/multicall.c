/* SPDX-License-Identifier: MIT
 *
 * Multicall: several hypercalls for the price of one entry. Each gets its own
 * result, whatever the others' are.
 *
 * Preemption between two calls continues with the rest of the list. A call
 * that is itself continued has its entry in the guest's list rewritten to what is
 * left, and the list is continued at that entry.
 */
#include "arch/context.h"
#include "arch/guest_access.h"
#include "arch/x86.h"
#include "core/hypercall.h"
#include "core/trace.h"
#include "lib/errno.h"

typedef XEN_GUEST_HANDLE(multicall_entry_t) calls_t;

enum step { STEP_NEXT, STEP_AGAIN, STEP_LEFT_KERNEL, STEP_FAULT };

/* state->active is set. */
static enum step run_one(struct multicall_state *state, calls_t list)
{
	struct vcpu *v = current;
	struct multicall_entry e;
	long rc;

	if (copy_from_guest(&e, list, 1))
		return STEP_FAULT;
	state->entry = &e;
	state->preempted = false;
	local_irq_disable();
	trace_here(this_cpu(), TRACE_HYPERCALL, (unsigned int)e.op, v->regs.rip, e.args[0], e.args[1], e.args[2]);
	local_irq_enable();
	rc = hypercall_call(e.op, e.args);
	state->entry = NULL;
	if (state->preempted) {
		state->preempted = false;
		return copy_to_guest(list, &e, 1) ? STEP_FAULT : STEP_AGAIN;
	}
	if (unlikely(rc < 0 && rc > -4096))
		trace(TRACE_HYPERCALL_RET, (unsigned int)e.op, v->regs.rip, (uint64_t)rc, e.args[0],
		      e.args[1]);
	/* iret has put its own registers in place: nothing may be run on the caller's behalf any more. */
	if (e.op == __HYPERVISOR_iret) {
		v->regs.rax = (uint64_t)rc;
		return STEP_LEFT_KERNEL;
	}
	e.result = (xen_ulong_t)rc;
	return copy_field_to_guest(list, &e, result) ? STEP_FAULT : STEP_NEXT;
}

long do_multicall(unsigned long a1, unsigned long a2)
{
	struct multicall_state *state = &this_cpu()->multicall;
	calls_t list = { (multicall_entry_t *)a1 };
	unsigned int nr = (unsigned int)a2, i;
	enum step step = STEP_NEXT;

	if (state->active)
		return hypercall_error(-EINVAL, "a multicall inside a multicall");
	if (!guest_range_ok(list.p, (unsigned long)nr * sizeof(*list.p)))
		return hypercall_error(-EFAULT, "multicall: list of %u is not in guest memory", nr);

	state->active = true;
	for (i = 0; i < nr && step == STEP_NEXT; i++) {
		if (i && hypercall_preempt_check()) {
			step = STEP_AGAIN;
			break;
		}
		step = run_one(state, list);
		if (step == STEP_NEXT)
			guest_handle_add_offset(list, 1);
		else if (step == STEP_AGAIN)
			break;
	}
	state->active = false;

	switch (step) {
	case STEP_AGAIN:
		return hypercall_continue(__HYPERVISOR_multicall, 2, (unsigned long)list.p,
					  (unsigned long)(nr - i));
	case STEP_LEFT_KERNEL:
		return (long)current->regs.rax;
	case STEP_FAULT:
		return hypercall_error(-EFAULT, "multicall: entry %u is not accessible", i - 1);
	default:
		return 0;
	}
}
