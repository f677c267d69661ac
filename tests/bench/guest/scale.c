/* SPDX-License-Identifier: MIT
 *
 * What domains cost when there are many: making the n-th one, the memory it takes besides its own, and whether
 * those that sleep slow the one that runs. Small ones: no memory of their own, one vCPU, paused.
 */
#include "bench.h"
#include "domu.h"

#define MANY 500

static struct xen_domctl op;
static unsigned int ids[MANY], nr;

static unsigned long free_kb(void)
{
	static struct xen_sysctl s;

	memset(&s, 0, sizeof(s));
	return domu_sysctl(&s, XEN_SYSCTL_physinfo) ? 0 : s.u.physinfo.free_pages * 4;
}

static long make(unsigned int vcpus)
{
	long rc;

	memset(&op, 0, sizeof(op));
	op.u.createdomain.max_vcpus = vcpus;
	op.u.createdomain.max_evtchn_port = 127;
	op.u.createdomain.max_grant_frames = 4;
	op.u.createdomain.max_maptrack_frames = 4;
	op.u.createdomain.grant_opts = 2;
	rc = domu_domctl(&op, XEN_DOMCTL_createdomain, 0);
	if (rc)
		return rc;
	ids[nr++] = op.domain;
	memset(&op.u, 0, sizeof(op.u));
	op.u.max_vcpus.max = vcpus;
	rc = domu_domctl(&op, XEN_DOMCTL_max_vcpus, op.domain);
	op.u.max_mem.max_memkb = 4096;
	return rc ? rc : domu_domctl(&op, XEN_DOMCTL_max_mem, op.domain);
}

static long unmake(unsigned int id)
{
	long rc;

	do
		rc = domu_domctl(&op, XEN_DOMCTL_destroydomain, id);
	while (rc == -XEN_EAGAIN || rc == -XEN_EBUSY || rc == -XEN_ERESTART);
	return rc;
}

/* All gone, and their memory is back, but for what a hypervisor keeps in its own pools for the next ones. */
#define POOLS_KB 1024
static const char *unmake_all(unsigned long kb)
{
	while (nr)
		if (unmake(ids[--nr]))
			return wrong("domain %u could not be destroyed", ids[nr]);
	for (uint64_t end = system_time() + 3000000000UL; free_kb() + POOLS_KB < kb && system_time() < end;)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	return free_kb() + POOLS_KB < kb ? wrong("%lu of %lu KB came back", free_kb(), kb) : NULL;
}

static unsigned int wanted_nr, wanted_vcpus = 1;
static unsigned long kb_at_start;

static const char *fill(unsigned int n)
{
	wanted_nr = n;
	kb_at_start = free_kb();
	while (nr + 1 < n) {
		long rc = make(1);

		if (rc)
			return wrong("domain %u of %u was refused: %ld", nr + 1, n, rc);
	}
	return NULL;
}

static const char *fill_1(void) { wanted_vcpus = 1; return fill(1); }
static const char *fill_100(void) { wanted_vcpus = 1; return fill(100); }
static const char *fill_500(void) { wanted_vcpus = 1; return fill(MANY); }
static const char *fill_1_of_32(void) { wanted_vcpus = 32; return fill(1); }

static const char *empty(void)
{
	return unmake_all(kb_at_start);
}

/* ---- making the n-th ---- */

static long make_run(void) { return make(wanted_vcpus); }

static const char *make_after(long rc)
{
	unsigned int id = ids[nr - 1];

	if (rc)
		return wrong("creation returned %ld", rc);
	if (domu_domctl(&op, XEN_DOMCTL_getdomaininfo, id) || op.domain != id || op.u.getdomaininfo.max_vcpu_id != wanted_vcpus - 1)
		return "the new domain is not there as asked for";
	nr--;
	rc = unmake(id);
	return rc ? wrong("destruction returned %ld", rc) : NULL;
}

/* ---- memory for each, when all are there ---- */

static const char *memory_sample(uint64_t *ticks, unsigned int n)
{
	long rc = make(1);
	unsigned long kb = kb_at_start - free_kb();

	if (rc)
		return wrong("the last one was refused: %ld", rc);
	ticks[0] = kb / nr;
	return kb ? NULL : "they take no memory, which cannot be";
}

/* ---- does the running one notice? ---- */

static long yield_run(void) { return HYPERVISOR_sched_op(SCHEDOP_yield, NULL); }

#define CREATE(n, fn) { .name = n, .by_name_only = true, .samples = 8, .setup = fn, .run = make_run, .after = make_after, .teardown = empty }

const struct op scale_ops[] = {
	CREATE("create-domain-1st", fill_1),
	CREATE("create-domain-100th", fill_100),
	CREATE("create-domain-500th", fill_500),
	CREATE("create-domain-32-vcpus", fill_1_of_32),
	{ .name = "memory-kb-each-of-100", .by_name_only = true, .absolute = true, .samples = 1, .setup = fill_100,
	  .sample = memory_sample, .teardown = empty },
	{ .name = "memory-kb-each-of-500", .by_name_only = true, .absolute = true, .samples = 1, .setup = fill_500,
	  .sample = memory_sample, .teardown = empty },
	{ .name = "yield-among-500", .by_name_only = true, .setup = fill_500, .run = yield_run, .after = rc_is_zero, .teardown = empty },
	{ 0 }
};
