/* SPDX-License-Identifier: MIT
 *
 * The scheduler: which vCPU a CPU runs next.
 *
 * Each CPU has a queue for each priority. A vCPU belongs to one CPU
 * (v->processor) at a time and is either running there, on its queue, or
 * neither because something keeps it (vcpu_runnable()). It changes its CPU only
 * while it is not running: when woken (an idle CPU takes it), when an idle CPU
 * takes work from a busy one, and when its affinity forbids the old CPU.
 *
 * A vCPU's registers live in its structure, so a switch is a plain function call
 * on the CPU's stack. is_running stays set until the switch away has saved the
 * rest (segments, FPU); no other CPU touches a vCPU before that.
 *
 * Locks: LOCK_SCHED, one for each CPU, taken with interrupts off because
 * interrupt handlers wake vCPUs. Never two at once.
 *
 * Next: core/sched_credit.c decides the priorities.
 */
#include "core/sched_cpu.h"
#include "arch/context.h"
#include "arch/x86.h"
#include "boot/boot.h"
#include "core/console.h"
#include "core/trace.h"
#include "core/vcpu_timer.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/frame.h"

/* How long one that was woken keeps others waiting that were woken as well. */
#define BOOST_SLICE MILLISECS(1)

struct sched_params sched_params = { .tslice_ms = 30, .ratelimit_us = 1000 };

static uint64_t online_cpus(void)
{
	return nr_cpus >= 64 ? ~0UL : (1UL << nr_cpus) - 1;
}

/* Not empty for a vCPU whose affinity was accepted. */
uint64_t sched_allowed_cpus(const struct vcpu *v)
{
	uint64_t mask = v->pin_override >= 0 ? 1UL << v->pin_override : v->sched.hard_affinity.bits;

	mask &= online_cpus();
	return mask ? mask : online_cpus();
}

struct sched_cpu *sched_lock_vcpu(const struct vcpu *v, unsigned long *flags)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(v->processor);
		struct sched_cpu *sc = sched_cpu(cpu);

		spin_lock_irqsave(&sc->lock, *flags);
		if (READ_ONCE(v->processor) == cpu)
			return sc;
		spin_unlock_irqrestore(&sc->lock, *flags);
	}
}

void sched_enqueue(struct sched_cpu *sc, struct vcpu *v)
{
	ASSERT(!v->sched.on_queue);
	list_add_tail(&v->sched.link, &sc->queue[v->sched.pri]);
	v->sched.on_queue = true;
	sc->nr_queued++;
}

void sched_move_first(struct sched_cpu *sc, struct vcpu *v)
{
	list_del(&v->sched.link);
	list_add(&v->sched.link, &sc->queue[v->sched.pri]);
}

void sched_dequeue(struct sched_cpu *sc, struct vcpu *v)
{
	list_del(&v->sched.link);
	v->sched.on_queue = false;
	sc->nr_queued--;
}

static int idle_state(const struct vcpu *v)
{
	/* Offline beats blocked: a paused vCPU does not run even if an event comes. */
	if (v->pause_count || v->domain->pause_count || test_bit(VPF_DOWN, &v->pause_flags))
		return RUNSTATE_offline;
	return RUNSTATE_blocked;
}

/* --- sleeping and waking --- */

void sched_sleep(struct vcpu *v)
{
	unsigned long flags;
	struct sched_cpu *sc = sched_lock_vcpu(v, &flags);

	if (!vcpu_runnable(v)) {
		if (sc->curr == v) {
			cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
		} else {
			if (v->sched.on_queue)
				sched_dequeue(sc, v);
			runstate_change(v, idle_state(v), now());
		}
	}
	spin_unlock_irqrestore(&sc->lock, flags);
}

