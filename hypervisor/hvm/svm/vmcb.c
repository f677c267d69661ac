/* SPDX-License-Identifier: MIT
 *
 * A vCPU's VMCB: made, filled from the architectural state that a device model gives, and read back.
 *
 * What ends a guest's run, and why: interrupts and NMIs are the machine's; HLT, port and MSR accesses, CPUID and XSETBV are
 * emulated; SVM's own instructions, MONITOR, RDPMC and RDTSCP are not offered and are undefined; writes of CR4 are checked
 * against what CPUID offers. #DB and #AC are taken because their delivery can fault with the same again, for ever,
 * in the processor, where no interrupt comes through; #MC because it is the machine's. Everything else the guest
 * does alone: its page faults, its CR0 and CR3, INVLPG, its debug registers.
 */
#include "hvm/svm/svm.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/frame.h"

#define IOPM_ORDER  2           /* 12 KB, and one that rounds up */
#define MSRPM_ORDER 1
#define EFER_SVME   (1UL << 12)

/* The same for all: every port, and every MSR that is not exchanged by VMLOAD and VMSAVE. */
static uint8_t *io_map, *msr_map;

/* Two bits for each MSR, read and write; three ranges of 2 KB. [APM2 15.11] */
static void pass_msr(uint32_t msr)
{
	uint32_t bit = 2 * (msr & 0x1fff) + (msr >= 0xc0000000 ? 0x800 * 8 : 0);

	msr_map[bit / 8] &= (uint8_t)~(3U << (bit % 8));
}

static bool make_maps(void)
{
	static const uint32_t free_msrs[] = {
		MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE, MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SFMASK,
		MSR_SYSENTER_CS, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP,
	};

	if (msr_map)
		return true;
	io_map = alloc_hv_pages(IOPM_ORDER);
	msr_map = alloc_hv_pages(MSRPM_ORDER);
	if (!io_map || !msr_map) {
		free_hv_pages(io_map, IOPM_ORDER);
		free_hv_pages(msr_map, MSRPM_ORDER);
		io_map = msr_map = NULL;
		return false;
	}
	memset(io_map, 0xff, PAGE_SIZE << IOPM_ORDER);
	memset(msr_map, 0xff, PAGE_SIZE << MSRPM_ORDER);
	for (unsigned int i = 0; i < ARRAY_SIZE(free_msrs); i++)
		pass_msr(free_msrs[i]);
	return true;
}

/* Under LOCK_DOMCTL, which is what makes the maps of the first one safe. */
int svm_vcpu_init(struct vcpu *v)
{
	struct svm_vcpu *s = kzalloc(sizeof(*s));
	struct vmcb *b;

	v->hvm->arch = s;
	if (!s || !make_maps())
		return -ENOMEM;
	s->vmcb = b = alloc_hv_page();
	if (!b)
		return -ENOMEM;
	clear_page(b);
	b->intercept_cr = SVM_CR_WRITE(4);
	b->intercept_exceptions = 1U << TRAP_DB | 1U << TRAP_AC | 1U << TRAP_MC;
	b->intercept_misc = SVM_MISC_INTR | SVM_MISC_NMI | SVM_MISC_INIT | SVM_MISC_RDPMC | SVM_MISC_CPUID |
			    SVM_MISC_INVD | SVM_MISC_HLT | SVM_MISC_INVLPGA | SVM_MISC_IOIO | SVM_MISC_MSR |
			    SVM_MISC_FERR | SVM_MISC_SHUTDOWN;
	b->intercept_svm = SVM_INSN_VMRUN | SVM_INSN_VMMCALL | SVM_INSN_VMLOAD | SVM_INSN_VMSAVE | SVM_INSN_STGI |
			   SVM_INSN_CLGI | SVM_INSN_SKINIT | SVM_INSN_RDTSCP | SVM_INSN_WBINVD | SVM_INSN_MONITOR |
			   SVM_INSN_MWAIT | SVM_INSN_MWAIT_ARMED | SVM_INSN_XSETBV;
	b->iopm_base = virt_to_maddr(io_map).a;
	b->msrpm_base = virt_to_maddr(msr_map).a;
	b->tsc_offset = v->domain->hvm->tsc_offset;
	b->int_ctl = V_INTR_MASKING;
	b->nested_ctl = 1;
	b->n_cr3 = virt_to_maddr(v->domain->hvm->p2m).a;
	b->efer = EFER_SVME;
	b->g_pat = v->hvm->pat;
	return 0;
}

void svm_vcpu_destroy(struct vcpu *v)
{
	if (svm(v))
		free_hv_page(svm(v)->vmcb);
	kfree(svm(v));
	v->hvm->arch = NULL;
}

static void set_segments(struct vmcb *b, const struct paravane_hvm_state *s)
{
	b->es = s->es;
	b->cs = s->cs;
	b->ss = s->ss;
	b->ds = s->ds;
	b->fs = s->fs;
	b->gs = s->gs;
	b->gdtr = s->gdtr;
	b->ldtr = s->ldtr;
	b->idtr = s->idtr;
	b->tr = s->tr;
}

static uint8_t cpl_of(const struct paravane_hvm_state *s)
{
	if (!(s->cr0 & X86_CR0_PE))
		return 0;
	return s->rflags & X86_EFLAGS_VM ? 3 : (s->ss.attr >> 5) & 3;
}

void svm_set_state(struct vcpu *v, const struct paravane_hvm_state *s)
{
	struct vmcb *b = svm(v)->vmcb;

	set_segments(b, s);
	b->cpl = cpl_of(s);
	b->efer = s->efer | EFER_SVME;
	b->cr0 = s->cr0;
	b->cr2 = s->cr2;
	b->cr3 = s->cr3;
	b->cr4 = s->cr4;
	b->dr6 = s->dr6;
	b->dr7 = s->dr7;
	b->star = s->star;
	b->lstar = s->lstar;
	b->cstar = s->cstar;
	b->sfmask = s->sfmask;
	b->kernel_gs_base = s->kernel_gs_base;
	b->sysenter_cs = s->sysenter_cs;
	b->sysenter_esp = s->sysenter_esp;
	b->sysenter_eip = s->sysenter_eip;
	b->g_pat = s->pat;
	b->int_state = 0;
	b->int_ctl = V_INTR_MASKING;
	b->intercept_misc &= ~(SVM_MISC_VINTR | SVM_MISC_IRET);
	b->intercept_cr = SVM_CR_WRITE(4);
	svm(v)->iret_seen = false;
	svm_new_asid(v);
}

void svm_get_state(struct vcpu *v, struct paravane_hvm_state *s)
{
	const struct vmcb *b = svm(v)->vmcb;

	s->es = b->es;
	s->cs = b->cs;
	s->ss = b->ss;
	s->ds = b->ds;
	s->fs = b->fs;
	s->gs = b->gs;
	s->gdtr = b->gdtr;
	s->ldtr = b->ldtr;
	s->idtr = b->idtr;
	s->tr = b->tr;
	s->efer = b->efer & ~EFER_SVME;
	s->cr0 = b->cr0;
	s->cr2 = b->cr2;
	s->cr3 = b->cr3;
	s->cr4 = b->cr4;
	s->dr6 = b->dr6;
	s->dr7 = b->dr7;
	s->star = b->star;
	s->lstar = b->lstar;
	s->cstar = b->cstar;
	s->sfmask = b->sfmask;
	s->kernel_gs_base = b->kernel_gs_base;
	s->sysenter_cs = b->sysenter_cs;
	s->sysenter_esp = b->sysenter_esp;
	s->sysenter_eip = b->sysenter_eip;
}
