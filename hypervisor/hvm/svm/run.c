/* SPDX-License-Identifier: MIT
 *
 * The backend: one run of a guest by VMRUN, and the parts of a vCPU's state that the common code asks for.
 *
 * Next: hvm/svm/exit.c for what ended the run.
 */
#include "core/trace.h"
#include "hvm/svm/svm.h"
#include "lib/panic.h"

#define EFER_SVME (1UL << 12)

static void get_control(struct vcpu *v, struct hvm_control *c)
{
	const struct vmcb *b = svm(v)->vmcb;

	*c = (struct hvm_control){ b->cr0, b->cr3, b->cr4, b->efer & ~EFER_SVME, b->cpl };
}

static void get_segment(struct vcpu *v, enum hvm_segment n, struct paravane_segment *s)
{
	const struct vmcb *b = svm(v)->vmcb;
	const struct paravane_segment *const all[] = { &b->es, &b->cs, &b->ss, &b->ds, &b->fs, &b->gs };

	*s = *all[n];
}

static void set_efer(struct vcpu *v, uint64_t efer)
{
	svm(v)->vmcb->efer = efer | EFER_SVME;
}

static void set_cr2(struct vcpu *v, uint64_t cr2)
{
	svm(v)->vmcb->cr2 = cr2;
}

static void set_pat(struct vcpu *v, uint64_t pat)
{
	svm(v)->vmcb->g_pat = pat;
	svm_new_asid(v);
}

static bool in_shadow(struct vcpu *v)
{
	return svm(v)->vmcb->int_state & 1;
}

static void end_shadow(struct vcpu *v)
{
	svm(v)->vmcb->int_state &= ~1UL;
}

/*
 * A virtual interrupt of the highest priority is raised and intercepted: the exit comes when the guest could take it, and
 * nothing is delivered. TPR is left out of that: its writes are intercepted while one waits for it to fall.
 */
static void watch_window(struct vcpu *v, bool interrupts, bool tpr)
{
	struct vmcb *b = svm(v)->vmcb;

	b->int_ctl &= ~(uint64_t)(V_IRQ | V_IGN_TPR | V_INTR_PRIO(15));
	b->intercept_misc &= ~SVM_MISC_VINTR;
	b->intercept_cr &= ~SVM_CR_WRITE(8);
	if (interrupts) {
		b->int_ctl |= V_IRQ | V_IGN_TPR | V_INTR_PRIO(15);
		b->intercept_misc |= SVM_MISC_VINTR;
	}
	if (tpr)
		b->intercept_cr |= SVM_CR_WRITE(8);
}

static void watch_iret(struct vcpu *v, bool on)
{
	struct vmcb *b = svm(v)->vmcb;

	svm(v)->iret_seen = false;
	if (on)
		b->intercept_misc |= SVM_MISC_IRET;
	else
		b->intercept_misc &= ~SVM_MISC_IRET;
}

/* CR8 in the guest is V_TPR; in memory the task priority has four bits more, which only the device model sees. */
static void load_tpr(struct vcpu *v, struct vmcb *b)
{
	b->int_ctl = (b->int_ctl & ~(uint64_t)V_TPR) | ((READ_ONCE(v->hvm->page->tpr) >> 4) & V_TPR);
}

static void store_tpr(struct vcpu *v, const struct vmcb *b)
{
	uint32_t old = READ_ONCE(v->hvm->page->tpr), tpr = (uint32_t)(b->int_ctl & V_TPR);

	if (((old >> 4) & V_TPR) != tpr)
		WRITE_ONCE(v->hvm->page->tpr, tpr << 4);
}

/*
 * An event whose delivery was interrupted is delivered again. Those that an instruction raised are left out: the
 * instruction is still at RIP and raises them again. [APM2 15.7.2]
 */
static uint64_t interrupted_event(uint64_t info)
{
	unsigned int vector = info & 0xff;

	info &= ~(uint64_t)0x7ffff000;
	if (!(info & EVENT_VALID) || EVENT_TYPE_OF(info) == EVENT_SOFTWARE)
		return 0;
	if (EVENT_TYPE_OF(info) == EVENT_EXCEPTION && (vector == TRAP_BP || vector == TRAP_OF))
		return 0;
	return info;
}

static void run(struct vcpu *v)
{
	struct cpu_user_regs *regs = &v->regs;
	struct vmcb *b = svm(v)->vmcb;

	ASSERT(!local_irq_is_enabled());
	svm_choose_asid(v);
	load_tpr(v, b);
	b->event_inj = v->hvm->event;
	v->hvm->event = 0;
	b->rax = regs->rax;
	b->rsp = regs->rsp;
	b->rip = regs->rip;
	b->rflags = regs->rflags;
	svm_enter(regs, virt_to_maddr(b).a, svm_host_maddr());
	regs->rax = b->rax;
	regs->rsp = b->rsp;
	regs->rip = b->rip;
	regs->rflags = b->rflags;
	store_tpr(v, b);
	v->hvm->event = interrupted_event(b->exit_int_info);
	if (svm(v)->iret_seen && regs->rip != svm(v)->iret_rip) {
		v->hvm->nmi_masked = false;
		svm(v)->iret_seen = false;
	}
	trace_here(this_cpu(), TRACE_EXIT, (uint32_t)b->exit_code & 0xffff, regs->rip, b->exit_info1, b->exit_info2,
		   v->hvm->event);
}

const struct hvm_backend svm_backend = {
	.name = "svm-npt",
	.vcpu_init = svm_vcpu_init,
	.vcpu_destroy = svm_vcpu_destroy,
	.set_state = svm_set_state,
	.get_state = svm_get_state,
	.get_control = get_control,
	.get_segment = get_segment,
	.set_efer = set_efer,
	.set_cr2 = set_cr2,
	.set_pat = set_pat,
	.in_shadow = in_shadow,
	.end_shadow = end_shadow,
	.watch_window = watch_window,
	.watch_iret = watch_iret,
	.run = run,
	.exit = svm_exit,
};
