/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_xenpmu_op(cmd, arg): performance counters for guests. -EOPNOTSUPP where the
 * hypervisor has them switched off, which is the default.
 */
#ifndef PV_ABI_PMU_H
#define PV_ABI_PMU_H

#include "xen.h"
#include "arch-x86/pmu.h"

#define XENPMU_VER_MAJ 0
#define XENPMU_VER_MIN 1

#define XENPMU_mode_get    0 /* mode and feature: control domain alone */
#define XENPMU_mode_set    1
#define XENPMU_feature_get 2
#define XENPMU_feature_set 3
#define XENPMU_init        4 /* val: MFN of a page for xen_pmu_data of vcpu */
#define XENPMU_finish      5
#define XENPMU_lvtpc_set   6
#define XENPMU_flush       7 /* loads the cached context */

#define XENPMU_MODE_OFF  0
#define XENPMU_MODE_SELF (1 << 0) /* each domain counts itself */
#define XENPMU_MODE_HV   (1 << 1) /* and the control domain the hypervisor */
#define XENPMU_MODE_ALL  (1 << 2) /* the control domain counts everything */

#define XENPMU_FEATURE_INTEL_BTS (1 << 0)
#define XENPMU_FEATURE_IPC_ONLY  (1 << 1)
#define XENPMU_FEATURE_ARCH_ONLY (1 << 2)

#ifndef __ASSEMBLY__

struct xen_pmu_params {
	struct {
		uint32_t maj; /* in, out */
		uint32_t min;
	} version;
	uint64_t val;
	uint32_t vcpu;
	uint32_t pad;
};
typedef struct xen_pmu_params xen_pmu_params_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_params_t);
PV_ABI_SIZE(struct xen_pmu_params, 24);

/* The shared page. */
struct xen_pmu_data {
	uint32_t vcpu_id; /* where the counter's interrupt came */
	uint32_t pcpu_id;
	domid_t domain_id;
	uint8_t pad[6];
	xen_pmu_arch_t pmu;
};
PV_ABI_SIZE(struct xen_pmu_data, 224);

#endif /* !__ASSEMBLY__ */

#endif /* PV_ABI_PMU_H */
