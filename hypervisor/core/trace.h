/* SPDX-License-Identifier: MIT
 *
 * Per-CPU ring of the last hypercalls, traps, context switches and events.
 * Written by its own CPU only, with interrupts off, without a lock; read by panic and by
 * sysctl while it goes on. A record is written first and counted then, so all that are
 * counted are complete, but for those that were overwritten meanwhile. The path of
 * a hypercall (arch/entry.S) writes its record itself.
 */
#ifndef HYPERVISOR_CORE_TRACE_H
#define HYPERVISOR_CORE_TRACE_H

#include "arch/clock.h"
#include "arch/cpu.h"
#include "lib/types.h"

struct vcpu;
enum trace_kind { TRACE_NONE, TRACE_HYPERCALL, TRACE_HYPERCALL_RET /* failed */, TRACE_TRAP, TRACE_SWITCH, TRACE_EVENT, TRACE_CRASH, TRACE_EXIT };

struct trace_record {
	uint64_t seq;           /* filled in by trace_read() */
	uint64_t tsc;
	uint16_t kind, domid, vcpu, number;     /* number: hypercall, vector, port, exit code */
	uint64_t rip;
	uint64_t arg[3];
	uint64_t spare;
};
#define TRACE_RECORDS 1024      /* per CPU; all together 64 KB: entry.S takes 16 bits of the count as offset */
_Static_assert(sizeof(struct trace_record) * TRACE_RECORDS == 65536, "trace ring");

/* Word 1 of a record: kind, domid, vcpu, number, as the structure has them. */
static inline uint64_t trace_word(enum trace_kind kind, unsigned int domid, unsigned int vcpu, unsigned int number)
{
	return (uint64_t)kind | (uint64_t)(uint16_t)domid << 16 | (uint64_t)(uint16_t)vcpu << 32 |
	       (uint64_t)number << 48;
}

void trace_init_cpu(unsigned int cpu);
void trace(enum trace_kind kind, unsigned int number, uint64_t rip, uint64_t a0, uint64_t a1, uint64_t a2);
/* The same, with interrupts off and for current, where instructions count. */
static inline void trace_here(struct cpu *c, enum trace_kind kind, unsigned int number, uint64_t rip, uint64_t a0,
			      uint64_t a1, uint64_t a2)
{
	struct trace_record *r = (struct trace_record *)((char *)c->trace + (uint16_t)c->trace_next);
	uint64_t *word = (uint64_t *)(void *)&r->kind;

	r->tsc = rdtsc();
	*word = c->trace_hypercall - TRACE_HYPERCALL + kind + ((uint64_t)number << 48);
	r->rip = rip;
	r->arg[0] = a0;
	r->arg[1] = a1;
	r->arg[2] = a2;
	barrier();
	WRITE_ONCE(c->trace_next, c->trace_next + sizeof(*r));
}

/* Records are numbered from 1; one that has been overwritten or is being written: false. */
bool trace_read(unsigned int cpu, uint64_t seq, struct trace_record *out);
uint64_t trace_last(unsigned int cpu);  /* number of the newest, 0: none yet */
const char *hypercall_name(unsigned int nr);
void trace_dump(unsigned int cpu, unsigned int last);   /* to the console, for panic */

#endif
