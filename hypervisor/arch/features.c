/* SPDX-License-Identifier: MIT
 *
 * CPU features: found once, switched on in CR4 of every CPU.
 */
#include "arch/features.h"
#include "arch/cpu.h"
#include "arch/x86.h"
#include "boot/boot.h"
#include "lib/string.h"

struct cpu_features cpu_features;

/*
 * QEMU before 10 reads the stack of IRETQ at CPL 3 as a supervisor access.
 * With SMAP on, that faults in every PV kernel. The machine is recognized by TCG's hypervisor
 * leaf, and by its old 7.x..9.x model strings not being told apart: so SMAP stays off under TCG unless `smap` is given.
 */
static bool smap_is_sound(void)
{
	struct cpuid_regs r = cpuid(0x40000000);
	char sig[13] = { 0 };

	if (!(cpuid(1).c & (1U << 31)))
		return true;
	memcpy(sig, &r.b, 4);
	memcpy(sig + 4, &r.c, 4);
	memcpy(sig + 8, &r.d, 4);
	return strcmp(sig, "TCGTCGTCGTCG") != 0;
}

extern const struct smap_site { uint8_t *insn; uint64_t byte; } smap_sites_start[], smap_sites_end[];

/* STAC or CLAC for the NOPs that arch/guest_access.h left. Nothing else ever writes the hypervisor's text. */
static void __init smap_patch_sites(void)
{
	unsigned long cr0 = read_cr0();

	write_cr0(cr0 & ~(unsigned long)X86_CR0_WP);
	for (const struct smap_site *s = smap_sites_start; s < smap_sites_end; s++) {
		s->insn[1] = 0x01;
		s->insn[2] = (uint8_t)s->byte;
	}
	write_cr0(cr0);
	(void)cpuid(0);                 /* serializes */
}

static void __init features_init_smap(uint32_t leaf7_b)
{
	if (!(leaf7_b & (1U << 20)) || cmdline_flag("no-smap"))
		return;
	if (smap_is_sound() || cmdline_flag("smap")) {
		cpu_features.smap = true;
		smap_patch_sites();
	} else {
		printk("SMAP: left off, this emulator applies it to IRET in ring 3 (`smap` forces it on)\n");
	}
}

void __init features_init(void)
{
	struct cpuid_regs r = cpuid(0), f1 = cpuid(1), f7 = { 0 };
	uint32_t max_leaf = r.a, max_ext = cpuid(0x80000000).a;
	struct cpu_features *f = &cpu_features;

	memcpy(f->vendor, &r.b, 4);
	memcpy(f->vendor + 4, &r.d, 4);
	memcpy(f->vendor + 8, &r.c, 4);
	f->amd = !strcmp(f->vendor, "AuthenticAMD") || !strcmp(f->vendor, "HygonGenuine");
	if (max_leaf >= 7)
		f7 = cpuid_count(7, 0);
	r = cpuid(0x80000001);
	f->page1gb = r.d & (1U << 26);
	f->rdtscp = r.d & (1U << 27);
	f->xsave = f1.c & (1U << 26);
	f->xsaveopt = f->xsave && max_leaf >= 0xd && (cpuid_count(0xd, 1).a & 1);
	f->x2apic = f1.c & (1U << 21);
	f->tsc_deadline = f1.c & (1U << 24);
	f->fsgsbase = f7.b & 1;
	f->umip = f7.c & (1U << 2);
	f->smep = (f7.b & (1U << 7)) && !cmdline_flag("no-smep");
	f->invariant_tsc = max_ext >= 0x80000007 && (cpuid(0x80000007).d & (1U << 8));
	f->xsave_errptr = max_ext >= 0x80000008 && (cpuid(0x80000008).b & (1U << 2));
	f->phys_bits = max_ext >= 0x80000008 ? cpuid(0x80000008).a & 0xff : 36;
	features_init_smap(f7.b);
}

void features_init_cpu(void)
{
	unsigned long cr4 = X86_CR4_PAE | X86_CR4_DE | X86_CR4_PGE | X86_CR4_OSFXSR |
			    X86_CR4_OSXMMEXCPT | X86_CR4_MCE;

	if (cpu_features.xsave)
		cr4 |= X86_CR4_OSXSAVE;
	if (cpu_features.fsgsbase)
		cr4 |= X86_CR4_FSGSBASE;
	if (cpu_features.smep)
		cr4 |= X86_CR4_SMEP;
	if (cpu_features.smap)
		cr4 |= X86_CR4_SMAP;
	write_cr4(cr4);
	this_cpu()->cr4 = cr4;
}
