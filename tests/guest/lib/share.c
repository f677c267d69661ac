/* SPDX-License-Identifier: MIT
 *
 * Bystanders that measure: see share.h.
 */
#include "share.h"

#define MS 1000000UL

_Static_assert(sizeof(struct share_meter) <= sizeof(((struct domu_channel *)0)->word), "the meter is in the channel's words");

/* ---- the bystanders ---- */

static volatile struct share_meter *meter_of(void *arg)
{
	return arg ? arg : (volatile struct share_meter *)domu_channel->word;
}

void share_busy(void *meter)
{
	volatile struct share_meter *m = meter_of(meter);

	for (;;) {
		for (volatile unsigned int i = 0; i < 1000; i++)
			;
		/* For QEMU's -icount, which else goes to another CPU only every 100 ms. */
		__asm__ volatile("pause");
		m->loops++;
	}
}

static void clear(volatile struct share_meter *m)
{
	m->wakes = m->worst_ns = 0;
	for (unsigned int i = 0; i < SHARE_BUCKETS; i++)
		m->bucket[i] = 0;
	m->reset = 0;
}

/* Of different lengths, so that nobody's period hides in it. */
void share_sleep_once(volatile struct share_meter *m, unsigned int round)
{
	uint64_t until = system_time() + 2 * MS + (round * 37 % 50) * 100000UL, late;
	struct sched_poll p = { .nr_ports = 0, .timeout = until };

	HYPERVISOR_sched_op(SCHEDOP_poll, &p);
	late = system_time();
	late = late > until ? late - until : 0;
	m->bucket[late / SHARE_STEP_NS < SHARE_BUCKETS ? late / SHARE_STEP_NS : SHARE_BUCKETS - 1]++;
	if (late > m->worst_ns)
		m->worst_ns = late;
	m->wakes++;
}

void share_sleeper(void *meter)
{
	volatile struct share_meter *m = meter_of(meter);

	for (unsigned int round = 0;; round++) {
		if (m->reset)
			clear(m);
		share_sleep_once(m, round);
	}
}

uint64_t share_percentile(const volatile struct share_meter *m, unsigned int percent)
{
	uint64_t want = (m->wakes * percent + 99) / 100, seen = 0;

	for (unsigned int i = 0; i < SHARE_BUCKETS; i++) {
		seen += m->bucket[i];
		if (seen >= want)
			return (i + 1) * SHARE_STEP_NS;
	}
	return m->worst_ns;
}

/* ---- the control domain ---- */

static uint64_t cpu_time(unsigned int domid)
{
	static struct xen_domctl op;

	if (domu_domctl(&op, XEN_DOMCTL_getdomaininfo, domid) || op.domain != domid)
		die("no CPU time of domain %u", domid);
	return op.u.getdomaininfo.cpu_time;
}

static void rest(uint64_t ns)
{
	uint64_t end = system_time() + ns;
	struct sched_poll p = { .nr_ports = 0, .timeout = end };

	while (system_time() < end)
		HYPERVISOR_sched_op(SCHEDOP_poll, &p);
}

void share_start(struct share *s)
{
	domu_create(&s->busy, &(struct domu_config){ .main = share_busy });
	domu_create(&s->sleeper, &(struct domu_config){ .main = share_sleeper });
	domu_start(&s->busy);
	domu_start(&s->sleeper);
}

static void read_times(struct share *s, const struct domu *attacker, uint64_t t[4])
{
	t[0] = cpu_time(s->busy.domid);
	t[1] = attacker ? cpu_time(attacker->domid) : 0;
	t[2] = cpu_time(0);
	t[3] = cpu_time(s->sleeper.domid);
}

void share_measure(struct share *s, const struct domu *attacker, uint64_t ns, struct share_result *r)
{
	volatile struct share_meter *m = (volatile struct share_meter *)s->sleeper.channel->word;
	uint64_t before[4], after[4], start;

	/* The first moments are not the state that is promised. */
	rest(200 * MS);
	m->reset = 1;
	start = system_time();
	read_times(s, attacker, before);
	rest(ns);
	read_times(s, attacker, after);
	r->ns = system_time() - start;
	r->busy_ns = after[0] - before[0];
	r->attacker_ns = after[1] - before[1];
	r->control_ns = after[2] - before[2];
	r->sleeper_ns = after[3] - before[3];
	r->wakes = m->wakes;
	r->median_ns = share_percentile(m, 50);
	r->p99_ns = share_percentile(m, 99);
	r->worst_ns = m->worst_ns;
}

void share_end(struct share *s)
{
	if (!domu_destroy(&s->busy) || !domu_destroy(&s->sleeper))
		ok(false, "the bystanders have not gone");
}
