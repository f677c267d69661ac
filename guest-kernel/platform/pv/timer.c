/* SPDX-License-Identifier: MIT */
/* Time: the hypervisor's clock from the shared page, its one-shot timer, its date. [pv-abi/xen.h] */
#include "../../kernel/lib.h"
#include "../../kernel/task.h"
#include "pv.h"

static u64 start;	/* system time at our own start */

static u64 system_time(void)
{
	static u64 latest;	/* vCPUs' clocks may differ by some nanoseconds; time does not run backwards */
	const struct vcpu_time_info *t = &shared_info.vcpu_info[this_cpu()->id].time;
	u32 version;
	u64 now, last;

	do {
		u32 lo, hi;
		u64 delta;

		version = READ_ONCE(t->version);
		barrier();
		__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi));
		delta = ((u64)hi << 32 | lo) - t->tsc_timestamp;
		delta = t->tsc_shift >= 0 ? delta << t->tsc_shift : delta >> -t->tsc_shift;
		now = t->system_time + ((unsigned __int128)delta * t->tsc_to_system_mul >> 32);
		barrier();
	} while ((version & 1) || version != READ_ONCE(t->version));
	last = READ_ONCE(latest);
	if (now < last)
		return last;
	WRITE_ONCE(latest, now);
	return now;
}

u64 plat_clock(void)
{
	if (!start)
		start = system_time();
	return system_time() - start;
}

void plat_timer_set(u64 deadline)
{
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = deadline + start };
	unsigned cpu = this_cpu()->id;

	if (deadline == ~0ull)
		HYPERVISOR_vcpu_op(VCPUOP_stop_singleshot_timer, cpu, NULL);
	else
		HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, cpu, &t);
}

u64 plat_wallclock(void)
{
	u32 version;
	u64 ns;

	do {
		version = READ_ONCE(shared_info.wc_version);
		barrier();
		ns = ((u64)shared_info.wc_sec_hi << 32 | shared_info.wc_sec) * 1000000000ull + shared_info.wc_nsec;
		barrier();
	} while ((version & 1) || version != READ_ONCE(shared_info.wc_version));
	return ns + start;
}

static void timer_event(void *arg)
{
	timer_interrupt();
}

void plat_timer_init(unsigned cpu)
{
	HYPERVISOR_vcpu_op(VCPUOP_stop_periodic_timer, cpu, NULL);
	if (evtchn_bind_virq(VIRQ_TIMER, cpu, timer_event, NULL))
		panic("no timer");
}