/* An idle CPU that v may run on, its own first, then one of its soft affinity; or its own. */
static unsigned int choose_cpu(const struct vcpu *v)
{
	uint64_t allowed = sched_allowed_cpus(v), idle = 0, preferred;

	if ((allowed >> v->processor) & 1 && is_idle_vcpu(sched_cpu(v->processor)->curr))
		return v->processor;
	for (uint64_t m = allowed; m; m &= m - 1)
		if (is_idle_vcpu(READ_ONCE(sched_cpu(first_bit(m))->curr)))
			idle |= m & -m;
	preferred = idle & v->sched.soft_affinity.bits;
	if (preferred)
		return first_bit(preferred);
	if (idle)
		return first_bit(idle);
	if ((allowed >> v->processor) & 1)
		return v->processor;
	return first_bit(allowed);
}

/*
 * The CPU of @sc has a new vCPU on its queue: does it go before the one that runs? Of two that were woken each gets
 * only a moment (the rate limit), or who sleeps and computes by turns would keep a sleeper waiting for whole slices.
 */
static void preempt_check(const struct sched_cpu *sc, const struct vcpu *v)
{
	if (is_idle_vcpu(sc->curr) || v->sched.pri < sc->curr->sched.pri ||
	    (v->sched.pri == SCHED_BOOST && sc->curr->sched.pri == SCHED_BOOST))
		cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
}

void sched_wake(struct vcpu *v)
{
	unsigned long flags;
	struct sched_cpu *sc = sched_lock_vcpu(v, &flags);
	s_time_t when = now();
	unsigned int cpu;

	if (!vcpu_runnable(v)) {
		if (sc->curr != v)
			runstate_change(v, idle_state(v), when);
		goto out;
	}
	if (sc->curr == v || v->sched.on_queue)
		goto out;
	/* Whoever sleeps and has credit left gets the CPU at once: that is what keeps latency low. */
	if (v->runstate.state == RUNSTATE_blocked && v->sched.pri == SCHED_UNDER)
		v->sched.pri = SCHED_BOOST;
	runstate_change(v, RUNSTATE_runnable, when);

	/* While its last CPU still switches away from it, it can only come back there. */
	cpu = __atomic_load_n(&v->is_running, __ATOMIC_ACQUIRE) ? v->processor : choose_cpu(v);
	if (cpu != v->processor) {
		WRITE_ONCE(v->processor, cpu);
		spin_unlock_irqrestore(&sc->lock, flags);
		sc = sched_lock_vcpu(v, &flags);
		if (sc->curr == v || v->sched.on_queue || !vcpu_runnable(v))
			goto out;
	}
	sched_enqueue(sc, v);
	preempt_check(sc, v);
out:
	spin_unlock_irqrestore(&sc->lock, flags);
}

void sched_yield(void)
{
	current->sched.yielding = true;
	raise_softirq(SOFTIRQ_SCHEDULE);
}

/* --- choosing --- */

/*
 * The first on @sc that may run on @cpu and has priority better than @than.
 * One that some CPU is still switching away from is nobody else's yet;
 * @leaving is the one that this CPU itself is about to leave.
 */
static struct vcpu *pick(struct sched_cpu *sc, unsigned int cpu, unsigned int than,
			 const struct vcpu *leaving)
{
	struct vcpu *v;

	for (unsigned int pri = 0; pri < than; pri++)
		list_for_each(v, &sc->queue[pri], sched.link)
			if ((v == leaving || !__atomic_load_n(&v->is_running, __ATOMIC_ACQUIRE)) &&
			    (sched_allowed_cpus(v) >> cpu) & 1)
				return v;
	return NULL;
}

/*
 * Take a vCPU off another CPU's queue if it has priority better than @than. It
 * is then ours (processor) and on no queue; held, because nothing else keeps it from being
 * destroyed before its new queue is locked.
 */
