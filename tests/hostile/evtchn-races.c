/* SPDX-License-Identifier: MIT
 *
 * The change to the FIFO ABI and back, by reset, against everything else that looks at a channel. Two vCPUs of an
 * unprivileged domain: one initializes, expands, opens, closes and resets without pause; the other unmasks, sends, polls, sets
 * priorities and asks for status of the same ports. The hypervisor must survive, ports that are
 * open must stay so, and afterwards a plain event must arrive.
 * [XSA-47 107 188 221 317 338 340 343 344 358 359 496 505]
 *
 * RUN: cpus=1,2
 */
#include "domu.h"

#define PORTS 24
#define STORM 700000000UL       /* ns */

static volatile bool stop, running;
static unsigned long done[2];

static unsigned int rnd(unsigned long *s, unsigned int n)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return (unsigned int)(*s >> 20) % n;
}

static long op(int cmd, void *arg)
{
	return HYPERVISOR_event_channel_op(cmd, arg);
}

static long reset(void)
{
	struct evtchn_reset r = { .dom = DOMID_SELF };

	return op(EVTCHNOP_reset, &r);
}

static long init_control(void *page, unsigned int vcpu)
{
	struct evtchn_init_control c = { .control_gfn = virt_to_mfn(page), .vcpu = vcpu };

	return op(EVTCHNOP_init_control, &c);
}

static long expand(void *page)
{
	struct evtchn_expand_array e = { .array_gfn = virt_to_mfn(page) };

	return op(EVTCHNOP_expand_array, &e);
}

static long poll(evtchn_port_t port, uint64_t until)
{
	struct sched_poll p = { .nr_ports = 1, .timeout = until };

	set_xen_guest_handle(p.ports, &port);
	return HYPERVISOR_sched_op(SCHEDOP_poll, &p);
}

/* ---- what a single vCPU can ask for ---- */

static void arguments(void)
{
	struct evtchn_bind_virq virq = { .virq = VIRQ_TIMER, .vcpu = 63 };
	struct evtchn_bind_interdomain far = { .remote_dom = DOMID_SELF, .remote_port = 0 };
	struct evtchn_set_priority prio = { .port = 1, .priority = 3 };
	struct evtchn_unmask unmask = { .port = 1 };
	char *block = alloc_page(), *page = alloc_page();
	static const uint32_t ports[] = { 0, 1, 4095, 4096, 131071, 131072, ~0U, 1U << 31 };
	long a, b;

	ok(expand(page) == -XEN_EOPNOTSUPP, "XSA-505: expand_array before init_control");
	EXPECT_EQ(init_control(block, 0), 0);
	/* FIFO, and no event array: events are noted, and nothing is written. */
	a = evtchn_bind_ipi(0);
	EXPECT(a > 0);
	EXPECT_EQ(evtchn_send((unsigned int)a), 0);
	unmask.port = (evtchn_port_t)a;
	EXPECT_EQ(op(EVTCHNOP_unmask, &unmask), 0);
	EXPECT_EQ(poll((evtchn_port_t)a, 1), 0);
	ok(true, "XSA-107, 221, 359: FIFO without an array: send, unmask, poll");
	/* No control block for vCPU 1, if there is one. */
	b = evtchn_bind_ipi(1);
	if (b > 0)
		EXPECT_EQ(evtchn_send((unsigned int)b), 0);
	EXPECT_EQ(expand(page), 0);
	if (b > 0)
		EXPECT_EQ(evtchn_send((unsigned int)b), 0);
	ok(true, "XSA-107, 358: an event for a vCPU without a control block");
	prio.priority = 16;
	ok(op(EVTCHNOP_set_priority, &prio) < 0, "a priority beyond the last is refused");

	for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
		long rc = poll(ports[i], 1);

		if (ports[i] >= 4096)
			ok(rc == -XEN_EINVAL, "XSA-221: poll of port %#x: %ld", ports[i], rc);
		far.remote_port = ports[i];
		ok(op(EVTCHNOP_bind_interdomain, &far) < 0, "XSA-317: bind to port %#x, which does not wait", ports[i]);
		ok(evtchn_send(ports[i]) < 0 || ports[i] == (uint32_t)a, "send to port %#x", ports[i]);
	}
	ok(op(EVTCHNOP_bind_virq, &virq) == -XEN_ENOENT, "XSA-496: VIRQ of a vCPU that is not there");
	virq = (struct evtchn_bind_virq){ .virq = ~0U };
	EXPECT_EQ(op(EVTCHNOP_bind_virq, &virq), -XEN_EINVAL);
	ok(evtchn_bind_virq(VIRQ_DOM_EXC, 0) > 0 && evtchn_bind_virq(VIRQ_DOM_EXC, 0) == -XEN_EEXIST,
	   "XSA-496: binding a global VIRQ again leaves the first");
	EXPECT_EQ(reset(), 0);
	EXPECT(evtchn_send((unsigned int)a) < 0);
}

