/* SPDX-License-Identifier: MIT
 *
 * The FIFO ABI: set-up and its errors, events that were pending before, queues in order of arrival and of
 * priority, masked events, unmasking, events that come again while queued, ports beyond the 4096 of
 * the 2-level ABI, and the way back by reset.
 */
#include "testlib.h"

static struct evtchn_fifo_control_block *block;
static event_word_t *words[8];

static long op(int cmd, void *arg)
{
	return HYPERVISOR_event_channel_op(cmd, arg);
}

static event_word_t *word(long port)
{
	return &words[port / 1024][port % 1024];
}

static bool bit(long port, unsigned int n)
{
	return (*(volatile event_word_t *)word(port) >> n) & 1;
}

static void clear(long port, unsigned int n)
{
	__atomic_fetch_and(word(port), ~(1U << n), __ATOMIC_SEQ_CST);
}

static void set(long port, unsigned int n)
{
	__atomic_fetch_or(word(port), 1U << n, __ATOMIC_SEQ_CST);
}

/* Takes the first port off queue q, as a guest does: 0 for none. */
static unsigned int take(unsigned int q)
{
	static unsigned int head[EVTCHN_FIFO_MAX_QUEUES];
	unsigned int port = head[q];
	event_word_t w;

	if (!port)
		port = block->head[q];
	if (!port)
		return 0;
	w = *word(port);
	for (;;) {
		event_word_t new = w & ~((1U << EVTCHN_FIFO_LINKED) | EVTCHN_FIFO_LINK_MASK);

		if (!(w & (1U << EVTCHN_FIFO_LINKED)))
			return 0;
		if (__atomic_compare_exchange_n(word(port), &w, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			break;
	}
	head[q] = w & EVTCHN_FIFO_LINK_MASK;
	clear(port, EVTCHN_FIFO_PENDING);
	return port;
}

static uint32_t ready(void)
{
	vcpu_info(0)->evtchn_upcall_pending = 0;
	return __atomic_exchange_n(&block->ready, 0, __ATOMIC_SEQ_CST);
}

static void set_up(long early)
{
	struct evtchn_init_control c = { .control_gfn = virt_to_mfn(alloc_page()), .offset = 4096 - 64 };
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE };
	struct evtchn_expand_array e;
	void *table = (void *)si->pt_base;

	EXPECT_EQ(op(EVTCHNOP_init_control, &c), -XEN_EINVAL);
	c.offset = 4;
	EXPECT_EQ(op(EVTCHNOP_init_control, &c), -XEN_EINVAL);
	c.offset = 64;
	c.vcpu = 63;
	EXPECT_EQ(op(EVTCHNOP_init_control, &c), -XEN_ENOENT);
	c.vcpu = 0;
	c.control_gfn = virt_to_mfn(table);
	EXPECT_EQ(op(EVTCHNOP_init_control, &c), -XEN_EINVAL);
	c.control_gfn = ~0UL;
	EXPECT_EQ(op(EVTCHNOP_init_control, &c), -XEN_EINVAL);
	block = alloc_page();
	c.control_gfn = virt_to_mfn(block);
	block = (void *)((char *)block + 64);
	EXPECT_EQ(op(EVTCHNOP_init_control, &c), 0);
	EXPECT_EQ(c.link_bits, EVTCHN_FIFO_LINK_BITS);
	EXPECT_EQ(op(EVTCHNOP_init_control, &c), -XEN_EINVAL);
	EXPECT_EQ(ready(), 0);

	e.array_gfn = virt_to_mfn(table);
	EXPECT_EQ(op(EVTCHNOP_expand_array, &e), -XEN_EINVAL);
	words[0] = alloc_page();
	e.array_gfn = virt_to_mfn(words[0]);
	EXPECT_EQ(op(EVTCHNOP_expand_array, &e), 0);
	/* As long as the hypervisor writes to it, it does not become a page table. */
	pin.arg1.mfn = virt_to_mfn(words[0]);
	EXPECT(make_readonly(words[0]));
	EXPECT(HYPERVISOR_mmuext_op(&pin, 1, NULL, DOMID_SELF) < 0);
	EXPECT(make_writable(words[0]));
	/* What had been pending is so in the new form. */
	EXPECT_EQ(ready(), 1U << EVTCHN_FIFO_PRIORITY_DEFAULT);
	EXPECT_EQ(take(EVTCHN_FIFO_PRIORITY_DEFAULT), early);
}

static void queues(void)
{
	struct evtchn_set_priority p = { .priority = 2 };
	long a = evtchn_bind_ipi(0), b = evtchn_bind_ipi(0), c = evtchn_bind_ipi(0);
	unsigned int q = EVTCHN_FIFO_PRIORITY_DEFAULT;

	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(evtchn_send((unsigned int)b), 0);
		EXPECT_EQ(evtchn_send((unsigned int)a), 0);
		EXPECT_EQ(evtchn_send((unsigned int)b), 0);     /* once is enough */
		EXPECT_EQ(evtchn_send((unsigned int)c), 0);
		EXPECT_EQ(ready(), 1U << q);
		EXPECT_EQ(take(q), b);
		EXPECT_EQ(take(q), a);
		EXPECT_EQ(take(q), c);
		EXPECT_EQ(take(q), 0);
	}

	p.port = (evtchn_port_t)c;
	EXPECT_EQ(op(EVTCHNOP_set_priority, &p), 0);
	p.priority = 16;
	EXPECT_EQ(op(EVTCHNOP_set_priority, &p), -XEN_EINVAL);
	p.port = 5000;
	EXPECT_EQ(op(EVTCHNOP_set_priority, &p), -XEN_EINVAL);
	EXPECT_EQ(evtchn_send((unsigned int)a), 0);
	EXPECT_EQ(evtchn_send((unsigned int)c), 0);
	EXPECT_EQ(ready(), 1U << q | 1U << 2);
	EXPECT_EQ(take(2), c);
	EXPECT_EQ(take(q), a);

	/* Its priority changes while it is the tail of a queue that the guest has emptied. */
	p = (struct evtchn_set_priority){ .port = (evtchn_port_t)a, .priority = 2 };
	EXPECT_EQ(op(EVTCHNOP_set_priority, &p), 0);
	EXPECT_EQ(evtchn_send((unsigned int)a), 0);
	EXPECT_EQ(evtchn_send((unsigned int)b), 0);
	EXPECT_EQ(ready(), 1U << q | 1U << 2);
	EXPECT_EQ(take(2), a);
	EXPECT_EQ(take(q), b);

	/* Masked: pending, not queued; the unmask queues it. */
	set(b, EVTCHN_FIFO_MASKED);
	EXPECT_EQ(evtchn_send((unsigned int)b), 0);
	EXPECT_EQ(ready(), 0);
	EXPECT_EQ(bit(b, EVTCHN_FIFO_PENDING), 1);
	EXPECT_EQ(bit(b, EVTCHN_FIFO_LINKED), 0);
	unmask_port((unsigned int)b);
	EXPECT_EQ(bit(b, EVTCHN_FIFO_MASKED), 0);
	EXPECT_EQ(ready(), 1U << q);
	EXPECT_EQ(take(q), b);

	/* Closing clears pending. */
	set(b, EVTCHN_FIFO_MASKED);
	EXPECT_EQ(evtchn_send((unsigned int)b), 0);
	EXPECT_EQ(evtchn_close((unsigned int)b), 0);
	EXPECT_EQ(bit(b, EVTCHN_FIFO_PENDING), 0);
	clear(b, EVTCHN_FIFO_MASKED);
}