static struct vcpu *steal(unsigned int self, unsigned int than)
{
	for (unsigned int i = 1; i < nr_cpus; i++) {
		unsigned int cpu = (self + i) % nr_cpus;
		struct sched_cpu *sc = sched_cpu(cpu);
		unsigned long flags;
		struct vcpu *v;

		if (READ_ONCE(sc->nr_queued) == 0)
			continue;
		spin_lock_irqsave(&sc->lock, flags);
		v = pick(sc, self, than, NULL);
		if (v) {
			sched_dequeue(sc, v);
			WRITE_ONCE(v->processor, self);
			WRITE_ONCE(sched_cpu(self)->held, v);
		}
		spin_unlock_irqrestore(&sc->lock, flags);
		if (v)
			return v;
	}
	return NULL;
}

/* The CPU's lock is held. Is prev to go on because it has run too short a time yet? */
static s_time_t ratelimit_left(const struct vcpu *prev, s_time_t when)
{
	s_time_t left = prev->sched.start + MICROSECS(sched_params.ratelimit_us) - when;

	if (is_idle_vcpu(prev) || !vcpu_runnable(prev) || prev->sched.yielding)
		return 0;
	return left > 0 ? left : 0;
}

static void queue_prev(struct sched_cpu *sc, struct vcpu *prev, s_time_t when)
{
	uint8_t pri = prev->sched.pri;
	bool first = false;

	if (is_idle_vcpu(prev))
		return;
	prev->sched.last_run = when;
	if (!vcpu_runnable(prev)) {
		runstate_change(prev, idle_state(prev), when);
		return;
	}
	/*
	 * Whoever yields goes behind all others for once. A boost ends with the first preemption; who is preempted
	 * before its slice was over is the next of its own kind, and so is who has not had its share.
	 */
	first = sched_is_rich(prev);
	if (pri == SCHED_BOOST) {
		pri = SCHED_UNDER;
		first |= when - prev->sched.start < MILLISECS(sched_params.tslice_ms);
	}
	prev->sched.pri = prev->sched.yielding ? SCHED_OVER : pri;
	sched_enqueue(sc, prev);
	if (first && !prev->sched.yielding)
		sched_move_first(sc, prev);
	prev->sched.pri = pri;
	runstate_change(prev, RUNSTATE_runnable, when);
}

/*
 * The lock was let go after queue_prev(). While prev was still curr, whoever woke it
 * or put it to sleep left the rest to us.
 */
static void requeue_prev(struct sched_cpu *sc, struct vcpu *prev, s_time_t when)
{
	bool runnable = vcpu_runnable(prev);

	if (is_idle_vcpu(prev) || runnable == prev->sched.on_queue)
		return;
	if (prev->sched.on_queue)
		sched_dequeue(sc, prev);
	queue_prev(sc, prev, when);
}

static void let_go(struct sched_cpu *sc)
{
	__atomic_store_n(&sc->held, NULL, __ATOMIC_RELEASE);
}

/* Under LOCK_SCHED of this CPU: a stolen vCPU comes to its queue. */
static void take_in(struct sched_cpu *sc, unsigned int cpu, struct vcpu *v)
{
	uint64_t allowed = sched_allowed_cpus(v);

	/* On no queue for a moment, it may have been woken: then here, or on to another CPU. */
	if (v->processor == cpu && vcpu_runnable(v) && !v->sched.on_queue)
		sched_enqueue(sc, v);
	/* A change of its affinity meanwhile did not find it on a queue to send it away. */
	if (!((allowed >> cpu) & 1))
		cpu_raise_softirq(first_bit(allowed), SOFTIRQ_SCHEDULE);
	let_go(sc);
}

/* Under LOCK_SCHED of this CPU, which may be let go and taken again. */
static struct vcpu *choose_next(struct sched_cpu *sc, unsigned int cpu, s_time_t when,
				unsigned long *flags)
{
	struct vcpu *next = pick(sc, cpu, SCHED_NR_PRI, current), *stolen;
	unsigned int than = next ? next->sched.pri : SCHED_NR_PRI;

	/* Nothing with credit here: there may be some waiting elsewhere. */
	if (nr_cpus > 1 && than >= SCHED_OVER) {
		spin_unlock_irqrestore(&sc->lock, *flags);
		stolen = steal(cpu, than);
		spin_lock_irqsave(&sc->lock, *flags);
		requeue_prev(sc, current, when);
		if (stolen)
			take_in(sc, cpu, stolen);
		next = pick(sc, cpu, SCHED_NR_PRI, current);
	}
	if (!next)
		return this_cpu()->idle;
	sched_dequeue(sc, next);
	return next;
}

