/* SPDX-License-Identifier: MIT
 *
 * CPUID as we answer it to PV guests: the machine's, less what a PV guest must
 * not use (paging features that direct paging has no place for, virtualization,
 * interrupt-controller modes), plus the Xen leaves. CPUID executed natively shows the machine:
 * a guest kernel uses the forced form, and what it then tells its user is its own affair.
 *
 * [SDM 2A CPUID] [APM3 E] [Xen public/arch-x86/cpuid.h]
 */
#include <pv-abi/arch-x86/cpuid.h>
#include "arch/clock.h"
#include "arch/features.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "pv/internal.h"

#define B(n) (1U << (n))

/* Leaf 1 ECX: SSE3 PCLMUL SSSE3 FMA CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE AVX F16C RDRAND */
#define LEAF1_C (B(0) | B(1) | B(9) | B(12) | B(13) | B(19) | B(20) | B(22) | B(23) | B(25) | B(26) | \
		 B(28) | B(29) | B(30))
/* Leaf 1 EDX: all but VME PSE MTRR PGE PSE36 DS ACPI SS TM PBE */
#define LEAF1_D (~(B(1) | B(3) | B(12) | B(13) | B(17) | B(21) | B(22) | B(27) | B(29) | B(31)))
/* Leaf 7 EBX: FSGSBASE BMI1 AVX2 BMI2 ERMS AVX512F/DQ RDSEED ADX IFMA CLFLUSHOPT CLWB AVX512CD SHA AVX512BW/VL */
#define LEAF7_B (B(0) | B(3) | B(5) | B(8) | B(9) | B(16) | B(17) | B(18) | B(19) | B(21) | B(23) | \
		 B(24) | B(28) | B(29) | B(30) | B(31))
/* Leaf 7 ECX: VBMI VBMI2 GFNI VAES VPCLMULQDQ VNNI BITALG VPOPCNTDQ RDPID MOVDIRI MOVDIR64B */
#define LEAF7_C (B(1) | B(6) | B(8) | B(9) | B(10) | B(11) | B(12) | B(14) | B(22) | B(27) | B(28))
#define LEAF7_D (B(2) | B(3) | B(4))
/* 80000001 ECX: LAHF CMP_LEGACY ABM SSE4A MISALIGNSSE 3DNOWPREFETCH XOP FMA4 TBM */
#define EXT1_C (B(0) | B(1) | B(5) | B(6) | B(7) | B(8) | B(11) | B(16) | B(21))
/* 80000001 EDX: all but VME PSE MTRR PGE PSE36 PAGE1GB */
#define EXT1_D (~(B(1) | B(3) | B(12) | B(13) | B(17) | B(26)))

static struct cpuid_regs xen_leaf(const struct vcpu *v, uint32_t leaf)
{
	struct cpuid_regs r = { 0 };

	switch (leaf - 0x40000000) {
	case 0:
		r.a = 0x40000005;
		r.b = XEN_CPUID_SIGNATURE_EBX;
		r.c = XEN_CPUID_SIGNATURE_ECX;
		r.d = XEN_CPUID_SIGNATURE_EDX;
		break;
	case 1:
		r.a = 4 << 16 | 17;
		break;
	case 2:
		r.a = 1;
		r.b = 0x40000000;
		break;
	case 3:
		r.c = tsc_khz;
		r.b = 2;                /* native TSC */
		break;
	case 5:
		r.b = cpu_features.phys_bits > PAGE_SHIFT ? cpu_features.phys_bits - PAGE_SHIFT : 0;
		break;
	case 0x100:                     /* Paravane's own: see pv-abi/paravane.h */
		r.a = 0x40000100;
		memcpy(&r.b, "Para", 4);
		memcpy(&r.c, "vane", 4);
		memcpy(&r.d, "Para", 4);
		break;
	}
	return r;
}

struct cpuid_regs pv_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t sub)
{
	struct cpuid_regs r;

	if (leaf >= 0x40000000 && leaf < 0x40000200)
		return xen_leaf(v, leaf);
	if (leaf == 0xd)
		return fpu_cpuid(sub);
	r = cpuid_count(leaf, sub);
	switch (leaf) {
	case 0:
		r.a = MIN(r.a, 0xdU);
		break;
	case 1:
		r.c = (r.c & LEAF1_C) | B(31);
		if (v->pv.ctrlreg[4] & X86_CR4_OSXSAVE)
			r.c |= B(27);
		r.d &= LEAF1_D;
		r.b = (r.b & 0x0000ffff) | (v->vcpu_id * 2) << 24 | 1 << 16;
		break;
	case 5:
	case 9:
	case 0xa:
	case 0xb:
		r = (struct cpuid_regs){ 0 };
		break;
	case 6:
		r = (struct cpuid_regs){ 0 };
		break;
	case 7:
		if (sub == 0) {
			r.a = 0;
			r.b &= LEAF7_B;
			r.c &= LEAF7_C;
			r.d &= LEAF7_D;
		} else {
			r = (struct cpuid_regs){ 0 };
		}
		break;
	case 0x80000000:
		r.a = MIN(r.a, 0x80000008U);
		break;
	case 0x80000001:
		r.c &= EXT1_C;
		r.d &= EXT1_D;
		break;
	case 0x80000007:
		r.d &= v->domain->privileged ? B(8) : 0;
		break;
	case 0x80000008:
		r.c = 0;
		break;
	case 0x8000000a:
		r = (struct cpuid_regs){ 0 };
		break;
	}
	return r;
}
