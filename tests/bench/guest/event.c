/* SPDX-License-Identifier: MIT
 *
 * Events that stay within one vCPU.
 */
#include "bench.h"

static long port;
static unsigned long hits_before;

static const char *masked_setup(void)
{
	port = evtchn_bind_ipi(0);
	if (port < 0)
		return wrong("bind_ipi returned %ld", port);
	set_bit(shared->evtchn_mask, (unsigned long)port);
	return NULL;
}

static const char *port_close(void)
{
	long rc = evtchn_close((unsigned int)port);

	vcpu_info(0)->evtchn_upcall_mask = 1;
	return rc ? wrong("close returned %ld", rc) : NULL;
}

static void masked_before(void)
{
	clear_bit(shared->evtchn_pending, (unsigned long)port);
	hits_before = hits_event;
}

static long send(void)
{
	struct evtchn_send s = { .port = (unsigned int)port };

	return HYPERVISOR_event_channel_op(EVTCHNOP_send, &s);
}

static const char *masked_after(long rc)
{
	if (rc)
		return rc_is_zero(rc);
	if (!test_bit(shared->evtchn_pending, (unsigned long)port))
		return "the masked port did not become pending";
	return hits_event != hits_before ? "a masked port made an upcall" : NULL;
}

static const char *self_setup(void)
{
	long rc;

	port = evtchn_bind_ipi(0);
	if (port < 0)
		return wrong("bind_ipi returned %ld", port);
	event_bit = (unsigned long)port;
	rc = set_callback_entry(CALLBACKTYPE_event, event_entry_small);
	unmask_port((unsigned int)port);
	vcpu_info(0)->evtchn_upcall_pending = 0;
	vcpu_info(0)->evtchn_upcall_mask = 0;
	return rc ? wrong("callback_op returned %ld", rc) : NULL;
}

static void self_before(void)
{
	hits_before = hits_event;
}

static const char *self_after(long rc)
{
	if (rc)
		return rc_is_zero(rc);
	if (hits_event != hits_before + 1)
		return wrong("%lu upcalls came, 1 expected", hits_event - hits_before);
	if (test_bit(shared->evtchn_pending, (unsigned long)port))
		return "the port is still pending";
	return vcpu_info(0)->evtchn_upcall_mask ? "events stayed masked after the return" : NULL;
}

static const char *self_teardown(void)
{
	set_callback_entry(CALLBACKTYPE_event, event_entry);
	return port_close();
}

static struct evtchn_status status;

static void status_before(void)
{
	status = (struct evtchn_status){ .dom = DOMID_SELF, .port = (unsigned int)port, .status = 77 };
}

static long status_run(void)
{
	return HYPERVISOR_event_channel_op(EVTCHNOP_status, &status);
}

static const char *status_after(long rc)
{
	if (rc)
		return rc_is_zero(rc);
	return status.status != EVTCHNSTAT_ipi ? wrong("status is %u, ipi expected", status.status) : NULL;
}

const struct op event_ops[] = {
	{ .name = "event-status", .setup = masked_setup, .before = status_before, .run = status_run,
	  .after = status_after, .teardown = port_close },
	{ .name = "event-send-masked", .setup = masked_setup, .before = masked_before, .run = send,
	  .after = masked_after, .teardown = port_close },
	{ .name = "event-self-upcall", .setup = self_setup, .before = self_before, .run = send,
	  .after = self_after, .teardown = self_teardown },
	{ 0 }
};
