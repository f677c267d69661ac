/* SPDX-License-Identifier: MIT
 *
 * Dispatch of exceptions and interrupts, and the way back to a guest.
 *
 * From a guest: an interrupt is handled here, an exception is the guest's own
 * and goes to pv_trap(). From ourselves: an interrupt is handled, a fault at an
 * instruction in the exception table goes on at its fixup, any other is a bug.
 *
 * Next: pv/traps.c for guests' exceptions, arch/irq.c for interrupts.
 */
#include "arch/traps.h"
#include "arch/context.h"
#include "arch/guest_access.h"
#include "arch/irq_vectors.h"
#include "arch/panic.h"
#include "arch/softirq.h"
#include "arch/x86.h"
#include "core/trace.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "pv/pv.h"

struct extable_entry {
	uint64_t insn, fixup;
};
extern const struct extable_entry extable_start[], extable_end[];

static const char *const names[] = {
	"#DE divide error", "#DB debug", "NMI", "#BP breakpoint", "#OF overflow", "#BR bound range",
	"#UD invalid opcode", "#NM device not available", "#DF double fault", "coprocessor overrun",
	"#TS invalid TSS", "#NP segment not present", "#SS stack segment", "#GP general protection",
	"#PF page fault", "15", "#MF x87 error", "#AC alignment check", "#MC machine check",
	"#XM SIMD error", "#VE virtualization", "#CP control protection",
};

const char *trap_name(unsigned int vector)
{
	return vector < ARRAY_SIZE(names) ? names[vector] : "interrupt";
}

void trap_from_guest(struct cpu_user_regs *regs)
{
	unsigned int vec = regs->entry_vector;
	struct cpu *c = this_cpu();
	struct vcpu *v = c->curr;

	/* SYSCALL clears AC by SFMASK, an interrupt gate does not: SMAP would be open. */
	guest_access_close();
	if (vec >= FIRST_IRQ_VECTOR) {
		irq_dispatch(vec);
		return;
	}
	if (vec == TRAP_PF) {
		v->pv.fault_addr = read_cr2();
	} else if (vec == TRAP_DB) {
		__asm__ volatile("mov %%db6, %0" : "=r"(v->pv.fault_dr6));
		__asm__ volatile("mov %0, %%db6" :: "r"(0xffff0ff0UL));
	}
	trace_here(c, TRACE_TRAP, vec, regs->rip, regs->error_code, vec == TRAP_PF ? v->pv.fault_addr : 0,
		   regs->rsp);
	local_irq_enable();
	pv_trap(regs);
}

static bool extable_fixup(struct cpu_user_regs *regs)
{
	for (const struct extable_entry *e = extable_start; e < extable_end; e++) {
		if (e->insn == regs->rip) {
			regs->rip = e->fixup;
			return true;
		}
	}
	return false;
}

void trap_from_hypervisor(struct cpu_user_regs *regs)
{
	unsigned int vec = regs->entry_vector;

	if (vec >= FIRST_IRQ_VECTOR) {
		irq_dispatch(vec);
		return;
	}
	if (vec == TRAP_PF && pv_fix_ldt_fault(read_cr2()))
		return;
	if (extable_fixup(regs))
		return;
	panic_regs(regs, "%s in the hypervisor, error code %#x, CR2 %#lx", trap_name(vec),
		   regs->error_code, read_cr2());
}

/* See iret_faulted in entry.S: the guest's registers lie 48 bytes below their place. */
void trap_iret_faulted(struct cpu_user_regs *frame)
{
	struct cpu_user_regs *regs = &current->regs;
	unsigned long cr2 = read_cr2();
	unsigned int vec = frame->entry_vector;

	ASSERT((char *)frame == (char *)regs - 48);
	memmove(regs, frame, offsetof(struct cpu_user_regs, error_code));
	regs->error_code = 0;
	regs->entry_vector = TRAP_GP;
	local_irq_enable();
	/* Its CS or SS is in a page of the LDT that is not in the window yet: it is now, and IRET is done again. */
	if (vec == TRAP_PF && pv_fix_ldt_fault(cr2))
		return;
	pv_failsafe(regs);
}

/* May have interrupted a holder of any lock: it takes none, so it cannot even print. */
void trap_nmi(struct cpu_user_regs *regs)
{
	if (panic_in_progress())
		panic_stop_this_cpu();
}

/* A guest's watchpoint on memory that we touch for it, or on the way in: not ours to report. */
void trap_debug_in_hypervisor(struct cpu_user_regs *regs)
{
	__asm__ volatile("mov %0, %%db6" :: "r"(0xffff0ff0UL));
	/* SYSENTER brings the guest's single step with it. */
	regs->rflags &= ~(uint64_t)X86_EFLAGS_TF;
}

void trap_double_fault(struct cpu_user_regs *regs)
{
	panic_regs(regs, "double fault, CR2 %#lx", read_cr2());
}

void trap_machine_check(struct cpu_user_regs *regs)
{
	panic_regs(regs, "machine check");
}

/* Nothing that leaves by IRET. Returns for another look around. */
static __noinline void run_other(struct vcpu *v)
{
	if (CONFIG_HVM && v->kind == VCPU_HVM)
		hvm_run(v);
	else
		softirq_idle_wait();
}

/*
 * Softirqs first: one of them may switch `current`. Then what the vCPU is owed.
 * Both are looked at with interrupts off, so nothing is missed between here and IRET. A fully virtualized vCPU does not leave
 * through there: it has been in its guest and is back, and the round begins again.
 */
struct cpu_user_regs *exit_to_guest(void)
{
	struct cpu *c = this_cpu();

	for (;;) {
		struct vcpu *v;

		local_irq_disable();
		if (READ_ONCE(c->softirq_pending)) {
			softirq_run();
			continue;
		}
		v = c->curr;
		if (unlikely(v->kind != VCPU_PV)) {
			run_other(v);
			continue;
		}
		if (likely(!v->pv.bounce.due && !vcpu_event_pending(v->vcpu_info)))
			return &v->regs;
		pv_deliver_pending(v);
		if (likely(!READ_ONCE(c->softirq_pending)))
			return &v->regs;
	}
}