static void many_ports(void)
{
	struct evtchn_expand_array e;
	long p, port = 0;

	while ((p = evtchn_bind_ipi(0)) > 0 && p < 5500)
		port = p;
	EXPECT_EQ(port, 5499);
	/* No word yet: it waits for one. */
	EXPECT_EQ(evtchn_send(5499), 0);
	EXPECT_EQ(ready(), 0);
	for (unsigned int i = 1; i < 6; i++) {
		words[i] = alloc_page();
		e.array_gfn = virt_to_mfn(words[i]);
		EXPECT_EQ(op(EVTCHNOP_expand_array, &e), 0);
	}
	EXPECT_EQ(ready(), 1U << EVTCHN_FIFO_PRIORITY_DEFAULT);
	EXPECT_EQ(take(EVTCHN_FIFO_PRIORITY_DEFAULT), 5499);
}

/* The pages are the guest's again after a reset: as page tables, even. */
static void way_back(void)
{
	struct evtchn_reset r = { .dom = DOMID_SELF };
	long port;

	EXPECT_EQ(op(EVTCHNOP_reset, &r), 0);
	vcpu_info(0)->evtchn_pending_sel = 0;   /* from before the switch */
	port = evtchn_bind_ipi(0);
	EXPECT_EQ(port, 1);
	events_unmask();
	EXPECT_EQ(evtchn_send((unsigned int)port), 0);
	EXPECT_EQ(port_count[port], 1);
	events_mask();
	for (unsigned int i = 0; i < 6; i++) {
		struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = virt_to_mfn(words[i]) };
		struct mmuext_op unpin = { .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = pin.arg1.mfn };

		memset(words[i], 0, PAGE_SIZE);
		EXPECT(make_readonly(words[i]));
		EXPECT_EQ(HYPERVISOR_mmuext_op(&pin, 1, NULL, DOMID_SELF), 0);
		EXPECT_EQ(HYPERVISOR_mmuext_op(&unpin, 1, NULL, DOMID_SELF), 0);
	}
}

void test_main(void)
{
	long early = evtchn_bind_ipi(0);

	EXPECT_EQ(evtchn_send((unsigned int)early), 0);
	set_up(early);
	queues();
	many_ports();
	way_back();
}
