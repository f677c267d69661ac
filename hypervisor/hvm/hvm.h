/* SPDX-License-Identifier: MIT
 *
 * Fully virtualized domains: what the rest of the hypervisor knows of them.
 *
 * A domain of this kind has a translation of its own (hvm/p2m.c) and vCPUs with a whole processor's state, which a
 * backend runs: svm/ with the processor's help, later one without. Everything else that a PC has is a device model's,
 * a process of the control domain: pv-abi/paravane-hvm.h is what the two say to each other.
 *
 * Built only with CONFIG_HVM; without, is_hvm_domain() is false at compile time and no caller of these remains.
 *
 * Next: hvm/run.c for what happens between two entries into the guest, docs/full-virtualization.md for the whole.
 */
#ifndef HYPERVISOR_HVM_HVM_H
#define HYPERVISOR_HVM_HVM_H

#include <pv-abi/paravane-hvm.h>
#include "lib/types.h"

struct domain;
struct vcpu;
struct frame;
struct cpu;
struct domain_hvm;
struct vcpu_hvm;

/* createdomain's flags ask for a kind that this machine and build offer: 0, or -errno with the reason. */
long hvm_check_flags(uint32_t flags);
int hvm_domain_init(struct domain *d);
void hvm_domain_free(struct domain *d);
int hvm_vcpu_init(struct vcpu *v);
void hvm_vcpu_destroy(struct vcpu *v);

/* Before the CPU starts, on another one: its memory. Then on the CPU itself, when its own state is final. */
void hvm_prepare_cpu(struct cpu *c);
void hvm_init_cpu(struct cpu *c);

/* The context switch's half, interrupts off: between them the CPU has no domain's page table loaded. */
void hvm_switch_in(struct cpu *c, struct vcpu *v);
void hvm_switch_out(struct cpu *c, struct vcpu *v);
/* Enters the guest once and deals with its exit, or sees that it cannot go on. Interrupts are off; on return, either. */
void hvm_run(struct vcpu *v);

/* --- guest frames (hvm/p2m.c) --- */

/* The frame behind a guest frame number, with a reference; NULL: there is no memory. */
struct frame *p2m_get_frame(struct domain *d, unsigned long gfn);
/* An extent of new memory at gfn, all or nothing; false: the reason is on record. */
bool p2m_populate(struct domain *d, unsigned long gfn, unsigned int order, unsigned int memflags);
bool p2m_remove(struct domain *d, unsigned long gfn, unsigned int order);
/* A page-table entry for a foreign mapping that names a guest frame: names the machine frame then. 0 or -EINVAL. */
int p2m_translate_entry(struct domain *d, uint64_t *entry);

#endif
