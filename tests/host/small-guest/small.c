/* SPDX-License-Identifier: MIT */
/*
 * The smallest guest that tests of the tools need: it writes its arguments to the console ring and then does
 * what they say: off, reboot, crash, or sleep for ever; first, with slow, it lives for half a second.
 */
#include <pv-abi/event_channel.h>
#include <pv-abi/io/console.h>
#include <pv-abi/sched.h>
#include <pv-abi/xen.h>

#define VIRT_BASE 0xffffffff80000000UL

static const unsigned long *const machine_to_phys = (const unsigned long *)0xffff800000000000UL;

static long hypercall2(unsigned long nr, unsigned long a, const void *b)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b) : "rcx", "r11", "memory");
	return ret;
}

static void print(volatile struct xencons_interface *ring, const char *s)
{
	while (*s)
		ring->out[MASK_XENCONS_IDX(ring->out_prod++, ring->out)] = *s++;
}

static int asked(const char *args, const char *word)
{
	for (; *args; args++) {
		unsigned int i = 0;

		while (word[i] && args[i] == word[i])
			i++;
		if (!word[i])
			return 1;
	}
	return 0;
}

/* Half a second on any machine that is likely. */
static void linger(void)
{
	unsigned long start = __builtin_ia32_rdtsc();

	while (__builtin_ia32_rdtsc() - start < 1500000000UL)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
}

static void shutdown(unsigned int reason)
{
	struct sched_shutdown arg = { reason };

	hypercall2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &arg);
}

void guest_main(const struct start_info *si);

void guest_main(const struct start_info *si)
{
	unsigned long pfn = machine_to_phys[si->console.domU.mfn];
	volatile struct xencons_interface *ring = (void *)(VIRT_BASE + (pfn << 12));
	struct evtchn_send send = { si->console.domU.evtchn };
	const char *args = (const char *)si->cmd_line;

	print(ring, "small: ");
	print(ring, args);
	print(ring, "\r\n");
	hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send);
	if (asked(args, "slow"))
		linger();
	if (asked(args, "off"))
		shutdown(SHUTDOWN_poweroff);
	if (asked(args, "reboot"))
		shutdown(SHUTDOWN_reboot);
	if (asked(args, "crash"))
		*(volatile int *)8 = 0;
	for (;;) {
		/* No ports and no timeout, with events masked: nothing wakes it. */
		struct sched_poll poll = { .nr_ports = 0 };

		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
	}
}
