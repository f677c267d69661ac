/* SPDX-License-Identifier: MIT
 *
 * What a guest tells us about its entry points: trap table, callbacks, GDT.
 * All of it is the current vCPU's own, so there is no lock.
 */
#include <pv-abi/callback.h>
#include "core/hypercall.h"
#include "hypercall_protos.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "pv/internal.h"

#define TRAPS_PER_STEP 32

/* A table of entries that ends with address 0; NULL clears the whole table. */
long do_set_trap_table(unsigned long arg)
{
	const struct trap_info *table = (const struct trap_info *)arg;
	struct vcpu *v = current;
	struct trap_info ti;

	if (!table) {
		memset(v->pv.trap, 0, sizeof(v->pv.trap));
		return 0;
	}
	for (unsigned int i = 0;; i++) {
		if (i == TRAPS_PER_STEP && hypercall_preempt_check())
			return hypercall_continue(__HYPERVISOR_set_trap_table, 1, (unsigned long)(table + i));
		if (i >= 257)
			return hypercall_error(-EINVAL, "trap table: no entry with address 0 among the first 257");
		if (copy_from_guest_va(&ti, table + i, sizeof(ti)))
			return -EFAULT;
		if (!ti.address)
			return 0;
		if (!is_canonical(ti.address))
			return hypercall_error(-EINVAL, "trap %u: address %#lx is not canonical", ti.vector,
					       ti.address);
		ti.cs |= 3;
		v->pv.trap[ti.vector] = ti;
		if (ti.vector == 0x80)
			v->pv.trap[0x80].cs = ti.cs;
	}
}

static long callback_register(const struct callback_register *r)
{
	struct vcpu_pv *p = &current->pv;
	bool mask = r->flags & CALLBACKF_mask_events;

	if (!is_canonical(r->address))
		return hypercall_error(-EINVAL, "callback address %#lx is not canonical", r->address);
	switch (r->type) {
	case CALLBACKTYPE_event:
		p->event_cs_eip = r->address;
		return 0;
	case CALLBACKTYPE_failsafe:
		p->failsafe_eip = r->address;
		p->failsafe_disables_events = mask;
		return 0;
	case CALLBACKTYPE_syscall:
		p->syscall_eip = r->address;
		p->syscall_disables_events = mask;
		return 0;
	case CALLBACKTYPE_syscall32:
		p->syscall32_eip = r->address;
		p->syscall32_disables_events = mask;
		return 0;
	case CALLBACKTYPE_sysenter:
		p->sysenter_eip = r->address;
		p->sysenter_disables_events = mask;
		return 0;
	case CALLBACKTYPE_nmi:
		if (current->vcpu_id)
			return -EINVAL;
		p->trap[TRAP_NMI].address = r->address;
		p->trap[TRAP_NMI].cs = SEL_RING3_CS64;
		return 0;
	default:
		return -ENOSYS;
	}
}

static long callback_unregister(unsigned int type)
{
	struct vcpu_pv *p = &current->pv;

	switch (type) {
	case CALLBACKTYPE_event:
	case CALLBACKTYPE_failsafe:
	case CALLBACKTYPE_syscall:
	case CALLBACKTYPE_syscall32:
	case CALLBACKTYPE_sysenter:
		return -EINVAL;
	case CALLBACKTYPE_nmi:
		p->trap[TRAP_NMI].address = 0;
		return 0;
	default:
		return -ENOSYS;
	}
}

long do_callback_op(unsigned long cmd, unsigned long arg)
{
	struct callback_register r;
	struct callback_unregister u;

	switch ((int)cmd) {
	case CALLBACKOP_register:
		if (copy_from_guest_va(&r, (const void *)arg, sizeof(r)))
			return -EFAULT;
		return callback_register(&r);
	case CALLBACKOP_unregister:
		if (copy_from_guest_va(&u, (const void *)arg, sizeof(u)))
			return -EFAULT;
		return callback_unregister(u.type);
	default:
		return -ENOSYS;
	}
}

long do_set_callbacks(unsigned long event, unsigned long failsafe, unsigned long syscall)
{
	struct callback_register r = { .type = CALLBACKTYPE_event, .address = event };
	long rc = callback_register(&r);

	if (failsafe && !rc) {
		r.type = CALLBACKTYPE_failsafe;
		r.address = failsafe;
		rc = callback_register(&r);
	}
	if (syscall && !rc) {
		r.type = CALLBACKTYPE_syscall;
		r.address = syscall;
		rc = callback_register(&r);
	}
	return rc;
}

long do_set_gdt(unsigned long frame_list, unsigned long entries)
{
	unsigned long frames[16];
	unsigned int n;

	entries = (unsigned int)entries;
	if (entries > FIRST_RESERVED_GDT_ENTRY)
		return hypercall_error(-EINVAL, "GDT of %lu entries: at most %d", entries,
				       FIRST_RESERVED_GDT_ENTRY);
	n = DIV_ROUND_UP((unsigned int)entries, 512U);
	if (copy_from_guest_va(frames, (const void *)frame_list, n * sizeof(frames[0])))
		return -EFAULT;
	return mm_set_gdt(current, frames, (unsigned int)entries);
}
