/* SPDX-License-Identifier: MIT
 *
 * What this machine's CPUs can do. Read once on the boot CPU, constant afterwards.
 */
#ifndef HYPERVISOR_ARCH_FEATURES_H
#define HYPERVISOR_ARCH_FEATURES_H

#include "lib/types.h"

struct cpu_features {
	char vendor[13];
	bool amd;               /* AMD or Hygon: SYSCALL in compatibility mode */
	bool page1gb, rdtscp;
	bool xsave, xsaveopt;
	bool xsave_errptr;      /* AMD: XRSTOR always loads the last x87 instruction's addresses */
	bool fsgsbase, umip;
	bool smep, smap;        /* in use, not only present */
	bool tsc_deadline, x2apic, invariant_tsc;
	unsigned int phys_bits;
};
extern struct cpu_features cpu_features;

void features_init(void);       /* boot CPU */
void features_init_cpu(void);   /* CR4 of this CPU */

#endif
