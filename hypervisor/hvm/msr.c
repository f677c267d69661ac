/* SPDX-License-Identifier: MIT
 *
 * MSRs that end a guest's run. Segment bases and the SYSCALL and SYSENTER registers do not: the processor exchanges them.
 * What kernels look at on any machine answers as a plain one would; anything else is #GP. [APM2 A] [SDM 4]
 */
#include "arch/features.h"
#include "hvm/internal.h"

#define MSR_TSC           0x00000010
#define MSR_PLATFORM_ID   0x00000017
#define MSR_UCODE_REV     0x0000008b
#define MSR_PLATFORM_INFO 0x000000ce
#define MSR_MCG_CAP       0x00000179
#define MSR_MCG_STATUS    0x0000017a
#define MSR_MISC_ENABLE   0x000001a0
#define MSR_DEBUGCTL      0x000001d9
#define MSR_K8_SYSCFG     0xc0010010
#define MSR_K8_HWCR       0xc0010015
#define MSR_AMD64_DE_CFG  0xc0011029

static uint64_t guest_efer(struct vcpu *v)
{
	struct hvm_control c;

	backend(v)->get_control(v, &c);
	return c.efer;
}

bool hvm_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	*value = 0;
	switch (msr) {
	case MSR_EFER:
		*value = guest_efer(v);
		return true;
	case MSR_PAT:
		*value = v->hvm->pat;
		return true;
	case MSR_TSC:
		*value = rdtsc() + v->domain->hvm->tsc_offset;
		return true;
	case MSR_APIC_BASE:
		*value = 0xfee00000ULL | 1U << 11 | (v->vcpu_id ? 0 : 1U << 8);
		return true;
	case MSR_MISC_ENABLE:
		*value = 1;             /* fast strings */
		return true;
	case MSR_AMD64_DE_CFG:
		*value = 2;             /* LFENCE serializes */
		return cpu_features.amd;
	case MSR_K8_HWCR:
	case MSR_K8_SYSCFG:
		return cpu_features.amd;
	case MSR_UCODE_REV:
	case MSR_MCG_CAP:
	case MSR_MCG_STATUS:
	case MSR_PLATFORM_ID:
	case MSR_PLATFORM_INFO:
	case MSR_DEBUGCTL:
		return true;
	default:
		return false;
	}
}

/* LMA follows from LME and paging; LME changes only while paging is off. */
static bool write_efer(struct vcpu *v, uint64_t value)
{
	struct hvm_control c;

	backend(v)->get_control(v, &c);
	if ((value & ~hvm_efer_allowed()) || (((value ^ c.efer) & EFER_LME) && (c.cr0 & X86_CR0_PG)))
		return false;
	backend(v)->set_efer(v, (value & ~(uint64_t)EFER_LMA) | (c.efer & EFER_LMA));
	return true;
}

bool hvm_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
	uint64_t old;

	switch (msr) {
	case MSR_EFER:
		return write_efer(v, value);
	case MSR_PAT:
		if (!hvm_pat_ok(value))
			return false;
		v->hvm->pat = value;
		backend(v)->set_pat(v, value);
		return true;
	case MSR_UCODE_REV:
	case MSR_MCG_STATUS:
		return true;            /* written before being read, to no effect */
	default:
		/* Writing what it reads anyway does no harm, and some kernels do it. */
		return hvm_rdmsr(v, msr, &old) && old == value;
	}
}
