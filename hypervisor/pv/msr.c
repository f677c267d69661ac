/* SPDX-License-Identifier: MIT
 *
 * MSRs as PV guests see them. Segment bases are the vCPU's; what stock kernels
 * look at answers as a plain machine would; anything else is #GP.
 *
 * [SDM 4] [APM2 A]
 */
#include "arch/context.h"
#include "arch/features.h"
#include "pv/internal.h"

#define MSR_TSC           0x00000010
#define MSR_PLATFORM_ID   0x00000017
#define MSR_UCODE_REV     0x0000008b
#define MSR_MTRRCAP       0x000000fe
#define MSR_MCG_CAP       0x00000179
#define MSR_MCG_STATUS    0x0000017a
#define MSR_MISC_ENABLE   0x000001a0
#define MSR_K8_SYSCFG     0xc0010010
#define MSR_K8_HWCR       0xc0010015
#define MSR_AMD64_DE_CFG  0xc0011029
#define MSR_MISC_FEATURES 0x00000140
#define MSR_PLATFORM_INFO 0x000000ce

#define PAT_XEN   0x050100070406ULL             /* what the ABI promises PV guests */

bool pv_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	switch (msr) {
	case MSR_FS_BASE:
		*value = rdfsbase_guest();
		return true;
	case MSR_GS_BASE:
		*value = rdgsbase_guest();
		return true;
	case MSR_KERNEL_GS_BASE:
		*value = v->pv.gs_base_user;
		return true;
	case MSR_EFER:
		*value = EFER_SCE | EFER_LME | EFER_LMA | EFER_NX;
		return true;
	case MSR_APIC_BASE:
		*value = 0xfee00000ULL | 1U << 11 | (v->vcpu_id ? 0 : 1U << 8);
		return true;
	case MSR_PAT:
		*value = PAT_XEN;
		return true;
	case MSR_TSC_AUX:
		*value = 0;
		return true;
	case MSR_UCODE_REV:
	case MSR_MCG_CAP:
	case MSR_MCG_STATUS:
	case MSR_MTRRCAP:
	case MSR_PLATFORM_ID:
	case MSR_PLATFORM_INFO:
	case MSR_MISC_FEATURES:
		*value = 0;
		return true;
	case MSR_MISC_ENABLE:
		*value = 1;             /* fast strings */
		return true;
	case MSR_AMD64_DE_CFG:
		if (!cpu_features.amd)
			return false;
		*value = 2;             /* LFENCE serializes */
		return true;
	case MSR_K8_HWCR:
	case MSR_K8_SYSCFG:
		if (!cpu_features.amd)
			return false;
		*value = 0;
		return true;
	default:
		return false;
	}
}

bool pv_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
	uint64_t old;

	switch (msr) {
	case MSR_FS_BASE:
		if (!is_canonical(value))
			return false;
		wrfsbase_guest(value);
		return true;
	case MSR_GS_BASE:
		if (!is_canonical(value))
			return false;
		wrgsbase_guest(value);
		return true;
	case MSR_KERNEL_GS_BASE:
		if (!is_canonical(value))
			return false;
		v->pv.gs_base_user = value;
		return true;
	case MSR_TSC_AUX:
		return cpu_features.rdtscp && !(value >> 32);
	case MSR_UCODE_REV:
	case MSR_MCG_STATUS:
		return true;            /* written before being read, to no effect */
	default:
		/* Writing what it reads anyway does no harm and some kernels do it. */
		return pv_rdmsr(v, msr, &old) && old == value;
	}
}
