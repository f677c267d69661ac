/* SPDX-License-Identifier: MIT
 *
 * SVM on each CPU: found, switched on, and its address-space identifiers given out.
 *
 * A CPU tags what it caches of a guest's translations with the vCPU's ASID, so that entering and leaving flush nothing.
 * Numbers are given out per CPU, one after the other; when they are used up all are flushed and a new generation
 * begins. So a number stands for one vCPU and one moment of its memory map: a vCPU that comes to another CPU, or whose
 * domain has lost memory, takes a new one, and what the old one had cached is never looked at again. [APM2 15.16]
 *
 * All of it is the CPU's own: interrupts off, no locks.
 */
#include "arch/features.h"
#include "hvm/svm/svm.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/frame.h"

#define MSR_VM_CR       0xc0010114
#define VM_CR_SVMDIS    (1UL << 4)
#define MSR_VM_HSAVE_PA 0xc0010117
#define EFER_SVME       (1UL << 12)

#define CPUID_SVM       0x8000000a
#define SVM_FEATURE_NP  (1U << 0)

static struct svm_cpu {
	void *hsave, *host;             /* VMRUN's page for our state, and VMSAVE's */
	uint64_t generation;
	uint32_t next_asid;
	bool flush;                     /* the generation is new: nothing of the old one is to remain */
} svm_cpus[MAX_CPUS];
static uint32_t max_asid;
static bool available;

static bool svm_present(void)
{
	struct cpuid_regs r;
	uint64_t cr;

	if (!(cpuid(0x80000001).c & (1U << 2)) || cpuid(0x80000000).a < CPUID_SVM)
		return false;
	r = cpuid(CPUID_SVM);
	if (!(r.d & SVM_FEATURE_NP) || r.b < 2)
		return false;
	/* The firmware may have locked it away. */
	return rdmsr_safe(MSR_VM_CR, &cr) || !(cr & VM_CR_SVMDIS);
}

bool svm_available(void)
{
	return available;
}

/* Memory for it; if there is none the whole machine goes without. The boot CPU decides for all. */
void svm_prepare_cpu(struct cpu *c)
{
	struct svm_cpu *s = &svm_cpus[c->id];

	if (c->id == 0)
		available = svm_present();
	if (!available)
		return;
	s->hsave = alloc_hv_page();
	s->host = alloc_hv_page();
	if (!s->hsave || !s->host)
		panic("no memory for SVM of CPU %u", c->id);
	clear_page(s->hsave);
	clear_page(s->host);
	s->generation = 1;
	s->next_asid = 1;
	s->flush = true;
}

void svm_init_cpu(struct cpu *c)
{
	struct svm_cpu *s = &svm_cpus[c->id];

	if (!available)
		return;
	max_asid = cpuid(CPUID_SVM).b;
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
	wrmsr(MSR_VM_HSAVE_PA, virt_to_maddr(s->hsave).a);
	__asm__ volatile("vmsave %%rax" :: "a"(virt_to_maddr(s->host).a) : "memory");
}

uint64_t svm_host_maddr(void)
{
	return virt_to_maddr(svm_cpus[cpu_id()].host).a;
}

void svm_new_asid(struct vcpu *v)
{
	svm(v)->asid_generation = 0;
}

void svm_choose_asid(struct vcpu *v)
{
	struct svm_cpu *c = &svm_cpus[cpu_id()];
	uint64_t epoch = __atomic_load_n(&v->domain->hvm->p2m_epoch, __ATOMIC_SEQ_CST);
	struct svm_vcpu *s = svm(v);

	s->vmcb->tlb_control = 0;
	if (likely(s->asid_generation == c->generation && s->asid_cpu == cpu_id() && s->p2m_epoch == epoch))
		return;
	if (c->next_asid >= max_asid) {
		c->generation++;
		c->next_asid = 1;
		c->flush = true;
	}
	s->vmcb->asid = c->next_asid++;
	s->asid_generation = c->generation;
	s->asid_cpu = cpu_id();
	s->p2m_epoch = epoch;
	if (c->flush)
		s->vmcb->tlb_control = 1;       /* all, of every ASID */
	c->flush = false;
}
