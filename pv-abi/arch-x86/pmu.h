/* SPDX-License-Identifier: MIT */
/*
 * Performance counters, x86 part: registers of a sample and the counters' context.
 */
#ifndef PV_ABI_ARCH_X86_PMU_H
#define PV_ABI_ARCH_X86_PMU_H

#include "../xen.h"

#ifndef __ASSEMBLY__

/* counters and ctrls are offsets of arrays of registers, from the start of this structure. */
struct xen_pmu_amd_ctxt {
	uint32_t counters;
	uint32_t ctrls;
	/* registers follow, in 64 bits each */
};
typedef struct xen_pmu_amd_ctxt xen_pmu_amd_ctxt_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_amd_ctxt_t);

struct xen_pmu_cntr_pair {
	uint64_t counter;
	uint64_t control;
};
typedef struct xen_pmu_cntr_pair xen_pmu_cntr_pair_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_cntr_pair_t);

struct xen_pmu_intel_ctxt {
	uint32_t fixed_counters; /* offset of an array of uint64_t */
	uint32_t arch_counters;  /* offset of an array of xen_pmu_cntr_pair */
	uint64_t global_ctrl;
	uint64_t global_ovf_ctrl;
	uint64_t global_status;
	uint64_t fixed_ctrl;
	uint64_t ds_area;
	uint64_t pebs_enable;
	uint64_t debugctl;
	/* registers follow */
};
typedef struct xen_pmu_intel_ctxt xen_pmu_intel_ctxt_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_intel_ctxt_t);

struct xen_pmu_regs {
	uint64_t ip;
	uint64_t sp;
	uint64_t flags;
	uint16_t cs;
	uint16_t ss;
	uint8_t cpl;
	uint8_t pad[3];
};
typedef struct xen_pmu_regs xen_pmu_regs_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_regs_t);

/* pmu_flags: the guest works on this copy of the registers; what the sample shows. */
#define PMU_CACHED      (1 << 0)
#define PMU_SAMPLE_USER (1 << 1)
#define PMU_SAMPLE_REAL (1 << 2)
#define PMU_SAMPLE_PV   (1 << 3)

struct xen_pmu_arch {
	union {
		xen_pmu_regs_t regs; /* by the hypervisor */
#define XENPMU_REGS_PAD_SZ 64
		uint8_t pad[XENPMU_REGS_PAD_SZ];
	} r;
	uint64_t pmu_flags;
	union {
		uint32_t lapic_lvtpc; /* by the guest */
		uint64_t pad;
	} l;
	union {
		xen_pmu_amd_ctxt_t amd;
		xen_pmu_intel_ctxt_t intel;
#define XENPMU_CTXT_PAD_SZ 128
		uint8_t pad[XENPMU_CTXT_PAD_SZ];
	} c;
};
typedef struct xen_pmu_arch xen_pmu_arch_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_arch_t);
PV_ABI_SIZE(struct xen_pmu_arch, 208);

#endif /* !__ASSEMBLY__ */

#endif /* PV_ABI_ARCH_X86_PMU_H */
