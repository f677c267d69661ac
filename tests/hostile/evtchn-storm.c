/* SPDX-License-Identifier: MIT
 *
 * Event channels under attack: one vCPU opens, connects, rebinds, closes and resets channels and switches to the FIFO
 * ABI and back, while another sends, unmasks, and writes rubbish into event words, control blocks, masks and selectors.
 * The hypervisor must survive, and afterwards a plain event must arrive and every port be there.
 */
#include "testlib.h"

/* RUN: cpus=2 timeout=120 */

#define PORTS 40

static uint32_t *words, *block;
static volatile bool stop, running;
static unsigned long seed = 0x123456789;

static unsigned int rnd(unsigned long *s, unsigned int n)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return (unsigned int)(*s >> 20) % n;
}

static void attacker(void *unused)
{
	unsigned long s = 0xabcdef;

	running = true;
	while (!stop) {
		struct evtchn_unmask u = { .port = rnd(&s, PORTS) };
		struct evtchn_close c = { .port = rnd(&s, PORTS) };

		switch (rnd(&s, 10)) {
		case 0:
			words[rnd(&s, 1024)] = (uint32_t)s;
			break;
		case 1:
			words[rnd(&s, PORTS)] = (uint32_t)s | 1U << EVTCHN_FIFO_LINKED;
			break;
		case 2:
			block[rnd(&s, 18)] = (uint32_t)(s >> 7);
			break;
		case 3:
			shared->evtchn_mask[0] = s;
			shared->evtchn_pending[0] = s >> 3;
			vcpu_info(0)->evtchn_pending_sel = 0;
			break;
		case 4:
			HYPERVISOR_event_channel_op(EVTCHNOP_unmask, &u);
			break;
		case 5:
			HYPERVISOR_event_channel_op(EVTCHNOP_close, &c);
			break;
		default:
			evtchn_send(rnd(&s, PORTS));
		}
	}
	running = false;
}

static void to_fifo(void)
{
	struct evtchn_init_control c = { .control_gfn = virt_to_mfn(block) };
	struct evtchn_expand_array e = { .array_gfn = virt_to_mfn(words) };

	for (c.vcpu = 0; c.vcpu < 2; c.vcpu++)
		HYPERVISOR_event_channel_op(EVTCHNOP_init_control, &c);
	HYPERVISOR_event_channel_op(EVTCHNOP_expand_array, &e);
}

static void step(void)
{
	struct evtchn_bind_vcpu v = { .port = rnd(&seed, PORTS), .vcpu = rnd(&seed, 3) };
	struct evtchn_set_priority p = { .port = rnd(&seed, PORTS), .priority = rnd(&seed, 17) };
	struct evtchn_status s = { .dom = DOMID_SELF, .port = rnd(&seed, PORTS) };
	struct evtchn_reset r = { .dom = DOMID_SELF };

	switch (rnd(&seed, 100) ) {
	case 0:
		HYPERVISOR_event_channel_op(EVTCHNOP_reset, &r);
		break;
	case 1 ... 3:
		to_fifo();
		break;
	case 4 ... 20:
		if (evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF) >= PORTS)
			HYPERVISOR_event_channel_op(EVTCHNOP_reset, &r);
		break;
	case 21 ... 45:
		evtchn_bind_interdomain(DOMID_SELF, rnd(&seed, PORTS));
		break;
	case 46 ... 55:
		evtchn_bind_ipi(rnd(&seed, 3));
		break;
	case 56 ... 60:
		evtchn_bind_virq(rnd(&seed, NR_VIRQS + 1), rnd(&seed, 3));
		break;
	case 61 ... 70:
		HYPERVISOR_event_channel_op(EVTCHNOP_bind_vcpu, &v);
		break;
	case 71 ... 80:
		HYPERVISOR_event_channel_op(EVTCHNOP_set_priority, &p);
		break;
	case 81 ... 90:
		HYPERVISOR_event_channel_op(EVTCHNOP_status, &s);
		break;
	default:
		evtchn_close(rnd(&seed, PORTS));
	}
}

void test_main(void)
{
	struct evtchn_reset r = { .dom = DOMID_SELF };
	unsigned long before;
	unsigned int n = 0;
	uint64_t end;
	long port;

	words = alloc_page();
	block = alloc_page();
	if (max_vcpus() < 2)
		skip_all("one vCPU only");
	EXPECT_EQ(start_vcpu(1, attacker, NULL), 0);
	end = system_time() + 3000000000;
	while (system_time() < end) {
		step();
		n++;
	}
	note("%u steps", n);
	stop = true;
	while (running)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);

	EXPECT_EQ(HYPERVISOR_event_channel_op(EVTCHNOP_reset, &r), 0);
	memset((void *)shared->evtchn_pending, 0, sizeof(shared->evtchn_pending));
	memset((void *)shared->evtchn_mask, 0, sizeof(shared->evtchn_mask));
	vcpu_info(0)->evtchn_pending_sel = 0;
	vcpu_info(0)->evtchn_upcall_pending = 0;
	port = evtchn_bind_ipi(0);
	EXPECT_EQ(port, 1);
	before = port_count[1];
	events_unmask();
	EXPECT_EQ(evtchn_send(1), 0);
	EXPECT_EQ(port_count[1] - before, 1);
	for (n = 1; evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF) > 0; n++)
		;
	EXPECT_EQ(n, EVTCHN_2L_NR_CHANNELS - 1);
}
