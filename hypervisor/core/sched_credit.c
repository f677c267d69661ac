/* SPDX-License-Identifier: MIT
 *
 * Credit: how the CPUs' time is shared between domains.
 *
 * Every 30 ms the time of all CPUs is given out as credit (1 ns is 1) to the domains that
 * have run since, in proportion to their weights, and within a domain equally to its
 * vCPUs that have run. Running uses it up. A vCPU with credit left (UNDER) goes
 * before one without (OVER); one that has slept and has credit goes before both
 * for a moment (BOOST). So shares hold when all want to run, and no time is
 * wasted when some do not.
 *
 * A cap bounds what a domain gets, in percent of one CPU: at most that much credit is
 * given, and a vCPU of a capped domain that has none is parked until the next accounting.
 *
 * While nothing but idle vCPUs runs there is no accounting, and so no tick.
 *
 * Locks: LOCK_DOMLIST around the accounting, LOCK_SCHED of each vCPU's CPU inside.
 */
#include "core/sched_cpu.h"
#include "lib/bitops.h"

#define ACCT_PERIOD MILLISECS(30)

static struct timer acct_timer;
static bool acct_armed;         /* atomic */
static s_time_t acct_last;

void credit_charge(struct vcpu *v, s_time_t when)
{
	s_time_t ran = when - v->sched.charged;

	if (is_idle_vcpu(v) || ran <= 0)
		return;
	v->sched.charged = when;
	v->sched.credit -= ran;
	v->sched.active = true;
	if (v->sched.credit < 0)
		v->sched.pri = SCHED_OVER;
}

struct acct {
	s_time_t when, period;
	uint64_t weight;        /* of all domains that ran */
	bool any;
};

static unsigned int active_vcpus(const struct domain *d)
{
	unsigned int n = 0;
	struct vcpu *v;

	for_each_vcpu(d, v)
		n += v->sched.active || test_bit(VPF_PARKED, &v->pause_flags);
	return n;
}

static void acct_weigh(struct domain *d, void *arg)
{
	struct acct *a = arg;

	if (active_vcpus(d)) {
		a->weight += d->sched.weight;
		a->any = true;
	}
}

static void set_priority(struct sched_cpu *sc, struct vcpu *v)
{
	uint8_t pri = v->sched.credit < 0 ? SCHED_OVER : SCHED_UNDER;

	if (v->sched.pri == pri)
		return;
	if (v->sched.on_queue) {
		sched_dequeue(sc, v);
		v->sched.pri = pri;
		sched_enqueue(sc, v);
	} else {
		v->sched.pri = pri;
	}
}

static void acct_vcpu(struct vcpu *v, const struct acct *a, s_time_t share, bool capped)
{
	unsigned long flags;
	struct sched_cpu *sc = sched_lock_vcpu(v, &flags);
	bool runs = sc->curr == v, park, unpark = false;

	if (runs)
		credit_charge(v, a->when);
	v->sched.credit += share;
	/* Credit is no savings account, and debts end some time. */
	v->sched.credit = MIN(v->sched.credit, a->period);
	v->sched.credit = MAX(v->sched.credit, -2 * a->period);
	set_priority(sc, v);
	/* Whoever has credit again need not wait for the slice of one who has none. */
	if (v->sched.on_queue && v->sched.pri < sc->curr->sched.pri)
		cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
	v->sched.active = runs;
	park = capped && v->sched.credit < 0;
	if (park)
		set_bit(VPF_PARKED, &v->pause_flags);
	else
		unpark = test_and_clear_bit(VPF_PARKED, &v->pause_flags);
	spin_unlock_irqrestore(&sc->lock, flags);

	if (park)
		sched_sleep(v);
	else if (unpark)
		sched_wake(v);
}

static void acct_domain(struct domain *d, void *arg)
{
	const struct acct *a = arg;
	unsigned int n = active_vcpus(d);
	s_time_t share = 0, limit;
	struct vcpu *v;

	if (n && a->weight)
		share = (s_time_t)((uint64_t)a->period * nr_cpus / a->weight * d->sched.weight);
	if (d->sched.cap) {
		limit = a->period / 100 * d->sched.cap;
		share = MIN(share, limit);
	}
	for_each_vcpu(d, v)
		if (v->sched.active || test_bit(VPF_PARKED, &v->pause_flags))
			acct_vcpu(v, a, share / MAX(n, 1U), d->sched.cap != 0);
}

static void acct_fn(void *arg)
{
	struct acct a = { .when = now() };

	a.period = MIN(a.when - acct_last, 4 * ACCT_PERIOD);
	acct_last = a.when;
	domain_for_each(acct_weigh, &a);
	domain_for_each(acct_domain, &a);
	if (a.any)
		timer_set(&acct_timer, a.when + ACCT_PERIOD);
	else
		__atomic_store_n(&acct_armed, false, __ATOMIC_SEQ_CST);
}

void credit_start(void)
{
	if (READ_ONCE(acct_armed) || __atomic_exchange_n(&acct_armed, true, __ATOMIC_SEQ_CST))
		return;
	acct_last = now();
	timer_set(&acct_timer, acct_last + ACCT_PERIOD);
}

void credit_init(void)
{
	timer_init(&acct_timer, acct_fn, NULL, 0);
}
