/* SPDX-License-Identifier: MIT
 *
 * CPUID as a fully virtualized guest sees it: the machine's, less what needs more than its processor state is
 * switched for (protection keys, shadow stacks, performance counters, TSC_AUX), less virtualization, and less what the
 * interrupt controllers would have to know (x2APIC, TSC deadline). New leaves and bits are absent until somebody lists them.
 *
 * [APM3 E] [SDM 2A CPUID]
 */
#include "arch/features.h"
#include "hvm/internal.h"
#include "lib/string.h"

#define B(n) (1U << (n))

/* SSE3 PCLMUL SSSE3 FMA CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE AVX F16C RDRAND */
#define LEAF1_C (B(0) | B(1) | B(9) | B(12) | B(13) | B(19) | B(20) | B(22) | B(23) | B(25) | B(26) | B(28) | B(29) | B(30))
/* all but MTRR MCA DS ACPI SS TM PBE and reserved ones; machine checks are ours */
#define LEAF1_D (~(B(10) | B(12) | B(14) | B(18) | B(20) | B(21) | B(22) | B(27) | B(29) | B(30) | B(31)))
/* FSGSBASE BMI1 AVX2 SMEP BMI2 ERMS AVX512F/DQ RDSEED ADX SMAP IFMA CLFLUSHOPT CLWB AVX512CD SHA AVX512BW/VL */
#define LEAF7_B (B(0) | B(3) | B(5) | B(7) | B(8) | B(9) | B(16) | B(17) | B(18) | B(19) | B(20) | B(21) | B(23) | B(24) | \
		 B(28) | B(29) | B(30) | B(31))
/* VBMI UMIP VBMI2 GFNI VAES VPCLMULQDQ VNNI BITALG VPOPCNTDQ MOVDIRI MOVDIR64B */
#define LEAF7_C (B(1) | B(2) | B(6) | B(8) | B(9) | B(10) | B(11) | B(12) | B(14) | B(27) | B(28))
#define LEAF7_D (B(2) | B(3) | B(4))
/* LAHF CMP_LEGACY ABM SSE4A MISALIGNSSE 3DNOWPREFETCH XOP FMA4 TBM */
#define EXT1_C (B(0) | B(1) | B(5) | B(6) | B(7) | B(8) | B(11) | B(16) | B(21))
/* all but MTRR MCA RDTSCP */
#define EXT1_D (~(B(10) | B(12) | B(14) | B(25) | B(27)))

static struct cpuid_regs leaf_1(struct vcpu *v, struct cpuid_regs r)
{
	struct hvm_control c;

	backend(v)->get_control(v, &c);
	r.b = (r.b & 0x0000ffff) | v->vcpu_id << 24 | MIN(v->domain->max_vcpus, 255U) << 16;
	r.c = (r.c & LEAF1_C) | B(31);
	if (c.cr4 & X86_CR4_OSXSAVE)
		r.c |= B(27);
	r.d = (r.d & LEAF1_D) | B(9);
	r.d &= ~B(28);
	if (v->domain->max_vcpus > 1)
		r.d |= B(28);
	return r;
}

static struct cpuid_regs leaf_hypervisor(uint32_t leaf)
{
	struct cpuid_regs r = { 0 };

	if (leaf == 0x40000000) {
		r.a = leaf;
		memcpy(&r.b, "Para", 4);
		memcpy(&r.c, "vane", 4);
		memcpy(&r.d, "HVM\0", 4);
	}
	return r;
}

/* Leaves that are passed as they are: 2 and 4 (caches), names, caches and address sizes of the extended range. */
static bool passed(uint32_t leaf)
{
	return leaf == 2 || leaf == 4 || (leaf >= 0x80000002 && leaf <= 0x80000006);
}

struct cpuid_regs hvm_cpuid(struct vcpu *v, uint32_t leaf, uint32_t sub)
{
	struct cpuid_regs r = { 0 };

	if (leaf >= 0x40000000 && leaf < 0x50000000)
		return leaf_hypervisor(leaf);
	if (leaf == 0xd)
		return fpu_cpuid(sub);
	if (leaf > cpuid(leaf & 0x80000000).a)
		return r;
	r = cpuid_count(leaf, sub);
	if (passed(leaf))
		return r;
	switch (leaf) {
	case 0:
		r.a = MIN(r.a, 0xdU);
		return r;
	case 1:
		return leaf_1(v, r);
	case 7:
		if (sub)
			break;
		return (struct cpuid_regs){ 0, r.b & LEAF7_B, r.c & LEAF7_C, r.d & LEAF7_D };
	case 0x80000000:
		r.a = MIN(r.a, 0x80000008U);
		return r;
	case 0x80000001:
		r.c &= EXT1_C;
		r.d &= EXT1_D;
		return r;
	case 0x80000007:
		return (struct cpuid_regs){ 0, 0, 0, r.d & B(8) };
	case 0x80000008:
		return (struct cpuid_regs){ (r.a & 0xff) | 48 << 8, 0, 0, 0 };
	}
	return (struct cpuid_regs){ 0 };
}
