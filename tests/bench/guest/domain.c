/* SPDX-License-Identifier: MIT
 *
 * Two domains on one CPU: an event to the other and back. The other one is built by the library through
 * domctl, from this image.
 */
#include "bench.h"
#include "domu.h"

static struct domu partner;
static long port;
static unsigned long hits_before, rounds_before;

enum { REMOTE_PORT, READY, ROUNDS };

/* Binding has set both ends pending. */
static void forget_events(long p)
{
	unmask_port((unsigned int)p);
	clear_bit(shared->evtchn_pending, (unsigned long)p);
	__atomic_exchange_n(&vcpu_info(0)->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	vcpu_info(0)->evtchn_upcall_pending = 0;
}

/* In the other domain: every event is answered. */
static void answer(void *unused)
{
	long mine = evtchn_bind_interdomain(0, (unsigned int)domu_channel->word[REMOTE_PORT]);
	struct evtchn_send s = { .port = (unsigned int)mine };

	if (mine < 0) {
		ok(false, "bind_interdomain returned %ld", mine);
		return;
	}
	vcpu_info(0)->evtchn_upcall_mask = 1;
	event_bit = (unsigned long)mine;
	set_callback_entry(CALLBACKTYPE_event, event_entry_small);
	forget_events(mine);
	domu_channel->word[READY] = 1;
	for (;;) {
		unsigned long seen = hits_event;

		while (hits_event == seen) {
			vcpu_info(0)->evtchn_upcall_mask = 1;
			HYPERVISOR_sched_op(SCHEDOP_block, NULL);
		}
		domu_channel->word[ROUNDS]++;
		HYPERVISOR_event_channel_op(EVTCHNOP_send, &s);
	}
}

static const char *setup(void)
{
	struct domu_config c = { .main = answer, .pages = 2048 };
	uint64_t end;
	long rc;

	domu_create(&partner, &c);
	port = evtchn_alloc_unbound(DOMID_SELF, (domid_t)partner.domid);
	if (port < 0)
		return wrong("alloc_unbound returned %ld", port);
	partner.channel->word[REMOTE_PORT] = (unsigned long)port;
	event_bit = (unsigned long)port;
	rc = set_callback_entry(CALLBACKTYPE_event, event_entry_small);
	if (rc)
		return wrong("callback_op returned %ld", rc);
	domu_start(&partner);
	for (end = system_time() + 200000000; !partner.channel->word[READY] && system_time() < end;)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	vcpu_info(0)->evtchn_upcall_mask = 1;
	forget_events(port);
	return partner.channel->word[READY] ? NULL : "the second domain does not get ready";
}

static const char *teardown(void)
{
	bool gone = domu_destroy(&partner);

	set_callback_entry(CALLBACKTYPE_event, event_entry);
	vcpu_info(0)->evtchn_upcall_mask = 1;
	evtchn_close((unsigned int)port);
	return gone ? NULL : "the second domain does not go";
}

static void before(void)
{
	/* It must sleep again. */
	for (unsigned int i = 0; i < 3; i++)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	hits_before = hits_event;
	rounds_before = partner.channel->word[ROUNDS];
}

static long run(void)
{
	struct evtchn_send s = { .port = (unsigned int)port };
	long rc = HYPERVISOR_event_channel_op(EVTCHNOP_send, &s);

	for (unsigned int tries = 0; hits_event == hits_before && tries < 100; tries++) {
		vcpu_info(0)->evtchn_upcall_mask = 1;
		HYPERVISOR_sched_op(SCHEDOP_block, NULL);
	}
	return rc;
}

static const char *after(long rc)
{
	vcpu_info(0)->evtchn_upcall_mask = 1;
	if (rc)
		return rc_is_zero(rc);
	if (partner.channel->word[ROUNDS] != rounds_before + 1)
		return wrong("the second domain saw %lu events, 1 expected", partner.channel->word[ROUNDS] - rounds_before);
	return hits_event == hits_before + 1 ? NULL : wrong("%lu events came back, 1 expected", hits_event - hits_before);
}

const struct op domain_ops[] = {
	{ .name = "domain-event-and-back", .samples = 32, .setup = setup, .before = before, .run = run, .after = after,
	  .teardown = teardown },
	{ 0 }
};
