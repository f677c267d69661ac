/* SPDX-License-Identifier: MIT
 *
 * Run-state accounting. A state's time is added up when it is left; the guest
 * sees times[] and state_entry_time together and works out the rest.
 *
 * With VMASST_TYPE_runstate_update_flag the guest's copy carries a mark while
 * it is written, so that another vCPU of the guest can tell a torn copy.
 *
 * Locks: LOCK_SCHED of the vCPU's CPU.
 */
#include "core/runstate.h"
#include "arch/guest_access.h"
#include "core/domain.h"
#include "lib/panic.h"
#include "lib/string.h"

void runstate_change(struct vcpu *v, int state, s_time_t when)
{
	struct vcpu_runstate_info *r = &v->runstate;
	s_time_t delta = when - (s_time_t)r->state_entry_time;

	if (r->state == state)
		return;
	/* Another CPU's clock may have stamped the last change a little later. */
	if (delta > 0) {
		r->time[r->state] += (uint64_t)delta;
		r->state_entry_time = (uint64_t)when;
	}
	r->state = state;
}

void runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
	s_time_t delta;

	sched_runstate_snapshot(v, out);
	delta = now() - (s_time_t)out->state_entry_time;
	if (delta > 0)
		out->time[out->state] += (uint64_t)delta;
}

uint64_t vcpu_cpu_time(const struct vcpu *v)
{
	struct vcpu_runstate_info r;

	runstate_get((struct vcpu *)v, &r);
	return r.time[RUNSTATE_running];
}

uint64_t cpu_idle_time(unsigned int cpu)
{
	struct vcpu *v = dom_idle->vcpu[cpu];

	return v ? vcpu_cpu_time(v) : 0;
}

/*
 * Failure to write is the guest's own business: it gave us the address and may
 * unmap it when it likes. The next switch tries again.
 */
void runstate_update_guest(struct vcpu *v)
{
	struct vcpu_runstate_info *guest = v->runstate_guest, r;
	bool flagged = v->domain->vm_assist & (1UL << VMASST_TYPE_runstate_update_flag);

	ASSERT(v == current);
	if (!guest)
		return;
	if (!v->pv.kernel_mode) {
		v->runstate_stale = true;
		return;
	}
	v->runstate_stale = false;
	sched_runstate_snapshot(v, &r);
	if (flagged) {
		uint64_t marked = r.state_entry_time | XEN_RUNSTATE_UPDATE;

		if (copy_to_guest_va(&guest->state_entry_time, &marked, sizeof(marked)))
			return;
		r.state_entry_time = marked;
		__atomic_thread_fence(__ATOMIC_RELEASE);
	}
	if (copy_to_guest_va(guest, &r, sizeof(r)))
		return;
	if (flagged) {
		__atomic_thread_fence(__ATOMIC_RELEASE);
		r.state_entry_time &= ~XEN_RUNSTATE_UPDATE;
		if (copy_to_guest_va(&guest->state_entry_time, &r.state_entry_time,
				     sizeof(r.state_entry_time)))
			return;
	}
}
