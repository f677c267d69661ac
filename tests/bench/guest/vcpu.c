/* SPDX-License-Identifier: MIT
 *
 * Two vCPUs: an event to the other and back, when they share a CPU (two switches) and when each has its own
 * (two interrupts between CPUs); yielding to each other; flushing the other's TLB.
 *
 * The ticks are those of both: under -icount the CPUs of a machine run in turn and one clock counts for all. QEMU
 * goes on to the next one at PAUSE and HLT, so whoever waits must pause: a loop without it would run its whole slice.
 */
#include "bench.h"

enum order { IDLE, ANSWER, YIELD, SPIN, PARK };

static volatile unsigned int order, parked = 1;
static volatile unsigned long rounds1;
static unsigned long rounds_before;
static long port0, port1;
static unsigned long hits_before;

static inline void pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* Gives way to the other vCPU, whether it has a CPU of its own or shares ours. */
static void give_way(void)
{
	pause();
	HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

static long notify(long port)
{
	struct evtchn_send s = { .port = (unsigned int)port };

	return HYPERVISOR_event_channel_op(EVTCHNOP_send, &s);
}

/* vCPU 1: sleeps until an event comes, and does what it was told. */
static void other(void *unused)
{
	set_callback_entry(CALLBACKTYPE_event, event_entry_vcpu1);
	for (;;) {
		vcpu_info(1)->evtchn_upcall_mask = 1;
		parked = 1;
		HYPERVISOR_sched_op(SCHEDOP_block, NULL);
		if (order == ANSWER)
			notify(port0);
		parked = 0;
		while (order == YIELD) {
			rounds1++;
			HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
		}
		while (order == SPIN) {
			rounds1++;
			pause();
		}
	}
}

static void let_it_sleep(void)
{
	for (unsigned int tries = 0; !parked && tries < 10000; tries++)
		give_way();
	/* From the flag to the block. */
	for (unsigned int i = 0; i < 8; i++)
		give_way();
}

static bool wakes(void)
{
	for (unsigned int tries = 0; parked && tries < 10000; tries++)
		give_way();
	return !parked;
}

static const char *start(void)
{
	static bool started;
	long rc;

	if (!started) {
		port0 = evtchn_bind_ipi(0);
		port1 = evtchn_bind_ipi(1);
		if (port0 < 0 || port1 < 0)
			return wrong("bind_ipi returned %ld and %ld", port0, port1);
		event_bit = (unsigned long)port0;
		event_bit1 = (unsigned long)port1;
		parked = 0;
		order = IDLE;
		rc = start_vcpu(1, other, NULL);
		if (rc)
			return wrong("vCPU 1 did not start: %ld", rc);
		started = true;
		let_it_sleep();
		unmask_port((unsigned int)port0);
		unmask_port((unsigned int)port1);
	}
	rc = set_callback_entry(CALLBACKTYPE_event, event_entry_small);
	vcpu_info(0)->evtchn_upcall_mask = 1;
	return rc ? wrong("callback_op returned %ld", rc) : NULL;
}

static const char *stop(void)
{
	order = IDLE;
	vcpu_info(0)->evtchn_upcall_mask = 1;
	let_it_sleep();
	set_callback_entry(CALLBACKTYPE_event, event_entry);
	return parked ? NULL : "the other vCPU does not go back to sleep";
}

/* ---- there and back ---- */

static const char *answer_setup(void)
{
	const char *reason = start();

	order = ANSWER;
	return reason;
}

static void answer_before(void)
{
	let_it_sleep();
	hits_before = hits_event;
	rounds_before = hits_event1;
}

static long answer_run(void)
{
	long rc = notify(port1);

	while (hits_event == hits_before) {
		vcpu_info(0)->evtchn_upcall_mask = 1;
		HYPERVISOR_sched_op(SCHEDOP_block, NULL);
	}
	return rc;
}

static const char *answer_after(long rc)
{
	vcpu_info(0)->evtchn_upcall_mask = 1;
	if (rc)
		return rc_is_zero(rc);
	if (hits_event1 != rounds_before + 1)
		return wrong("%lu events came to vCPU 1, 1 expected", hits_event1 - rounds_before);
	return hits_event == hits_before + 1 ? NULL : wrong("%lu events came back, 1 expected", hits_event - hits_before);
}

/* ---- sending alone, to a vCPU that sleeps ---- */

static const char *send_setup(void)
{
	const char *reason = start();

	order = IDLE;
	return reason;
}

static long send_run(void) { return notify(port1); }

static const char *send_after(long rc)
{
	let_it_sleep();
	if (rc)
		return rc_is_zero(rc);
	return hits_event1 == rounds_before + 1 ? NULL : wrong("%lu events came, 1 expected", hits_event1 - rounds_before);
}

/* ---- yielding: the other one runs, yields, and we go on ---- */

static const char *yield_setup(void)
{
	const char *reason = start();

	if (reason)
		return reason;
	order = YIELD;
	notify(port1);
	return wakes() ? NULL : "the other vCPU does not run";
}

static void yield_before(void) { rounds_before = rounds1; }
static long yield_run(void) { return HYPERVISOR_sched_op(SCHEDOP_yield, NULL); }

static const char *yield_after(long rc)
{
	if (rc)
		return rc_is_zero(rc);
	return rounds1 == rounds_before + 1 ? NULL :
	       wrong("the other vCPU ran %lu rounds between, 1 expected", rounds1 - rounds_before);
}

/* ---- a flush of the TLBs of both, while the other one computes ---- */

static const char *flush_setup(void)
{
	const char *reason = start();

	if (reason)
		return reason;
	order = SPIN;
	notify(port1);
	return wakes() ? NULL : "the other vCPU does not run";
}

static long flush_run(void)
{
	static struct mmuext_op flush = { .cmd = MMUEXT_TLB_FLUSH_ALL };

	return HYPERVISOR_mmuext_op(&flush, 1, NULL, DOMID_SELF);
}

/* The other one's effect is not visible to a guest; that it ran on is. */
static const char *flush_after(long rc)
{
	for (unsigned int tries = 0; rounds1 == rounds_before && tries < 1000; tries++)
		pause();
	if (rc)
		return rc_is_zero(rc);
	return rounds1 == rounds_before ? "the other vCPU stopped" : NULL;
}

const struct op vcpu_ops[] = {
	{ .name = "vcpu-event-and-back", .machine = SHARED, .samples = 32, .setup = answer_setup, .before = answer_before,
	  .run = answer_run, .after = answer_after, .teardown = stop },
	{ .name = "vcpu-event-send", .machine = SHARED, .samples = 32, .setup = send_setup, .before = answer_before,
	  .run = send_run, .after = send_after, .teardown = stop },
	{ .name = "vcpu-yield-and-back", .machine = SHARED, .samples = 32, .setup = yield_setup, .before = yield_before,
	  .run = yield_run, .after = yield_after, .teardown = stop },
	{ .name = "smp-event-and-back", .machine = SMP, .samples = 32, .setup = answer_setup, .before = answer_before,
	  .run = answer_run, .after = answer_after, .teardown = stop },
	{ .name = "smp-event-send", .machine = SMP, .samples = 32, .setup = send_setup, .before = answer_before,
	  .run = send_run, .after = send_after, .teardown = stop },
	{ .name = "smp-tlb-flush-all", .machine = SMP, .samples = 32, .setup = flush_setup, .before = yield_before,
	  .run = flush_run, .after = flush_after, .teardown = stop },
	{ 0 }
};
