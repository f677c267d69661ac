/* SPDX-License-Identifier: MIT
 *
 * What each CPU needs before it can run guests.
 */
#include "arch/init.h"
#include "arch/apic.h"
#include "arch/context.h"
#include "arch/desc.h"
#include "arch/features.h"
#include "arch/fpu.h"
#include "arch/x86.h"
#include "core/domain.h"
#include "core/trace.h"
#include "lib/panic.h"

void syscall_entry(void);
void syscall32_entry(void);
void sysenter_entry(void);

void cpu_prepare(struct cpu *c)
{
	desc_init_cpu(c);
	mm_init_cpu(c->id);
	trace_init_cpu(c->id);
	timer_init_cpu(c->id);
	sched_init_cpu(c->id);
	c->idle = idle_vcpu_create(c->id);
	BUG_ON(!c->idle);
	cpu_set_current(c, c->idle);
	if (CONFIG_HVM)
		hvm_prepare_cpu(c);
}

/*
 * SYSCALL loads CS = STAR[47:32], SS = that + 8. SYSRET is not used, but its
 * selectors are what guests see in a frame: flat ring 3 segments.
 */
static void syscall_init(void)
{
	wrmsr(MSR_STAR, (uint64_t)HV_CS64 << 32 | (uint64_t)SEL_RING3_CS32 << 48);
	wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
	wrmsr(MSR_CSTAR, (uint64_t)syscall32_entry);
	wrmsr(MSR_SFMASK, X86_EFLAGS_IF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_NT |
			  X86_EFLAGS_IOPL | X86_EFLAGS_AC | X86_EFLAGS_RF | X86_EFLAGS_VM);
	if (!cpu_features.amd) {
		wrmsr(MSR_SYSENTER_CS, HV_CS64);
		wrmsr(MSR_SYSENTER_ESP, 0);
		wrmsr(MSR_SYSENTER_EIP, (uint64_t)sysenter_entry);
	}
}

void cpu_init_this(struct cpu *c)
{
	desc_load_cpu(c);
	wrmsr(MSR_GS_BASE, (uint64_t)c);
	wrmsr(MSR_KERNEL_GS_BASE, 0);
	wrmsr(MSR_EFER, EFER_SCE | EFER_LME | EFER_LMA | EFER_NX);
	write_cr0(X86_CR0_PG | X86_CR0_WP | X86_CR0_NE | X86_CR0_ET | X86_CR0_MP | X86_CR0_PE | X86_CR0_AM);
	features_init_cpu();
	syscall_init();
	fpu_init_cpu();
	apic_init_cpu();
	clock_init_cpu();
	c->cr3 = read_cr3();
	c->apic_id = apic_id();
	if (CONFIG_HVM)
		hvm_init_cpu(c);
}
