/* SPDX-License-Identifier: MIT */
/*
 * The console: the hypervisor's own for the control domain, a shared ring and an event for the others.
 * [pv-abi/io/console.h]
 */
#include <pv-abi/io/console.h>
#include "../../kernel/lib.h"
#include "../../kernel/lock.h"
#include "pv.h"

#define PATIENCE 100000		/* yields before output is dropped because nobody empties the ring */

static struct spinlock ring_lock = SPINLOCK_INIT(LOCK_UART);
static struct xencons_interface *ring;

void plat_console_init(void)
{
	if (!(start_info->flags & SIF_INITDOMAIN) && start_info->console.domU.mfn)
		ring = mfn_to_virt(start_info->console.domU.mfn);
}

static void ring_write(const char *buf, size_t n)
{
	static bool deaf;	/* the other side did not keep up once: do not wait again until it does */
	unsigned patience = deaf ? 1 : PATIENCE;

	while (n) {
		XENCONS_RING_IDX prod = ring->out_prod, room = sizeof(ring->out) - (prod - READ_ONCE(ring->out_cons));

		if (!room) {
			evtchn_send(start_info->console.domU.evtchn);
			if (!--patience) {
				deaf = true;
				return;
			}
			plat_relax();
			continue;
		}
		deaf = false;
		for (; n && room; n--, room--)
			ring->out[MASK_XENCONS_IDX(prod++, ring->out)] = *buf++;
		__atomic_store_n(&ring->out_prod, prod, __ATOMIC_RELEASE);
	}
	evtchn_send(start_info->console.domU.evtchn);
}

void plat_console_write(const char *buf, size_t n)
{
	spin_lock(&ring_lock);
	if (ring)
		ring_write(buf, n);
	else
		HYPERVISOR_console_io(CONSOLEIO_write, n, (char *)buf);
	spin_unlock(&ring_lock);
}

static void console_event(void *arg)
{
	char buf[64];
	size_t n = 0;

	if (!ring) {
		long got;

		while ((got = HYPERVISOR_console_io(CONSOLEIO_read, sizeof(buf), buf)) > 0)
			console_input(buf, got);
		return;
	}
	for (;;) {
		XENCONS_RING_IDX cons = ring->in_cons, prod = __atomic_load_n(&ring->in_prod, __ATOMIC_ACQUIRE);

		for (n = 0; cons != prod && n < sizeof(buf); n++)
			buf[n] = ring->in[MASK_XENCONS_IDX(cons++, ring->in)];
		if (!n)
			break;
		__atomic_store_n(&ring->in_cons, cons, __ATOMIC_RELEASE);
		console_input(buf, n);
		evtchn_send(start_info->console.domU.evtchn);
	}
}

void plat_console_start(void)
{
	if (ring)
		evtchn_bind(start_info->console.domU.evtchn, 0, console_event, NULL);
	else if (boot_info.control_domain)
		evtchn_bind_virq(VIRQ_CONSOLE, 0, console_event, NULL);
}