/* All ports that there may be, then a reset: nothing is lost, and it comes to an end. */
static void exhaust(void)
{
	long last = 0, n = 0, p;

	while ((p = evtchn_alloc_unbound(DOMID_SELF, 0)) > 0) {
		last = p;
		n++;
	}
	ok(n > 100 && p == -XEN_ENOSPC, "XSA-317: the last of %ld ports (%ld) is followed by -ENOSPC (%ld)", n, last, p);
	EXPECT_EQ(evtchn_close((unsigned int)last), 0);
	EXPECT_EQ(evtchn_alloc_unbound(DOMID_SELF, 0), last);
	ok(reset() == 0, "XSA-344: reset of all of them");
	EXPECT_EQ(evtchn_alloc_unbound(DOMID_SELF, 0), 1);
	EXPECT_EQ(evtchn_close(1), 0);
}

/* ---- the race ---- */

static void looks(void *unused)
{
	unsigned long s = 0x5555aaaa5555;

	running = true;
	while (!stop) {
		uint32_t port = rnd(&s, PORTS);
		struct evtchn_unmask u = { .port = port };
		struct evtchn_status st = { .dom = DOMID_SELF, .port = port };
		struct evtchn_set_priority p = { .port = port, .priority = rnd(&s, 16) };
		struct evtchn_bind_vcpu v = { .port = port, .vcpu = rnd(&s, 2) };

		switch (rnd(&s, 8)) {
		case 0 ... 2: op(EVTCHNOP_unmask, &u); break;
		case 3: op(EVTCHNOP_status, &st); break;
		case 4: op(EVTCHNOP_set_priority, &p); break;
		case 5: op(EVTCHNOP_bind_vcpu, &v); break;
		case 6: poll(port, 1); break;
		default: evtchn_send(port);
		}
		done[1]++;
	}
	running = false;
}

static void changes(char *blocks, char *array)
{
	unsigned long s = 0x1234567;
	uint64_t end = system_time() + STORM;

	while (system_time() < end) {
		for (unsigned int i = 0; i < 6; i++) {
			long a = evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF);

			if (a > 0)
				evtchn_bind_interdomain(DOMID_SELF, (unsigned int)a);
			evtchn_bind_ipi(rnd(&s, 2));
		}
		init_control(blocks, rnd(&s, 2));
		if (rnd(&s, 2))
			init_control(blocks + 2048, rnd(&s, 2));
		if (rnd(&s, 2))
			expand(array);
		evtchn_close(rnd(&s, PORTS));
		reset();
		done[0]++;
	}
}

static void attack(void *unused)
{
	char *blocks = alloc_page(), *array = alloc_page();
	long port;

	arguments();
	exhaust();
	if (max_vcpus() > 1) {
		EXPECT_EQ(start_vcpu(1, looks, NULL), 0);
		while (!running)
			HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
		changes(blocks, array);
		stop = true;
		while (running)
			HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
		ok(done[0] > 10 && done[1] > 10, "XSA-340, 343, 358, 359, 505: %lu changes against %lu looks", done[0], done[1]);
	}
	while (reset() == -XEN_EAGAIN)
		;
	port = evtchn_bind_ipi(0);
	EXPECT_EQ(port, 1);
	upcalls = 0;
	shared->evtchn_mask[0] = 0;
	shared->evtchn_pending[0] = 0;
	vcpu_info(0)->evtchn_upcall_pending = 0;
	vcpu_info(0)->evtchn_pending_sel = 0;
	events_unmask();
	evtchn_send((unsigned int)port);
	ok(upcalls == 1 && port_count[port] == 1, "a plain event arrives (%lu upcalls, %lu)", upcalls, port_count[port]);
}

void test_main(void)
{
	struct domu neighbour;
	struct books before;

	domu_run(&(struct domu_config){ .main = attack, .vcpus = 1 }, "arguments");
	domu_create(&neighbour, &(struct domu_config){ .main = domu_neighbour });
	domu_start(&neighbour);
	domu_neighbour_lives(&neighbour, "before");
	books_read(&before);
	domu_run(&(struct domu_config){ .main = attack, .vcpus = 2 }, "the race");
	books_compare(&before, "the race");
	domu_neighbour_lives(&neighbour, "after the race");
}
