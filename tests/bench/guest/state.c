/* SPDX-License-Identifier: MIT
 *
 * Calls that set a part of the vCPU's state, and the multicall with which Linux switches from one
 * process to another.
 */
#include "bench.h"

#define MSR_FS_BASE 0xc0000100

static unsigned long turn;

static unsigned long rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (unsigned long)hi << 32 | lo;
}

static void next_turn(void)
{
	turn = (turn + 1) % 64;
}

/* ---- segment base ---- */

static unsigned long wanted_base(void) { return 0x10000000 + turn * 4096; }
static long base_run(void) { return HYPERVISOR_set_segment_base(SEGBASE_FS, 0x10000000 + turn * 4096); }

static const char *base_after(long rc)
{
	unsigned long base = rdmsr(MSR_FS_BASE);

	if (rc)
		return rc_is_zero(rc);
	return base == wanted_base() ? NULL : wrong("FS base is %#lx, %#lx was set", base, wanted_base());
}

/* ---- descriptors: a GDT of one page of our own ---- */

static uint64_t gdt[512] __attribute__((aligned(4096)));
#define TLS_SLOT 12

static uint64_t tls_descriptor(void)
{
	return 0x00cff3000000ffffUL | turn << 16;       /* a flat data segment of ring 3, base from turn */
}

static const char *gdt_setup(void)
{
	xen_ulong_t frame = virt_to_mfn(gdt);
	long rc;

	if (!make_readonly(gdt))
		return "the GDT's page could not be made read-only";
	rc = HYPERVISOR_set_gdt(&frame, 512);
	return rc ? wrong("set_gdt returned %ld", rc) : NULL;
}

static const char *gdt_teardown(void)
{
	long rc = HYPERVISOR_set_gdt(NULL, 0);

	return rc || !make_writable(gdt) ? wrong("the GDT was not released: set_gdt %ld", rc) : NULL;
}

static long descriptor_run(void)
{
	return HYPERVISOR_update_descriptor(virt_to_maddr(&gdt[TLS_SLOT]), tls_descriptor());
}

static const char *descriptor_shows(void)
{
	uint64_t got = ((volatile uint64_t *)gdt)[TLS_SLOT], accessed = 1UL << 40;

	return (got | accessed) == (tls_descriptor() | accessed) ? NULL :
	       wrong("the descriptor is %#lx, %#lx was set", got, tls_descriptor());
}

static const char *descriptor_after(long rc)
{
	return rc ? rc_is_zero(rc) : descriptor_shows();
}

/* ---- kernel stack; that it is used shows in user-syscall, which would not come back otherwise ---- */

static char stack[2][4096] __attribute__((aligned(16)));

static long stack_run(void)
{
	return HYPERVISOR_stack_switch(FLAT_KERNEL_SS, (unsigned long)stack[turn & 1] + sizeof(stack[0]));
}

/* ---- TS ---- */

static long ts_run(void) { return HYPERVISOR_fpu_taskswitch(1); }

static unsigned long read_cr0(void)
{
	unsigned long v;

	__asm__ volatile("mov %%cr0, %0" : "=r"(v));
	return v;
}

static const char *ts_after(long rc)
{
	bool set = read_cr0() & 8;

	if (HYPERVISOR_fpu_taskswitch(0))
		return "TS could not be cleared";
	return rc ? rc_is_zero(rc) : set ? NULL : "CR0.TS is not set";
}

/* ---- a context switch as Linux makes it ---- */

static struct multicall_entry calls[6];
static struct mmuext_op base[2];
static unsigned long spaces[2];

static const char *switch_teardown(void)
{
	struct mmuext_op home[4] = {
		{ .cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = virt_to_mfn((void *)si->pt_base) },
		{ .cmd = MMUEXT_NEW_USER_BASEPTR, .arg1.mfn = 0 },
		{ .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = spaces[0] },
		{ .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = spaces[1] },
	};
	long rc = HYPERVISOR_mmuext_op(home, 4, NULL, DOMID_SELF);

	HYPERVISOR_fpu_taskswitch(0);
	return rc ? wrong("going back to the first address space returned %ld", rc) : gdt_teardown();
}

static const char *switch_setup(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t *l4 = space_l4(i);
		struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE };

		if (!l4)
			return "there is no second address space";
		pin.arg1.mfn = spaces[i] = virt_to_mfn(l4);
		if (HYPERVISOR_mmuext_op(&pin, 1, NULL, DOMID_SELF))
			return "an address space could not be pinned";
	}
	return gdt_setup();
}

static void switch_before(void)
{
	unsigned long mfn = spaces[turn & 1];

	next_turn();
	mfn = spaces[turn & 1];
	base[0] = (struct mmuext_op){ .cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = mfn };
	base[1] = (struct mmuext_op){ .cmd = MMUEXT_NEW_USER_BASEPTR, .arg1.mfn = mfn };
	calls[0] = (struct multicall_entry){ .op = __HYPERVISOR_fpu_taskswitch, .result = 77, .args = { 1 } };
	calls[1] = (struct multicall_entry){ .op = __HYPERVISOR_stack_switch, .result = 77,
					     .args = { FLAT_KERNEL_SS, (unsigned long)stack[turn & 1] + sizeof(stack[0]) } };
	calls[2] = (struct multicall_entry){ .op = __HYPERVISOR_update_descriptor, .result = 77,
					     .args = { virt_to_maddr(&gdt[TLS_SLOT]), tls_descriptor() } };
	calls[3] = (struct multicall_entry){ .op = __HYPERVISOR_set_segment_base, .result = 77,
					     .args = { SEGBASE_FS, wanted_base() } };
	calls[4] = (struct multicall_entry){ .op = __HYPERVISOR_mmuext_op, .result = 77,
					     .args = { (unsigned long)base, 2, 0, DOMID_SELF } };
}

static long switch_run(void)
{
	return HYPERVISOR_multicall(calls, 5);
}

static const char *switch_after(long rc)
{
	unsigned long cr3;

	if (rc)
		return rc_is_zero(rc);
	for (unsigned int i = 0; i < 5; i++)
		if (calls[i].result)
			return wrong("call %u returned %ld", i, (long)calls[i].result);
	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	if (xen_cr3_to_pfn(cr3) != spaces[turn & 1])
		return wrong("CR3 is %#lx", cr3);
	if (!(read_cr0() & 8))
		return "CR0.TS is not set";
	return rdmsr(MSR_FS_BASE) == wanted_base() ? descriptor_shows() : "FS base was not set";
}

const struct op state_ops[] = {
	{ .name = "set-segment-base", .before = next_turn, .run = base_run, .after = base_after },
	{ .name = "update-descriptor", .setup = gdt_setup, .before = next_turn, .run = descriptor_run,
	  .after = descriptor_after, .teardown = gdt_teardown },
	{ .name = "stack-switch", .before = next_turn, .run = stack_run, .after = rc_is_zero },
	{ .name = "fpu-taskswitch", .run = ts_run, .after = ts_after },
	{ .name = "context-switch-multicall", .units = 5, .setup = switch_setup, .before = switch_before, .run = switch_run,
	  .after = switch_after, .teardown = switch_teardown },
	{ 0 }
};
