/* SPDX-License-Identifier: MIT
 *
 * Per-CPU ring of the last hypercalls, traps, context switches and events.
 * Written by its own CPU only, without a lock; read by panic and by sysctl
 * while it goes on (a record carries its own sequence number).
 */
#ifndef HYPERVISOR_CORE_TRACE_H
#define HYPERVISOR_CORE_TRACE_H

#include "lib/types.h"

enum trace_kind { TRACE_NONE, TRACE_HYPERCALL, TRACE_HYPERCALL_RET /* failed */, TRACE_TRAP, TRACE_SWITCH, TRACE_EVENT, TRACE_CRASH };

struct trace_record {
	uint64_t seq;           /* 0: being written */
	uint64_t tsc;
	uint16_t kind, domid, vcpu, number;     /* number: hypercall, vector, port */
	uint64_t rip;
	uint64_t arg[3];
};
#define TRACE_RECORDS 1024      /* per CPU, power of two */

void trace_init_cpu(unsigned int cpu);
void trace(enum trace_kind kind, unsigned int number, uint64_t rip, uint64_t a0, uint64_t a1, uint64_t a2);
/* Records are numbered from 1; one that has been overwritten or is being written: false. */
bool trace_read(unsigned int cpu, uint64_t seq, struct trace_record *out);
uint64_t trace_last(unsigned int cpu);  /* number of the newest, 0: none yet */
const char *hypercall_name(unsigned int nr);
void trace_dump(unsigned int cpu, unsigned int last);   /* to the console, for panic */

#endif
