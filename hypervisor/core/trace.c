/* SPDX-License-Identifier: MIT
 *
 * The trace ring. Each CPU writes its own: an interrupt handler may write one
 * record into the middle of another's making, so the slot is taken by one
 * instruction, and a record's sequence number is 0 until it is complete.
 */
#include "core/trace.h"
#include <pv-abi/xen.h>
#include "arch/clock.h"
#include "core/domain.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/frame.h"

struct trace_cpu {
	uint64_t next;
	struct trace_record record[TRACE_RECORDS];
};

void trace_init_cpu(unsigned int cpu)
{
	cpus[cpu]->trace = kzalloc_pages(sizeof(struct trace_cpu));
	if (!cpus[cpu]->trace)
		panic("no memory for the trace ring of CPU %u", cpu);
}

void trace(enum trace_kind kind, unsigned int number, uint64_t rip, uint64_t a0, uint64_t a1,
	   uint64_t a2)
{
	struct cpu *c = this_cpu();
	struct trace_cpu *tc = c->trace;
	struct trace_record *r;
	uint64_t n = 1;

	if (unlikely(!tc))
		return;
	__asm__ volatile("xaddq %0, %1" : "+r"(n), "+m"(tc->next));
	r = &tc->record[n % TRACE_RECORDS];
	WRITE_ONCE(r->seq, 0);
	barrier();
	r->tsc = rdtsc();
	r->kind = (uint16_t)kind;
	r->domid = c->curr->domain->domid;
	r->vcpu = (uint16_t)c->curr->vcpu_id;
	r->number = (uint16_t)number;
	r->rip = rip;
	r->arg[0] = a0;
	r->arg[1] = a1;
	r->arg[2] = a2;
	barrier();
	WRITE_ONCE(r->seq, n + 1);
}

bool trace_read(unsigned int cpu, uint64_t seq, struct trace_record *out)
{
	struct trace_cpu *tc = cpus[cpu]->trace;
	const struct trace_record *r;

	if (!tc || seq == 0)
		return false;
	r = &tc->record[(seq - 1) % TRACE_RECORDS];
	if (__atomic_load_n(&r->seq, __ATOMIC_ACQUIRE) != seq)
		return false;
	*out = *r;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return READ_ONCE(r->seq) == seq;
}

uint64_t trace_last(unsigned int cpu)
{
	struct trace_cpu *tc = cpus[cpu]->trace;

	return tc ? READ_ONCE(tc->next) : 0;
}

#define X(nr, name, status, nargs, ...) [nr] = #name,
static const char *const hypercall_names[] = {
#include <pv-abi/hypercalls.def>
};

const char *hypercall_name(unsigned int nr)
{
	return nr < ARRAY_SIZE(hypercall_names) && hypercall_names[nr] ? hypercall_names[nr] : "?";
}

static void print_record(const struct trace_record *r)
{
	static const char *const kinds[] = { "none", "hypercall", "error", "trap", "switch", "event",
					     "crash" };
	const char *kind = r->kind < ARRAY_SIZE(kinds) ? kinds[r->kind] : "?";
	bool call = r->kind == TRACE_HYPERCALL || r->kind == TRACE_HYPERCALL_RET;

	printk("  %8lu %6ld us d%uv%u %-9s %s%u rip %lx args %lx %lx %lx\n", (unsigned long)r->seq,
	       (long)(tsc_to_s_time(r->tsc) / 1000), r->domid, r->vcpu, kind,
	       call ? hypercall_name(r->number) : "", r->number, (unsigned long)r->rip,
	       (unsigned long)r->arg[0], (unsigned long)r->arg[1], (unsigned long)r->arg[2]);
}

void trace_dump(unsigned int cpu, unsigned int last)
{
	uint64_t end = trace_last(cpu), seq;
	struct trace_record r;

	if (last > TRACE_RECORDS)
		last = TRACE_RECORDS;
	printk("Last records of CPU %u:\n", cpu);
	for (seq = end > last ? end - last + 1 : 1; seq <= end; seq++)
		if (trace_read(cpu, seq, &r))
			print_record(&r);
}