/* A vCPU whose affinity no longer allows this CPU was queued here all the same, because it was running. */
static void send_away(struct vcpu *v)
{
	unsigned long flags;
	struct sched_cpu *sc;

	if (is_idle_vcpu(v) || (sched_allowed_cpus(v) >> v->processor) & 1)
		return;
	sc = sched_lock_vcpu(v, &flags);
	if (v->sched.on_queue && !v->is_running) {
		sched_dequeue(sc, v);
		WRITE_ONCE(v->processor, first_bit(sched_allowed_cpus(v)));
		spin_unlock_irqrestore(&sc->lock, flags);
		sched_wake(v);
		return;
	}
	spin_unlock_irqrestore(&sc->lock, flags);
}

/* A vCPU that had to leave its CPU while another one has nothing to do: that one may come and take it. */
static void offer(const struct vcpu *v)
{
	uint64_t allowed = sched_allowed_cpus(v) & ~(1UL << v->processor);

	for (uint64_t m = allowed; m; m &= m - 1) {
		unsigned int cpu = first_bit(m);

		if (is_idle_vcpu(READ_ONCE(sched_cpu(cpu)->curr))) {
			cpu_raise_softirq(cpu, SOFTIRQ_SCHEDULE);
			return;
		}
	}
}

static void switch_to(struct sched_cpu *sc, struct vcpu *prev, struct vcpu *next, unsigned long flags)
{
	if (!is_idle_vcpu(prev)) {
		vcpu_timers_switch_out(prev);
		runstate_update_guest(prev);
	}
	context_switch(prev, next);
	/* With is_running clear, nothing else keeps prev from being destroyed by another CPU. */
	WRITE_ONCE(sc->held, prev);
	__atomic_store_n(&prev->is_running, false, __ATOMIC_RELEASE);
	local_irq_restore(flags);

	send_away(prev);
	if (nr_cpus > 1 && READ_ONCE(prev->sched.on_queue))
		offer(prev);
	let_go(sc);
	if (!is_idle_vcpu(next)) {
		runstate_update_guest(next);
		vcpu_timers_switch_in(next);
		credit_start();
	}
}

/* The lock is held. */
static s_time_t slice_of(const struct sched_cpu *sc, const struct vcpu *v)
{
	bool others = v->sched.pri == SCHED_BOOST && !list_empty(&sc->queue[SCHED_BOOST]);

	return others ? BOOST_SLICE : MILLISECS(sched_params.tslice_ms);
}

/* A yield with nobody to yield to: no vCPU waits here, and steal() would find none elsewhere. */
static bool nobody_waits(const struct sched_cpu *sc, unsigned int self)
{
	if (sc->nr_queued)
		return false;
	for (unsigned int i = 0; i < nr_cpus; i++)
		if (i != self && READ_ONCE(sched_cpu(i)->nr_queued))
			return false;
	return true;
}

/* Under LOCK_SCHED: what schedule() would do if it chose the one that runs. */
static void go_on(struct sched_cpu *sc, struct vcpu *v, s_time_t when)
{
	v->sched.yielding = false;
	if (v->sched.pri == SCHED_BOOST)
		v->sched.pri = SCHED_UNDER;
	v->sched.last_run = v->sched.charged = when;
	v->sched.active = true;
}

