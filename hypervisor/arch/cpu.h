/* SPDX-License-Identifier: MIT
 *
 * The per-CPU structure, found at %gs:0 while the hypervisor runs (the guest's
 * GS base waits in MSR_KERNEL_GS_BASE; SWAPGS on every entry from ring 3).
 * Owned by its CPU: no lock; other CPUs only set bits in softirq_pending and
 * read fields said to be read by others.
 *
 * A vCPU's registers are saved where they live: TSS.RSP0 and the syscall entry
 * point into current->regs, so that switching vCPUs copies no registers. The
 * hypervisor then runs on the CPU's one stack. Nothing on that stack belongs to
 * a vCPU: context_switch() is an ordinary function that returns.
 */
#ifndef HYPERVISOR_ARCH_CPU_H
#define HYPERVISOR_ARCH_CPU_H

#include "arch/layout.h"
#include "lib/types.h"

#define MAX_CPUS 64

struct vcpu;
struct tss64;
struct domain;
struct trace_record;

/* Work that a CPU does before it returns to a guest, lowest bit first. */
enum softirq {
	SOFTIRQ_TIMER,
	SOFTIRQ_SCHEDULE,
	SOFTIRQ_TASKLET,
	SOFTIRQ_TIME_CALIBRATE,
	SOFTIRQ_COUNT,
};

struct cpu {
	struct cpu *self;               /* %gs:0 */
	struct vcpu *curr;              /* %gs:8 */
	unsigned long stack_top;        /* %gs:16  the hypervisor's stack of this CPU */
	unsigned long regs_top;         /* %gs:24  end of current->regs' entry frame (= TSS.RSP0) */
	unsigned long scratch;          /* %gs:32  guest RSP during syscall entry */
	uint32_t softirq_pending;       /* %gs:40  bit mask of enum softirq; set by any CPU */
	uint32_t id;                    /* %gs:44  0 .. nr_cpus-1 */

	unsigned long regs_caller_saved; /* &current->regs.r11: how far a hypercall's entry saves */
	/* The trace ring, here because the path of a hypercall writes it (core/trace.h). */
	struct trace_record *trace;     /* TRACE_RECORDS of them, or NULL */
	unsigned long trace_next;       /* sizeof(struct trace_record) * records written */
	uint64_t trace_hypercall;       /* word 1 of a hypercall's record by curr */

	uint32_t apic_id;
	bool online;
	bool idle_polling;              /* in the idle loop, will notice softirq_pending */
	struct vcpu *idle;              /* this CPU's idle vCPU */
	struct domain *loaded_domain;   /* whose page tables CR3 holds; read by others for TLB shoot-down */
	struct vcpu *fpu_owner;

	struct tss64 *tss;
	uint64_t *gdt;                  /* the reserved GDT page of this CPU */
	mfn_t gdt_mfn;
	unsigned long cr3;              /* value in CR3 */
	unsigned long cr4;
	uint32_t irq_depth;
	uint8_t lock_level;             /* highest lock held (debug builds) */

	/* Owned by core/: see the headers there. */
	void *sched;                    /* struct sched_cpu */
	void *timers;                   /* struct timer_cpu */
	void *mm;                       /* struct mm_cpu */
	struct multicall_state {
		bool active, preempted;
		void *entry;            /* struct multicall_entry being run */
	} multicall;
};

extern struct cpu *cpus[MAX_CPUS];      /* by id; filled before that CPU is online */
extern unsigned int nr_cpus;            /* online CPUs; ids are 0 .. nr_cpus-1 */

static inline struct cpu *this_cpu(void)
{
	struct cpu *c;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(c));
	return c;
}

static inline struct vcpu *get_current(void)
{
	struct vcpu *v;

	__asm__ volatile("mov %%gs:8, %0" : "=r"(v));
	return v;
}
#define current get_current()

static inline unsigned int cpu_id(void)
{
	unsigned int id;

	__asm__ volatile("movl %%gs:44, %0" : "=r"(id));
	return id;
}

/* Set a softirq here, or there with an IPI when that CPU would not notice by itself. */
void raise_softirq(enum softirq nr);
void cpu_raise_softirq(unsigned int cpu, enum softirq nr);
void open_softirq(enum softirq nr, void (*handler)(void));

/* True when a preemptible operation should stop and continue later. */
static inline bool softirq_pending(void)
{
	uint32_t p;

	__asm__ volatile("movl %%gs:40, %0" : "=r"(p));
	return p != 0;
}
bool hypercall_preempt_check(void);     /* softirq pending, or an event for current (core/hypercall.c) */

#endif
