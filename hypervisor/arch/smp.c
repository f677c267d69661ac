/* SPDX-License-Identifier: MIT
 *
 * Bringing up the other CPUs, and making them do something now.
 *
 * There is one mailbox. Whoever holds its lock writes a function and the set of
 * CPUs that shall run it, sends the IPI and waits until the set is empty. A CPU
 * that has interrupts off answers when it next spins on any lock (smp_poll()),
 * so a sender never waits for a CPU that waits for the sender.
 *
 * [SDM 3A 8.4.4]
 */
#include "arch/smp.h"
#include "arch/acpi.h"
#include "arch/apic.h"
#include "arch/desc.h"
#include "arch/init.h"
#include "arch/irq_vectors.h"
#include "arch/traps.h"
#include "arch/x86.h"
#include "boot/boot.h"
#include "lib/bitops.h"
#include "lib/panic.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "mm/domain_mm.h"
#include "mm/tlb.h"

struct cpu *cpus[MAX_CPUS];
unsigned int nr_cpus = 1;

static DEFINE_SPINLOCK(mailbox_lock, LOCK_TLB);
static struct {
	void (*fn)(void *);
	void *arg;
	uint64_t waiting;       /* CPUs that have not run fn yet */
} mailbox;

void smp_send_event_check(unsigned int cpu)
{
	apic_send_ipi(cpus[cpu]->apic_id, VECTOR_EVENT_CHECK);
}

/* Answer the mailbox if this CPU is asked. */
void smp_poll(void)
{
	uint64_t me = 1ULL << cpu_id();
	unsigned long flags;

	if (likely(!(__atomic_load_n(&mailbox.waiting, __ATOMIC_ACQUIRE) & me)))
		return;
	/* Else the interrupt could come in between, answer, and this would answer the next question unheard. */
	flags = local_irq_save();
	if (__atomic_load_n(&mailbox.waiting, __ATOMIC_ACQUIRE) & me) {
		mailbox.fn(mailbox.arg);
		__atomic_fetch_and(&mailbox.waiting, ~me, __ATOMIC_RELEASE);
	}
	local_irq_restore(flags);
}

static uint64_t online_mask(void)
{
	return nr_cpus == 64 ? ~0ULL : (1ULL << nr_cpus) - 1;
}

void smp_call(cpumask_t to, void (*fn)(void *), void *arg)
{
	uint64_t me = 1ULL << cpu_id(), others = to.bits & online_mask() & ~me;
	unsigned long flags;

	if (others) {
		spin_lock_irqsave(&mailbox_lock, flags);
		mailbox.fn = fn;
		mailbox.arg = arg;
		__atomic_store_n(&mailbox.waiting, others, __ATOMIC_RELEASE);
		for (uint64_t m = others; m; m &= m - 1)
			apic_send_ipi(cpus[first_bit(m)]->apic_id, VECTOR_CALL);
		while (__atomic_load_n(&mailbox.waiting, __ATOMIC_ACQUIRE))
			cpu_relax();
		spin_unlock_irqrestore(&mailbox_lock, flags);
	}
	if (to.bits & me) {
		flags = local_irq_save();
		fn(arg);
		local_irq_restore(flags);
	}
}

/* ---- TLB ---- */

void flush_tlb_local(void)
{
	tlb_reload_cr3();
}

void flush_tlb_one_local(unsigned long va)
{
	invlpg(va);
}

static void do_flush(void *unused)
{
	flush_tlb_local();
}

static void do_flush_one(void *va)
{
	flush_tlb_one_local((unsigned long)va);
}

/* Toggling CR4.PGE drops global translations as well. */
static void do_flush_global(void *unused)
{
	unsigned long cr4 = read_cr4();

	write_cr4(cr4 & ~(unsigned long)X86_CR4_PGE);
	write_cr4(cr4);
}

/* Most guests run on one CPU: nobody has to be asked. */
static inline bool is_here_only(cpumask_t m)
{
	return m.bits == 1ULL << cpu_id();
}

void flush_tlb_mask(cpumask_t m)
{
	if (likely(is_here_only(m)))
		flush_tlb_local();
	else
		smp_call(m, do_flush, NULL);
}