static void schedule(void)
{
	unsigned int cpu = cpu_id();
	struct sched_cpu *sc = sched_cpu(cpu);
	struct vcpu *prev = current, *next;
	s_time_t when = now(), left, slice;
	unsigned long flags;

	spin_lock_irqsave(&sc->lock, flags);
	credit_charge(prev, when);
	left = ratelimit_left(prev, when);
	if (left && (sched_allowed_cpus(prev) >> cpu) & 1) {
		spin_unlock_irqrestore(&sc->lock, flags);
		timer_set(&sc->slice, when + left);
		return;
	}
	if (sc->slice.active && prev->sched.yielding && vcpu_runnable(prev) && nobody_waits(sc, cpu) &&
	    (sched_allowed_cpus(prev) >> cpu) & 1) {
		go_on(sc, prev, when);
		spin_unlock_irqrestore(&sc->lock, flags);
		return;
	}
	queue_prev(sc, prev, when);
	next = choose_next(sc, cpu, when, &flags);
	prev->sched.yielding = false;
	sc->curr = next;
	if (next != prev) {
		next->is_running = true;
		next->sched.start = when;
		if (is_idle_vcpu(prev))
			runstate_change(prev, RUNSTATE_runnable, when);
		sc->switches++;
	}
	next->sched.charged = when;
	next->sched.active = true;
	runstate_change(next, RUNSTATE_running, when);
	slice = slice_of(sc, next);

	spin_unlock(&sc->lock); /* and interrupts stay off until the switch is done */

	if (is_idle_vcpu(next))
		timer_stop(&sc->slice);
	else if (next != prev || !sc->slice.active || slice < MILLISECS(sched_params.tslice_ms))
		timer_set(&sc->slice, when + slice);
	/* Who goes on goes on with what is left of its slice; nobody but this CPU touches that timer. */
	if (next != prev)
		switch_to(sc, prev, next, flags);
	else
		local_irq_restore(flags);
}

static void slice_end(void *arg)
{
	raise_softirq(SOFTIRQ_SCHEDULE);
}

/* --- set-up and affinity --- */

int sched_domain_init(struct domain *d)
{
	d->sched.weight = 256;
	d->sched.cap = 0;
	return 0;
}

int sched_vcpu_init(struct vcpu *v)
{
	unsigned int best = 0, load, least = ~0U;

	/* Spread them: fewest waiting, and of those the next after its sibling's. */
	for (unsigned int i = 0; i < nr_cpus; i++) {
		unsigned int cpu = (v->domain->domid + v->vcpu_id + i) % nr_cpus;

		load = sched_cpu(cpu)->nr_queued;
		if (load < least) {
			least = load;
			best = cpu;
		}
	}
	v->processor = best;
	v->sched.hard_affinity.bits = v->sched.soft_affinity.bits = ~0UL;
	v->sched.pri = SCHED_UNDER;
	return 0;
}

void sched_vcpu_destroy(struct vcpu *v)
{
	unsigned long flags;
	struct sched_cpu *sc = sched_lock_vcpu(v, &flags);

	if (v->sched.on_queue)
		sched_dequeue(sc, v);
	ASSERT(sc->curr != v);
	spin_unlock_irqrestore(&sc->lock, flags);
	/* A CPU that has just switched away from it, or taken it off a queue, may not be done with it. */
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		while (__atomic_load_n(&sched_cpu(cpu)->held, __ATOMIC_ACQUIRE) == v)
			smp_poll();
}

/* A changed affinity takes effect when the vCPU is next chosen: make that soon. */
static void affinity_changed(struct vcpu *v)
{
	unsigned long flags;
	struct sched_cpu *sc;

	if ((sched_allowed_cpus(v) >> READ_ONCE(v->processor)) & 1)
		return;
	sc = sched_lock_vcpu(v, &flags);
	if (sc->curr == v) {
		cpu_raise_softirq(v->processor, SOFTIRQ_SCHEDULE);
		spin_unlock_irqrestore(&sc->lock, flags);
		return;
	}
	spin_unlock_irqrestore(&sc->lock, flags);
	send_away(v);
}

