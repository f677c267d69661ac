/* SPDX-License-Identifier: MIT
 *
 * Between the files of pv/.
 */
#ifndef HYPERVISOR_PV_INTERNAL_H
#define HYPERVISOR_PV_INTERNAL_H

#include "arch/guest_access.h"
#include "arch/x86.h"
#include "core/domain.h"
#include "pv/pv.h"

/* Is [a, a+n) guest virtual memory? */
static inline bool pv_range_ok(unsigned long a, unsigned long n)
{
	return guest_range_ok((const void *)a, n);
}

/* What of a guest's RFLAGS is the guest's to choose; IF is always on, IOPL always 0. */
static inline unsigned long pv_fix_rflags(unsigned long f)
{
	return (f & ~(unsigned long)(X86_EFLAGS_IOPL | X86_EFLAGS_VM)) | X86_EFLAGS_IF | 2;
}

/* Selectors are forced to ring 3; what they select, the descriptor checks made harmless. */
static inline uint16_t pv_fix_code_selector(uint64_t sel)
{
	return (uint16_t)sel | 3;
}

/* The CR4 that the guest reads: what it may rely on. */
unsigned long pv_guest_cr4_to_shown(const struct vcpu *v);
/* 0, -EPERM for a reserved register, -EINVAL for a reserved value. */
int pv_set_debugreg(struct vcpu *v, unsigned int reg, unsigned long value);
void pv_load_debugregs(const struct vcpu *v);

/* pv/bounce.c */
static inline void pv_set_bounce_callback(struct vcpu *v, unsigned long eip, bool mask_events)
{
	struct trap_bounce *b = &v->pv.bounce;

	b->eip = eip;
	b->flags = (uint8_t)(TBF_EXCEPTION | (mask_events ? TBF_INTERRUPT : 0));
}
#define VECTORS_WITH_ERROR_CODE (1U << TRAP_DF | 1U << TRAP_TS | 1U << TRAP_NP | 1U << TRAP_SS | 1U << TRAP_GP | \
				 1U << TRAP_PF | 1U << TRAP_AC | 1U << 21)
static inline uint8_t pv_bounce_flags(const struct trap_info *ti, unsigned int vector)
{
	return (uint8_t)(TBF_EXCEPTION | (TI_GET_IF(ti) ? TBF_INTERRUPT : 0) |
			 (vector < 32 && ((VECTORS_WITH_ERROR_CODE >> vector) & 1) ? TBF_EXCEPTION_ERRCODE : 0));
}
/* The user bit of the error code tells the guest's own two modes apart. */
static inline uint32_t pv_page_fault_error(const struct vcpu *v, uint32_t error)
{
	return v->pv.kernel_mode ? error & ~(uint32_t)PFEC_USER : error | PFEC_USER;
}
void pv_deliver_bounce(struct vcpu *v);
/*
 * At once, current vCPU, interrupts off: to a handler that is there, with TBF_ flags. A stack that cannot be written crashes
 * the domain. Always true: the trap is dealt with.
 */
bool pv_deliver(struct vcpu *v, unsigned long eip, unsigned int flags, uint32_t error);

/* pv/emulate.c: the instruction at RIP that raised #GP(0). True: emulated, or a trap is set. */
bool pv_emulate_privileged(struct cpu_user_regs *regs);
/* Does the instruction begin with UD2 "xe", as the forced prefix does? */
static __always_inline bool pv_is_forced_prefix(unsigned long rip)
{
	uint32_t word;

	return guest_span_ok((const void *)rip, 4) && guest_load(&word, (const void *)rip, 4) && word == 0x65780b0f;
}
bool pv_emulate_forced(struct cpu_user_regs *regs);     /* UD2 "xen" CPUID, whose first word has been seen */

/* pv/io.c: size 1, 2 or 4 */
bool pv_io_allowed(struct vcpu *v, unsigned int port, unsigned int size);
uint32_t pv_io_read(struct vcpu *v, unsigned int port, unsigned int size);
void pv_io_write(struct vcpu *v, unsigned int port, unsigned int size, uint32_t value);

/* pv/msr.c: false: #GP */
bool pv_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value);
bool pv_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value);

/* pv/cpuid.c */
struct cpuid_regs pv_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t sub);

#endif
