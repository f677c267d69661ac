/* SPDX-License-Identifier: MIT
 *
 * FPU, SSE, AVX state of vCPUs, switched eagerly. [SDM 1 13]
 */
#ifndef HYPERVISOR_ARCH_FPU_H
#define HYPERVISOR_ARCH_FPU_H

#include "lib/types.h"

struct cpuid_regs;
struct vcpu;

struct vcpu_fpu {
	void *area;             /* XSAVE area (64-byte aligned, fpu_area_size()), or FXSAVE */
	uint64_t xcr0;          /* guest's XCR0; 0: never set, x87+SSE */
	bool ts;                /* the guest's view of CR0.TS */
};

void fpu_init_cpu(void);
unsigned int fpu_area_size(void);
uint64_t fpu_xcr0_mask(void);           /* bits of XCR0 that guests may set */
struct cpuid_regs fpu_cpuid(uint32_t sub);      /* leaf 0xd as guests see it, on the CPU of the one that asks */
int fpu_vcpu_init(struct vcpu *v);
void fpu_vcpu_destroy(struct vcpu *v);
void fpu_save(struct vcpu *v);          /* on being switched out */
void fpu_restore(struct vcpu *v);       /* on being switched in; sets CR0.TS to v->fpu.ts */
int fpu_set_xcr0(struct vcpu *v, uint64_t xcr0);        /* current; 0 or -EINVAL */
/* Legacy 512-byte FXSAVE image of a paused vCPU, for get/setvcpucontext. */
void fpu_export(struct vcpu *v, void *fxsave512);
void fpu_import(struct vcpu *v, const void *fxsave512);

#endif
