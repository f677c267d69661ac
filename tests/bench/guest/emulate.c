/* SPDX-License-Identifier: MIT
 *
 * Privileged instructions of the guest kernel that the hypervisor carries out for it, and a write to a page
 * table that is mapped read-only.
 */
#include "bench.h"

static unsigned long hits_before, turn;

static long cr0_run(void)
{
	unsigned long v;

	__asm__ volatile("mov %%cr0, %0" : "=r"(v));
	return (long)v;
}

static const char *cr0_after(long v)
{
	return ((unsigned long)v & 0x80000001) == 0x80000001 ? NULL : wrong("CR0 is %#lx", (unsigned long)v);
}

static long cr4_run(void)
{
	unsigned long v;

	__asm__ volatile("mov %%cr4, %0" : "=r"(v));
	return (long)v;
}

static const char *cr4_after(long v)
{
	return v & 0x20 ? NULL : wrong("CR4 is %#lx", (unsigned long)v);        /* PAE */
}

static long cr3_read_run(void)
{
	unsigned long v;

	__asm__ volatile("mov %%cr3, %0" : "=r"(v));
	return (long)v;
}

static const char *cr3_after(long v)
{
	return xen_cr3_to_pfn((unsigned long)v) == virt_to_mfn((void *)si->pt_base) ? NULL :
	       wrong("CR3 is %#lx", (unsigned long)v);
}

static unsigned long own_cr3;

static long cr3_write_run(void)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(own_cr3) : "memory");
	return 0;
}

static const char *cr3_write_setup(void)
{
	own_cr3 = xen_pfn_to_cr3(virt_to_mfn((void *)si->pt_base));
	return NULL;
}

static const char *cr3_write_after(long rc)
{
	return cr3_after(cr3_read_run());
}

static const char *clts_after(long rc)
{
	return cr0_run() & 8 ? "CR0.TS is still set" : NULL;
}

static void clts_before(void) { HYPERVISOR_fpu_taskswitch(1); }

static long clts_run(void)
{
	__asm__ volatile("clts");
	return 0;
}

/* ---- MSRs ---- */

#define MSR_EFER 0xc0000080U
#define MSR_FS_BASE 0xc0000100U

static long efer_run(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(MSR_EFER));
	return lo;
}

static const char *efer_after(long v)
{
	return (v & 0x501) == 0x501 ? NULL : wrong("EFER is %#lx", (unsigned long)v);
}

static void next_base(void) { turn = (turn + 1) % 64; }

static long wrmsr_run(void)
{
	__asm__ volatile("wrmsr" : : "a"((uint32_t)(0x20000000 + turn * 64)), "d"(0), "c"(MSR_FS_BASE));
	return 0;
}

static const char *wrmsr_after(long rc)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(MSR_FS_BASE));
	return lo == 0x20000000 + turn * 64 && !hi ? NULL : wrong("FS base is %#x%08x", hi, lo);
}

/* ---- ports: the unused post code port answers all ones ---- */

static const char *iopl(unsigned int level)
{
	struct physdev_set_iopl s = { .iopl = level };
	long rc = HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &s);

	return rc ? wrong("set_iopl returned %ld", rc) : NULL;
}

static const char *iopl_setup(void) { return iopl(1); }
static const char *iopl_teardown(void) { return iopl(0); }

static long in_run(void)
{
	long v = 0x5a;

	__asm__ volatile("inb $0x80, %%al" : "+a"(v));
	return v;
}

static const char *in_after(long v)
{
	return v != 0x5a ? NULL : "the port's value did not arrive";
}

static long out_run(void)
{
	__asm__ volatile("outb %%al, $0x80" : : "a"(0));
	return 0;
}

/* ---- CPUID by the forced prefix ---- */

static long cpuid_run(void)
{
	uint32_t a = 0x40000000, b, c = 0, d;

	__asm__ volatile("ud2; .ascii \"xen\"; cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return (long)((uint64_t)c << 32 | b);
}

static const char *cpuid_after(long v)
{
	return !memcmp(&v, "XenVMMXe", 4) ? NULL : wrong("CPUID says %#lx", (unsigned long)v);
}

/* ---- writable page tables ---- */

static volatile uint64_t *const table = (volatile uint64_t *)tables[0];
static uint64_t entry;

static const char *ptwr_setup(void)
{
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = virt_to_mfn(tables[0]) };
	long rc;

	HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
	if (!make_readonly(tables[0]))
		return "the table could not be made read-only";
	rc = HYPERVISOR_mmuext_op(&pin, 1, NULL, DOMID_SELF);
	return rc ? wrong("pin returned %ld", rc) : NULL;
}

static void ptwr_before(void)
{
	turn = (turn + 1) % 64;
	entry = PTE_RW_TO(pool[turn]);
	hits_before = hits_fault;
}

static long ptwr_run(void)
{
	table[7] = entry;
	return 0;
}

static const char *ptwr_after(long rc)
{
	return PTE_MFN(table[7]) == PTE_MFN(entry) ? NULL : wrong("the entry is %#lx, %#lx was written", table[7], entry);
}

static const char *ptwr_teardown(void)
{
	struct mmuext_op unpin = { .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = virt_to_mfn(tables[0]) };
	long rc = HYPERVISOR_mmuext_op(&unpin, 1, NULL, DOMID_SELF);

	HYPERVISOR_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables);
	if (rc || !make_writable(tables[0]))
		return wrong("the table was not released: unpin %ld", rc);
	memset(tables[0], 0, PAGE_SIZE);
	return NULL;
}

const struct op emulate_ops[] = {
	{ .name = "emulate-cr0-read", .run = cr0_run, .after = cr0_after },
	{ .name = "emulate-cr3-read", .run = cr3_read_run, .after = cr3_after },
	{ .name = "emulate-cr3-write", .setup = cr3_write_setup, .run = cr3_write_run, .after = cr3_write_after },
	{ .name = "emulate-cr4-read", .run = cr4_run, .after = cr4_after },
	{ .name = "emulate-clts", .before = clts_before, .run = clts_run, .after = clts_after },
	{ .name = "emulate-rdmsr", .run = efer_run, .after = efer_after },
	{ .name = "emulate-wrmsr", .before = next_base, .run = wrmsr_run, .after = wrmsr_after },
	{ .name = "emulate-in", .setup = iopl_setup, .run = in_run, .after = in_after, .teardown = iopl_teardown },
	{ .name = "emulate-out", .setup = iopl_setup, .run = out_run, .teardown = iopl_teardown },
	{ .name = "emulate-cpuid", .run = cpuid_run, .after = cpuid_after },
	{ .name = "emulate-pte-write", .setup = ptwr_setup, .before = ptwr_before, .run = ptwr_run, .after = ptwr_after,
	  .teardown = ptwr_teardown },
	{ 0 }
};
