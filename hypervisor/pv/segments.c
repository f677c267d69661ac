/* SPDX-License-Identifier: MIT
 *
 * Segment selectors and bases, the mode switch, debug registers.
 *
 * GS: the guest has two bases, kernel's and user's; the one in use is in
 * MSR_KERNEL_GS_BASE while we run, the other in gs_base_kernel or gs_base_user. A vCPU that is not on
 * a CPU has all of them in its structure.
 */
#include "arch/context.h"
#include "arch/features.h"
#include "hypercall_protos.h"
#include "lib/errno.h"
#include "mm/tlb.h"
#include "pv/internal.h"

int load_ds_safe(uint16_t sel);
int load_es_safe(uint16_t sel);
int load_fs_safe(uint16_t sel);

static uint16_t read_selector_ds(void) { uint16_t s; __asm__ volatile("movw %%ds, %0" : "=r"(s)); return s; }
static uint16_t read_selector_es(void) { uint16_t s; __asm__ volatile("movw %%es, %0" : "=r"(s)); return s; }
static uint16_t read_selector_fs(void) { uint16_t s; __asm__ volatile("movw %%fs, %0" : "=r"(s)); return s; }
static uint16_t read_selector_gs(void) { uint16_t s; __asm__ volatile("movw %%gs, %0" : "=r"(s)); return s; }

static unsigned long *gs_slot(struct vcpu *v)
{
	return v->pv.kernel_mode ? &v->pv.gs_base_kernel : &v->pv.gs_base_user;
}

void pv_save_segments(struct vcpu *v)
{
	v->pv.ds = read_selector_ds();
	v->pv.es = read_selector_es();
	v->pv.fs = read_selector_fs();
	v->pv.gs = read_selector_gs();
	v->pv.fs_base = rdfsbase_guest();
	*gs_slot(v) = rdgsbase_guest();
	if (v->pv.debugreg[7] & 0xff)
		__asm__ volatile("mov %0, %%db7" :: "r"(0x400UL));
}

/*
 * A selector that no longer loads (its descriptor was changed meanwhile) is
 * replaced by null. Xen calls the failsafe callback instead; a guest that depends on that is not
 * known, and what it reads here is what a null selector reads.
 */
void pv_load_segments(struct vcpu *v)
{
	if (unlikely(v->pv.ds | read_selector_ds()))
		load_ds_safe(v->pv.ds);
	if (unlikely(v->pv.es | read_selector_es()))
		load_es_safe(v->pv.es);
	if (unlikely(v->pv.fs | read_selector_fs()))
		load_fs_safe(v->pv.fs);
	if (unlikely(v->pv.gs | read_selector_gs()))
		load_gs_guest(v->pv.gs);
	wrfsbase_guest(v->pv.fs_base);
	wrgsbase_guest(*gs_slot(v));
	pv_load_debugregs(v);
}

/* Between the guest's kernel and its user: page tables and GS base. */
void pv_toggle_mode(struct vcpu *v)
{
	unsigned long *leave = gs_slot(v), *enter;

	v->pv.kernel_mode = !v->pv.kernel_mode;
	enter = gs_slot(v);
	*leave = exchange_gsbase_guest(*enter);
	tlb_write_cr3(mfn_to_maddr(v->pv.kernel_mode ? v->mm.guest_table : v->mm.guest_table_user).a);
	/* A switch happened while the guest kernel's memory was out of reach. */
	if (unlikely(v->runstate_stale) && v->pv.kernel_mode)
		runstate_update_guest(v);
}

long do_set_segment_base(unsigned long which, unsigned long base)
{
	struct vcpu *v = current;

	if (which != SEGBASE_GS_USER_SEL && !is_canonical(base))
		return -EINVAL;
	switch (which) {
	case SEGBASE_FS:
		wrfsbase_guest(base);
		return 0;
	case SEGBASE_GS_USER:
		v->pv.gs_base_user = base;
		return 0;
	case SEGBASE_GS_KERNEL:
		wrgsbase_guest(base);
		return 0;
	case SEGBASE_GS_USER_SEL: {
		/* The selector is loaded as the user's: its base goes to the user's slot. */
		unsigned long kernel_base = rdgsbase_guest();

		load_gs_guest((uint16_t)(base | 3));
		v->pv.gs_base_user = rdgsbase_guest();
		wrgsbase_guest(kernel_base);
		return 0;
	}
	default:
		return -EINVAL;
	}
}

long do_stack_switch(unsigned long ss, unsigned long sp)
{
	struct vcpu *v = current;

	v->pv.kernel_ss = (ss & 0xffff) | 3;
	v->pv.kernel_sp = sp;
	return 0;
}

long do_fpu_taskswitch(unsigned long set)
{
	struct vcpu *v = current;

	v->fpu.ts = set;
	if (set)
		stts();
	else
		clts();
	return 0;
}

/* ---- debug registers [SDM 3B 17.2] ---- */

/* DR7 bits that stay 0: no general detect, no watchpoint on our addresses. */
static int check_dr7(const struct vcpu *v, unsigned long value)
{
	if (value >> 32)
		return -EINVAL;
	for (unsigned int i = 0; i < 4; i++) {
		if (!((value >> (2 * i)) & 3))
			continue;
		if (((value >> (16 + 4 * i)) & 3) == 2)
			return -EINVAL; /* I/O breakpoints need CR4.DE with a guest that has it */
	}
	return 0;
}

int pv_set_debugreg(struct vcpu *v, unsigned int reg, unsigned long value)
{
	switch (reg) {
	case 0 ... 3:
		if (!pv_range_ok(value, 8))
			return -EPERM;
		v->pv.debugreg[reg] = value;
		break;
	case 6:
		v->pv.debugreg[6] = (value & 0xe00f) | 0xffff0ff0;
		break;
	case 7:
		if (check_dr7(v, value))
			return -EINVAL;
		v->pv.debugreg[7] = (value & ~0xfc00UL & 0xffffffff) | 0x400;
		break;
	default:
		return -EINVAL;
	}
	if (v == current)
		pv_load_debugregs(v);
	return 0;
}

void pv_load_debugregs(const struct vcpu *v)
{
	const unsigned long *r = v->pv.debugreg;

	if (likely(!(r[7] & 0xff)))
		return;
	__asm__ volatile("mov %0, %%db0; mov %1, %%db1; mov %2, %%db2; mov %3, %%db3; mov %4, %%db7"
			 :: "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3]), "r"(r[7]));
}

long do_set_debugreg(unsigned long reg, unsigned long value)
{
	struct vcpu *v = current;
	unsigned long old7 = v->pv.debugreg[7];
	int rc;

	if (reg == 4 || reg == 5)
		reg += 2;
	rc = pv_set_debugreg(v, (unsigned int)reg, value);
	if (!rc && (old7 & 0xff) && !(v->pv.debugreg[7] & 0xff))
		__asm__ volatile("mov %0, %%db7" :: "r"(0x400UL));
	return rc;
}

long do_get_debugreg(unsigned long reg)
{
	if (reg == 4 || reg == 5)
		reg += 2;
	if (reg > 7)
		return -EINVAL;
	return (long)current->pv.debugreg[reg];
}
