/* SPDX-License-Identifier: MIT
 *
 * Between the files of svm/.
 */
#ifndef HYPERVISOR_HVM_SVM_SVM_H
#define HYPERVISOR_HVM_SVM_SVM_H

#include "hvm/internal.h"
#include "hvm/svm/vmcb.h"

struct svm_vcpu {
	struct vmcb *vmcb;
	uint64_t asid_generation;       /* of asid_cpu; 0: none yet */
	uint64_t p2m_epoch;             /* translations under this ASID are not older */
	unsigned int asid_cpu;
	uint64_t iret_rip;              /* where an IRET that ends an NMI was seen; with iret_seen */
	bool iret_seen;
};

static inline struct svm_vcpu *svm(const struct vcpu *v)
{
	return v->hvm->arch;
}

/* cpu.c */
uint64_t svm_host_maddr(void);          /* where this CPU's own VMSAVE state lies */
void svm_choose_asid(struct vcpu *v);   /* interrupts off, on its way in */
void svm_new_asid(struct vcpu *v);      /* what it has cached is not to be used again */

/* vmcb.c */
int svm_vcpu_init(struct vcpu *v);
void svm_vcpu_destroy(struct vcpu *v);
void svm_set_state(struct vcpu *v, const struct paravane_hvm_state *s);
void svm_get_state(struct vcpu *v, struct paravane_hvm_state *s);

/* exit.c */
void svm_exit(struct vcpu *v);

/* entry.S: into the guest and back, GIF and interrupts off before and, of these, interrupts off after. */
void svm_enter(struct cpu_user_regs *regs, uint64_t vmcb, uint64_t host);

#endif