int sched_set_affinity(struct vcpu *v, const cpumask_t *hard, const cpumask_t *soft)
{
	if (hard && !(hard->bits & online_cpus()))
		return -EINVAL;
	if (soft && !(soft->bits & online_cpus()))
		return -EINVAL;
	if (hard)
		WRITE_ONCE(v->sched.hard_affinity.bits, hard->bits);
	if (soft)
		WRITE_ONCE(v->sched.soft_affinity.bits, soft->bits);
	affinity_changed(v);
	return 0;
}

int sched_pin_override(struct vcpu *v, int cpu)
{
	if (cpu < 0) {
		if (v->pin_override < 0)
			return -EINVAL;
		v->pin_override = -1;
		return 0;
	}
	if (cpu >= (int)nr_cpus)
		return -EINVAL;
	if (v->pin_override >= 0 && v->pin_override != cpu)
		return -EBUSY;
	v->pin_override = (int8_t)cpu;
	affinity_changed(v);
	return 0;
}

void sched_runstate_snapshot(struct vcpu *v, struct vcpu_runstate_info *out)
{
	unsigned long flags;
	struct sched_cpu *sc = sched_lock_vcpu(v, &flags);

	*out = v->runstate;
	spin_unlock_irqrestore(&sc->lock, flags);
}

void sched_init_cpu(unsigned int cpu)
{
	struct sched_cpu *sc = kzalloc(sizeof(*sc));

	if (!sc)
		panic("no memory for the run queue of CPU %u", cpu);
	spin_lock_init(&sc->lock, LOCK_SCHED);
	for (unsigned int i = 0; i < SCHED_NR_PRI; i++)
		list_init(&sc->queue[i]);
	timer_init(&sc->slice, slice_end, sc, cpu);
	cpus[cpu]->sched = sc;
}

void sched_idle_init(struct vcpu *v)
{
	v->sched.hard_affinity.bits = v->sched.soft_affinity.bits = 1UL << v->processor;
	v->sched.pri = SCHED_NR_PRI;
	sched_cpu(v->processor)->curr = v;
}

void sched_init(void)
{
	char value[16];

	if (cmdline_find("sched_credit_tslice_ms", value, sizeof(value)))
		sched_params.tslice_ms = (unsigned int)strtoul(value, NULL, 0);
	if (sched_params.tslice_ms < 1 || sched_params.tslice_ms > 1000)
		sched_params.tslice_ms = 30;
	if (cmdline_find("sched_ratelimit_us", value, sizeof(value)))
		sched_params.ratelimit_us = (unsigned int)strtoul(value, NULL, 0);
	credit_init();
	open_softirq(SOFTIRQ_SCHEDULE, schedule);
}

static const char *pri_name(uint8_t pri)
{
	static const char *const names[] = { "boost", "under", "over", "idle" };

	return names[MIN(pri, SCHED_NR_PRI)];
}

static void dump_vcpu(const char *what, const struct vcpu *v)
{
	printk("  %s d%uv%u %s credit %ld us, weight %u cap %u, flags %lx\n", what, v->domain->domid,
	       v->vcpu_id, pri_name(v->sched.pri), (long)(v->sched.credit / 1000),
	       v->domain->sched.weight, v->domain->sched.cap, v->pause_flags);
}

void sched_dump(void)
{
	printk("credit scheduler: slice %u ms, rate limit %u us, now %ld us\n",
	       sched_params.tslice_ms, sched_params.ratelimit_us, (long)(now() / 1000));
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct sched_cpu *sc = sched_cpu(cpu);
		unsigned long flags;
		struct vcpu *v;

		spin_lock_irqsave(&sc->lock, flags);
		printk("CPU %u: %u waiting, %lu switches, %u timers\n", cpu, sc->nr_queued,
		       (unsigned long)sc->switches, timer_count(cpu));
		dump_vcpu("runs ", sc->curr);
		for (unsigned int i = 0; i < SCHED_NR_PRI; i++)
			list_for_each(v, &sc->queue[i], sched.link)
				dump_vcpu("waits", v);
		spin_unlock_irqrestore(&sc->lock, flags);
	}
}
