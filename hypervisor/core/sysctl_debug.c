/* SPDX-License-Identifier: MIT
 *
 * What helps to find out what happened: the log, the debug keys, the reason of the last
 * error and the trace. The last two are Paravane's own [pv-abi/paravane.h].
 */
#include <pv-abi/paravane.h>
#include "arch/guest_access.h"
#include "core/console.h"
#include "core/hypercall.h"
#include "core/sysctl.h"
#include "core/trace.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/frame.h"

#define CHUNK 512

long sysctl_readconsole(struct xen_sysctl *op)
{
	struct xen_sysctl_readconsole *r = &op->u.readconsole;
	uint32_t index = r->index, done = 0;
	bool incremental = r->incremental;
	char buf[CHUNK];

	while (done < r->count) {
		size_t n = console_read_log(buf, MIN(r->count - done, CHUNK), &index, r->clear,
					    incremental);

		if (n == 0)
			break;
		if (copy_to_guest_va(r->buffer.p + done, buf, n))
			return -EFAULT;
		done += (uint32_t)n;
		incremental = true;     /* the next chunk follows this one */
	}
	r->count = done;
	r->index = index;
	return 0;
}

long sysctl_debug_keys(struct xen_sysctl *op)
{
	char key;

	for (uint32_t i = 0; i < MIN(op->u.debug_keys.nr_keys, 128U); i++) {
		if (copy_from_guest_va(&key, op->u.debug_keys.keys.p + i, 1))
			return -EFAULT;
		handle_debug_key(key);
	}
	return 0;
}

/* The newest of the calling domain's vCPUs: the caller may have been moved to another since it failed. */
long sysctl_error_reason(struct xen_sysctl *op)
{
	struct paravane_sysctl_error_reason r;
	const struct vcpu *v, *newest = current;

	for_each_vcpu(current->domain, v)
		if (v->error.when > newest->error.when)
			newest = v;
	memset(&r, 0, sizeof(r));
	strlcpy(r.reason, newest->error.text, sizeof(r.reason));
	memcpy(&op->u, &r, sizeof(r));
	return 0;
}

/* Where the merge stands in each CPU's ring: the next older record. */
struct cursor {
	uint64_t seq;
	bool valid;
	struct trace_record r;
};

static void cursor_load(struct cursor *c, unsigned int cpu, uint32_t domid)
{
	for (; c->seq; c->seq--) {
		c->valid = trace_read(cpu, c->seq, &c->r);
		if (!c->valid)
			break;          /* older ones are gone as well */
		if (domid == DOMID_INVALID || c->r.domid == domid ||
		    (c->r.kind == TRACE_CRASH && c->r.arg[0] == domid))
			return;
	}
	c->valid = false;
}

_Static_assert(sizeof(struct trace_record) == sizeof(struct paravane_trace_record), "trace record");
_Static_assert(offsetof(struct trace_record, arg) == offsetof(struct paravane_trace_record, arg),
	       "trace record");

/* From the newest back, always the newest of what the CPUs have left; stored so that the oldest is first. */
static uint32_t merge(struct cursor *cur, uint32_t domid, struct trace_record *out, uint32_t room)
{
	uint32_t n = room;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		cur[cpu].seq = trace_last(cpu);
		cursor_load(&cur[cpu], cpu, domid);
	}
	while (n) {
		unsigned int best = nr_cpus;

		for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
			if (cur[cpu].valid && (best == nr_cpus || cur[cpu].r.tsc > cur[best].r.tsc))
				best = cpu;
		if (best == nr_cpus)
			break;
		out[--n] = cur[best].r;
		cur[best].seq--;
		cursor_load(&cur[best], best, domid);
	}
	return n;
}

long sysctl_trace_read(struct xen_sysctl *op)
{
	struct paravane_sysctl_trace_read t;
	uint32_t room, first;
	struct trace_record *buf;
	struct cursor *cur;
	long rc = 0;

	memcpy(&t, &op->u, sizeof(t));
	room = MIN(t.count, (uint32_t)TRACE_RECORDS);
	buf = kzalloc_pages(MAX(room, 1U) * sizeof(*buf));
	cur = kzalloc(nr_cpus * sizeof(*cur));
	if (buf && cur) {
		first = merge(cur, t.domid, buf, room);
		t.count = room - first;
		if (copy_to_guest_va((void *)t.buffer, buf + first, t.count * sizeof(*buf)))
			rc = -EFAULT;
		memcpy(&op->u, &t, sizeof(t));
	} else {
		rc = -ENOMEM;
	}
	if (buf)
		kfree_pages(buf, MAX(room, 1U) * sizeof(*buf));
	kfree(cur);
	return rc;
}
