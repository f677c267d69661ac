/* SPDX-License-Identifier: MIT
 *
 * Credit: how the CPUs' time is shared between domains.
 *
 * Every 30 ms the time that was used since is given back as credit (1 ns is 1), in
 * proportion to weights, to those who used it: who used more than its share falls
 * behind, who used less comes forward, and the sum stays what it was. A vCPU
 * with credit (UNDER) goes before one without (OVER); one that has slept and has
 * credit goes before both for a moment (BOOST).
 *
 * Nobody gets more than it used and a reserve of one period; what it leaves is shared out among the
 * others, in rounds, until nothing is left over. Otherwise a domain that
 * runs a little would take credit out of the game, all others would slide into debt, and
 * weights would mean nothing.
 *
 * A domain's weight is divided among those of its vCPUs that run. All CPUs share
 * one pool of time, but a CPU to which some vCPU is pinned is a pool of its own: those who
 * compete there cannot be paid with time of another CPU.
 *
 * A cap bounds what a domain gets, in percent of one CPU; a vCPU of a capped
 * domain that has no credit is parked until the next accounting.
 *
 * Who is in debt pays by sleeping, out of its domain's share of the time that others use meanwhile.
 *
 * While nothing but idle vCPUs runs there is no accounting, and so no tick; debts are forgotten then.
 *
 * Locks: LOCK_DOMLIST in each pass over the domains, LOCK_SCHED of each vCPU's CPU inside.
 */
#include "core/sched_cpu.h"
#include "lib/bitops.h"

#define ACCT_PERIOD SCHED_ACCT_PERIOD
#define FILL_ROUNDS 4           /* who is left after that is treated as all others */

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
	v->sched.used += ran;
	v->sched.active = true;
	if (v->sched.credit < 0)
		v->sched.pri = SCHED_OVER;
}

/* Time that was used and is to be given back, and the weights of those who are still in. */
struct pool {
	uint64_t time, weight;
};

struct acct {
	s_time_t when, period;
	struct pool cpu[MAX_CPUS], common;
	uint64_t pinned;        /* CPUs that are pools of their own */
	bool any, changed;
};

static struct pool *pool_of(struct acct *a, const struct vcpu *v)
{
	return (a->pinned >> v->sched.acct_cpu) & 1 ? &a->cpu[v->sched.acct_cpu] : &a->common;
}

/* Has it run, or wanted to? One that only waited must get its share, or it would wait for ever. */
static bool wants_time(const struct vcpu *v)
{
	return v->sched.active || v->sched.on_queue || test_bit(VPF_PARKED, &v->pause_flags);
}

/*
 * Debts are paid, never slept off: else a domain whose vCPUs run in turn has one that is rested at any
 * time, and the others never get their share. So a debtor takes part while it sleeps, and its domain's share with it.
 */
static bool takes_part(const struct vcpu *v)
{
	return wants_time(v) || v->sched.credit < 0;
}

static unsigned int active_vcpus(const struct domain *d)
{
	unsigned int n = 0;
	struct vcpu *v;

	for_each_vcpu(d, v)
		n += takes_part(v);
	return n;
}

/* First pass: who has run, how long, where. */
static void acct_collect(struct domain *d, void *arg)
{
	unsigned int n = active_vcpus(d);
	struct acct *a = arg;
	struct vcpu *v;

	for_each_vcpu(d, v) {
		unsigned long flags;
		struct sched_cpu *sc;
		uint64_t allowed;

		v->sched.counted = takes_part(v);
		if (!v->sched.counted)
			continue;
		a->any |= wants_time(v);
		sc = sched_lock_vcpu(v, &flags);
		if (sc->curr == v)
			credit_charge(v, a->when);
		v->sched.acct_used = v->sched.used;
		v->sched.used = 0;
		v->sched.active = sc->curr == v;
		v->sched.acct_cpu = (uint8_t)v->processor;
		allowed = sched_allowed_cpus(v);
		spin_unlock_irqrestore(&sc->lock, flags);

		v->sched.share_weight = ((uint32_t)d->sched.weight << 8) / MAX(n, 1U);
		v->sched.share = -1;
		if ((allowed & (allowed - 1)) == 0)
			a->pinned |= allowed;
		a->cpu[v->sched.acct_cpu].time += (uint64_t)v->sched.acct_used;
		a->cpu[v->sched.acct_cpu].weight += v->sched.share_weight;
	}
}

/* The most that v may be given: what it used, up to a reserve, and not above its domain's cap. */
static s_time_t room(const struct acct *a, const struct vcpu *v)
{
	s_time_t most = v->sched.acct_used + MAX(a->period - v->sched.credit - v->sched.acct_used, 0);
	const struct domain *d = v->domain;

	if (d->sched.cap) {
		unsigned int n = active_vcpus(d);

		most = MIN(most, a->period / 100 * d->sched.cap / (s_time_t)MAX(n, 1U));
	}
	return most;
}