void flush_tlb_one_mask(cpumask_t m, unsigned long va)
{
	if (likely(is_here_only(m)))
		flush_tlb_one_local(va);
	else
		smp_call(m, do_flush_one, (void *)va);
}

void flush_tlb_all(void)
{
	smp_call((cpumask_t){ ~0ULL }, do_flush_global, NULL);
}

/* ---- start ---- */

extern const char trampoline[], trampoline_end[], trampoline_cr3[], trampoline_stack[], trampoline_cpu[];
extern char boot_l4[];

#define TRAMPOLINE_PAGE 8UL     /* 0x8000: conventional memory that no firmware keeps */

struct cpu *cpu_alloc(unsigned int id, uint32_t apic)
{
	struct cpu *c = kzalloc(sizeof(*c));
	char *stack = alloc_guarded_stack(HV_STACK_SIZE);

	if (!c || !stack)
		return NULL;
	c->self = c;
	c->id = id;
	c->apic_id = apic;
	c->stack_top = (unsigned long)stack + HV_STACK_SIZE;
	return c;
}

/* On the new CPU, on the boot tables and its own stack. */
void smp_ap_start(struct cpu *c);
void smp_ap_start(struct cpu *c)
{
	write_cr3(mfn_to_maddr(idle_l4).a);
	wrmsr(MSR_GS_BASE, (uint64_t)c);
	cpu_init_this(c);
	__atomic_store_n(&c->online, true, __ATOMIC_RELEASE);
	idle_stack_reset();
}

static bool __init ap_start(struct cpu *c)
{
	char *tr = mfn_to_virt(mfn(TRAMPOLINE_PAGE));

	memcpy(tr, trampoline, (size_t)(trampoline_end - trampoline));
#define TR_VAR(sym) (*(uint64_t *)(tr + ((sym) - trampoline)))
	TR_VAR(trampoline_cr3) = image_to_maddr(boot_l4).a;
	TR_VAR(trampoline_stack) = c->stack_top;
	TR_VAR(trampoline_cpu) = (uint64_t)c;
#undef TR_VAR
	apic_send_init(c->apic_id);
	udelay(200);
	for (int tries = 0; tries < 2; tries++) {
		apic_send_startup(c->apic_id, TRAMPOLINE_PAGE);
		for (int i = 0; i < (tries ? 20000 : 200); i++) {
			if (__atomic_load_n(&c->online, __ATOMIC_ACQUIRE))
				return true;
			udelay(50);
		}
	}
	return false;
}

void __init smp_start(void)
{
	uint32_t boot = apic_id();
	unsigned int limit = MAX_CPUS;
	void *below = alloc_hv_page();
	char v[16];

	/* A loader may have put a boot module where the other CPUs start: it gets its page back below. */
	if (!below)
		panic("no memory to start other CPUs");
	memcpy(below, mfn_to_virt(mfn(TRAMPOLINE_PAGE)), PAGE_SIZE);
	if (cmdline_find("maxcpus", v, sizeof(v)) && strtoul(v, NULL, 0))
		limit = (unsigned int)strtoul(v, NULL, 0);
	for (unsigned int i = 0; i < acpi_info.nr_cpus && nr_cpus < limit; i++) {
		struct cpu *c;

		if (acpi_info.cpu_apic_id[i] == boot)
			continue;
		c = cpu_alloc(nr_cpus, acpi_info.cpu_apic_id[i]);
		if (!c)
			panic("no memory for CPU%u", nr_cpus);
		cpus[nr_cpus] = c;
		cpu_prepare(c);
		if (!ap_start(c)) {
			printk(LOG_WARN "CPU with APIC id %u did not start: going on without it\n",
			       c->apic_id);
			cpus[nr_cpus] = NULL;
			continue;
		}
		nr_cpus++;
	}
	memcpy(mfn_to_virt(mfn(TRAMPOLINE_PAGE)), below, PAGE_SIZE);
	free_hv_page(below);
	printk("%u CPU%s\n", nr_cpus, nr_cpus == 1 ? "" : "s");
}
