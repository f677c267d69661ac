/* SPDX-License-Identifier: MIT */
/*
 * Records of saved HVM state. Only the one that a control operation for PV guests borrows is here.
 */
#ifndef PV_ABI_ARCH_X86_HVM_SAVE_H
#define PV_ABI_ARCH_X86_HVM_SAVE_H

#include "../../xen.h"

#ifndef __ASSEMBLY__
/* Virtual machine-check registers. */
struct hvm_vmce_vcpu {
	uint64_t caps;
	uint64_t mci_ctl2_bank0;
	uint64_t mci_ctl2_bank1;
	uint64_t mcg_ext_ctl;
};
#endif

#endif /* PV_ABI_ARCH_X86_HVM_SAVE_H */