static s_time_t fair_share(const struct pool *p, const struct vcpu *v)
{
	return p->weight ? (s_time_t)(p->time / 256 * v->sched.share_weight / p->weight * 256) : 0;
}

/* A round: those whose share is more than they have room for get that and are out. */
static void acct_fill(struct domain *d, void *arg)
{
	struct acct *a = arg;
	struct vcpu *v;

	for_each_vcpu(d, v) {
		struct pool *p = pool_of(a, v);
		s_time_t most;

		if (!v->sched.counted || v->sched.share >= 0)
			continue;
		most = room(a, v);
		if (fair_share(p, v) <= most)
			continue;
		v->sched.share = most;
		p->time -= MIN(p->time, (uint64_t)most);
		p->weight -= v->sched.share_weight;
		a->changed = true;
	}
}

static void set_priority(struct sched_cpu *sc, struct vcpu *v)
{
	uint8_t pri = v->sched.credit < 0 ? SCHED_OVER : SCHED_UNDER;

	/* One that was woken and has not run yet keeps its boost. */
	if (v->sched.pri == pri || (v->sched.on_queue && v->sched.pri < pri && pri == SCHED_UNDER))
		return;
	if (v->sched.on_queue) {
		sched_dequeue(sc, v);
		v->sched.pri = pri;
		sched_enqueue(sc, v);
	} else {
		v->sched.pri = pri;
	}
}

static void pay(struct vcpu *v, const struct acct *a, s_time_t share)
{
	unsigned long flags;
	struct sched_cpu *sc = sched_lock_vcpu(v, &flags);
	bool park, unpark = false;

	/* Credit is no savings account, and debts end some time. */
	v->sched.credit = MIN(v->sched.credit + share, a->period);
	v->sched.credit = MAX(v->sched.credit, -2 * a->period);
	set_priority(sc, v);
	if (v->sched.on_queue && sched_is_rich(v)) {
		sched_move_first(sc, v);
		/* It runs when the one that runs has had its millisecond. */
		if (v->sched.pri == SCHED_UNDER && sc->curr->sched.pri == SCHED_UNDER && !sched_is_rich(sc->curr))
			cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
	}
	/* Whoever has credit again need not wait for the slice of one who has none. */
	if (v->sched.on_queue && v->sched.pri < sc->curr->sched.pri)
		cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
	park = v->domain->sched.cap && v->sched.credit < 0;
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

/*
 * What is left is shared out. A parked vCPU gets what its cap allows even if there is less: the CPU may
 * have been idle meanwhile, and what nobody used cannot be given back, but it must come out of its debt.
 */
static s_time_t share_of(struct acct *a, const struct vcpu *v)
{
	s_time_t share = v->sched.share;

	if (share < 0)
		share = fair_share(pool_of(a, v), v);
	if (test_bit(VPF_PARKED, &v->pause_flags))
		share = MAX(share, room(a, v));
	return share;
}

/* Last pass. */
static void acct_pay(struct domain *d, void *arg)
{
	struct acct *a = arg;
	struct vcpu *v;

	for_each_vcpu(d, v)
		if (v->sched.counted)
			pay(v, a, share_of(a, v));
}

/* For a whole period nobody wanted any time: nobody is owed any. */
static void forgive(struct domain *d, void *arg)
{
	struct vcpu *v;

	for_each_vcpu(d, v) {
		unsigned long flags;
		struct sched_cpu *sc = sched_lock_vcpu(v, &flags);

		if (v->sched.credit < 0) {
			v->sched.credit = 0;
			set_priority(sc, v);
		}
		spin_unlock_irqrestore(&sc->lock, flags);
	}
}

static void acct_fn(void *arg)
{
	static struct acct a;   /* too large for the stack; this timer only */

	a = (struct acct){ .when = now() };
	a.period = MIN(a.when - acct_last, 4 * ACCT_PERIOD);
	acct_last = a.when;
	domain_for_each(acct_collect, &a);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		if ((a.pinned >> cpu) & 1)
			continue;
		a.common.time += a.cpu[cpu].time;
		a.common.weight += a.cpu[cpu].weight;
	}
	for (unsigned int i = 0; i < FILL_ROUNDS; i++) {
		a.changed = false;
		domain_for_each(acct_fill, &a);
		if (!a.changed)
			break;
	}
	domain_for_each(acct_pay, &a);
	if (a.any) {
		timer_set(&acct_timer, a.when + ACCT_PERIOD);
	} else {
		domain_for_each(forgive, NULL);
		__atomic_store_n(&acct_armed, false, __ATOMIC_SEQ_CST);
		/* One that was switched to meanwhile found it armed still. */
		for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
			if (!is_idle_vcpu(READ_ONCE(sched_cpu(cpu)->curr)))
				credit_start();
	}
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
