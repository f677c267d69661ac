/* SPDX-License-Identifier: MIT
 *
 * The one-shot timer: what setting it costs, and how long after its time the guest knows.
 */
#include "bench.h"

static long port;
static uint64_t deadline;

static const char *bind(void)
{
	port = evtchn_bind_virq(VIRQ_TIMER, 0);
	return port < 0 ? wrong("bind_virq returned %ld", port) : NULL;
}

static const char *release(void)
{
	long rc;

	HYPERVISOR_set_timer_op(0);
	vcpu_info(0)->evtchn_upcall_mask = 1;
	rc = evtchn_close((unsigned int)port);
	return rc ? wrong("close returned %ld", rc) : NULL;
}

static const char *set_setup(void)
{
	const char *reason = bind();

	if (!reason)
		set_bit(shared->evtchn_mask, (unsigned long)port);
	return reason;
}

static void set_before(void)
{
	clear_bit(shared->evtchn_pending, (unsigned long)port);
	deadline = system_time() + 1000000000;
}

static long set_run(void)
{
	return HYPERVISOR_set_timer_op((int64_t)deadline);
}

/* The last of them, brought near, must fire. */
static const char *set_teardown(void)
{
	uint64_t patience;
	bool fired;

	deadline = system_time() + 50000;
	patience = deadline + 10000000;
	set_run();
	do
		fired = test_bit(shared->evtchn_pending, (unsigned long)port);
	while (!fired && system_time() < patience);
	return release() || !fired ? "the timer that was set did not fire" : NULL;
}

/* ---- latency: system time in the upcall, less the time asked for ---- */

static volatile uint64_t arrived;

static void note_time(unsigned int which)
{
	if (which == (unsigned int)port && !arrived)
		arrived = system_time();
}

static const char *latency(uint64_t *ticks, unsigned int n, bool idle)
{
	event_handler = note_time;
	unmask_port((unsigned int)port);
	for (unsigned int i = 0; i < n; i++) {
		uint64_t patience;

		vcpu_info(0)->evtchn_upcall_mask = 1;
		arrived = 0;
		deadline = system_time() + 200000;
		patience = deadline + 100000000;
		if (HYPERVISOR_set_timer_op((int64_t)deadline))
			return "the timer could not be set";
		if (!idle)
			events_unmask();
		while (!arrived && system_time() < patience)
			if (idle) {
				vcpu_info(0)->evtchn_upcall_mask = 1;
				HYPERVISOR_sched_op(SCHEDOP_block, NULL);
			}
		if (!arrived)
			return "the timer did not fire";
		if (arrived < deadline)
			return wrong("the timer fired %lu ns early", deadline - arrived);
		ticks[i] = arrived - deadline;
	}
	return NULL;
}

static const char *busy_sample(uint64_t *ticks, unsigned int n) { return latency(ticks, n, false); }
static const char *idle_sample(uint64_t *ticks, unsigned int n) { return latency(ticks, n, true); }

static const char *latency_teardown(void)
{
	event_handler = NULL;
	return release();
}

const struct op timer_ops[] = {
	{ .name = "set-timer", .setup = set_setup, .before = set_before, .run = set_run, .after = rc_is_zero,
	  .teardown = set_teardown },
	{ .name = "timer-latency-busy", .samples = 32, .setup = bind, .sample = busy_sample, .teardown = latency_teardown },
	{ .name = "timer-latency-idle", .samples = 32, .setup = bind, .sample = idle_sample, .teardown = latency_teardown },
	{ 0 }
};
