/* SPDX-License-Identifier: MIT
 *
 * Guests' timers. A periodic timer ticks only while its vCPU runs; when it is
 * switched in after a pause it gets one tick for all that it missed.
 */
#include "core/vcpu_timer.h"
#include "core/hypercall.h"
#include "lib/errno.h"

static void vcpu_timer_event(struct vcpu *v)
{
	evtchn_send_vcpu_virq(v, VIRQ_TIMER);
}

static void singleshot_fn(void *arg)
{
	vcpu_timer_event(arg);
}

/* A vCPU that has left meanwhile arms it again when it comes back. */
static void periodic_fn(void *arg)
{
	struct vcpu *v = arg;

	if (v == current) {
		vcpu_timers_switch_in(v);
	} else if (READ_ONCE(v->is_running)) {
		timer_migrate(&v->periodic_timer, READ_ONCE(v->processor));
		timer_set(&v->periodic_timer, now());
	}
}

static void poll_timeout_fn(void *arg)
{
	struct vcpu *v = arg;

	if (sched_vcpu_poll_stop(v))
		vcpu_unblock(v);
}

void vcpu_timers_init(struct vcpu *v)
{
	timer_init(&v->periodic_timer, periodic_fn, v, v->processor);
	timer_init(&v->singleshot_timer, singleshot_fn, v, v->processor);
	timer_init(&v->poll_timer, poll_timeout_fn, v, v->processor);
}

void vcpu_timers_kill(struct vcpu *v)
{
	timer_kill(&v->periodic_timer);
	timer_kill(&v->singleshot_timer);
	timer_kill(&v->poll_timer);
}

void vcpu_timers_switch_in(struct vcpu *v)
{
	s_time_t period = v->periodic_period, when, next;

	if (period == 0)
		return;
	when = now();
	next = v->periodic_last + period;
	if (when >= next) {
		vcpu_timer_event(v);
		/* The next one keeps the phase: missed periods are skipped, not made up for. */
		v->periodic_last += (when - v->periodic_last) / period * period;
		next = v->periodic_last + period;
	}
	timer_migrate(&v->periodic_timer, cpu_id());
	timer_set(&v->periodic_timer, next);
}

void vcpu_timers_switch_out(struct vcpu *v)
{
	if (v->periodic_period)
		timer_stop(&v->periodic_timer);
}

void vcpu_set_periodic(struct vcpu *v, s_time_t period)
{
	timer_stop(&v->periodic_timer);
	WRITE_ONCE(v->periodic_last, now());
	WRITE_ONCE(v->periodic_period, period);
	/* On another CPU the callback finds out where v is; if it does not run, its next switch-in arms it. */
	if (period && READ_ONCE(v->is_running))
		timer_set(&v->periodic_timer, now() + period);
}

void vcpu_set_singleshot(struct vcpu *v, s_time_t when)
{
	timer_migrate(&v->singleshot_timer, cpu_id());
	timer_set(&v->singleshot_timer, when);
}

void vcpu_stop_singleshot(struct vcpu *v)
{
	timer_stop(&v->singleshot_timer);
}

/*
 * Deadlines more than about 13 days ahead are a guest that has mixed up two clocks,
 * or means "never": as Xen does, look again soon instead of never.
 */
#define FAR_AHEAD_SHIFT 50

long do_set_timer_op(unsigned long timeout)
{
	struct vcpu *v = current;
	s_time_t when = (s_time_t)timeout, ahead = when - now();

	if (timeout == 0)
		vcpu_stop_singleshot(v);
	else if (when < 0 || (ahead > 0 && (uint64_t)ahead >> FAR_AHEAD_SHIFT))
		vcpu_set_singleshot(v, now() + MILLISECS(100));
	else
		vcpu_set_singleshot(v, when);
	return 0;
}
