/* SPDX-License-Identifier: MIT
 *
 * The trace ring. trace.h says how it is written and read.
 */
#include "core/trace.h"
#include <pv-abi/xen.h>
#include "arch/clock.h"
#include "arch/x86.h"
#include "core/domain.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/frame.h"

void trace_init_cpu(unsigned int cpu)
{
	cpus[cpu]->trace = kzalloc_pages(TRACE_RECORDS * sizeof(struct trace_record));
	if (!cpus[cpu]->trace)
		panic("no memory for the trace ring of CPU %u", cpu);
}

void trace(enum trace_kind kind, unsigned int number, uint64_t rip, uint64_t a0, uint64_t a1,
	   uint64_t a2)
{
	struct cpu *c = this_cpu();
	unsigned long flags = local_irq_save();
	struct trace_record *r;

	if (likely(c->trace)) {
		r = &c->trace[c->trace_next / sizeof(*r) % TRACE_RECORDS];
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
		WRITE_ONCE(c->trace_next, c->trace_next + sizeof(*r));
	}
	local_irq_restore(flags);
}

bool trace_read(unsigned int cpu, uint64_t seq, struct trace_record *out)
{
	const struct trace_record *ring = cpus[cpu]->trace;

	if (!ring || seq == 0 || seq > trace_last(cpu))
		return false;
	*out = ring[(seq - 1) % TRACE_RECORDS];
	out->seq = seq;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	/* The next to be written may be half there already, and takes the place of the oldest. */
	return trace_last(cpu) - seq < TRACE_RECORDS - 1;
}

uint64_t trace_last(unsigned int cpu)
{
	return READ_ONCE(cpus[cpu]->trace_next) / sizeof(struct trace_record);
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
					     "crash", "exit" };
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
