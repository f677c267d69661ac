/* SPDX-License-Identifier: MIT
 *
 * System time: nanoseconds since boot, the same on every CPU, from the TSC.
 */
#ifndef HYPERVISOR_ARCH_CLOCK_H
#define HYPERVISOR_ARCH_CLOCK_H

#include "lib/types.h"

#define SECONDS(s)  ((s_time_t)(s) * 1000000000)
#define MILLISECS(m) ((s_time_t)(m) * 1000000)
#define MICROSECS(u) ((s_time_t)(u) * 1000)
#define S_TIME_NEVER INT64_MAX

extern uint32_t tsc_khz;
/* ns = ((tsc << shift) * mul) >> 32, as vcpu_time_info wants it [Xen public/xen.h]. */
extern uint32_t tsc_to_ns_mul;
extern int8_t tsc_to_ns_shift;

s_time_t now(void);
s_time_t tsc_to_s_time(uint64_t tsc);   /* absolute TSC value to system time */
static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}
/* Real time at system time zero, in ns since 1970 UTC (from the CMOS clock; settable). */
uint64_t wallclock_base_ns(void);
void wallclock_set(uint64_t ns_since_1970_at_zero);
/* Ask for SOFTIRQ_TIMER on this CPU at @deadline (S_TIME_NEVER: none). A past deadline raises it at once. */
void clock_set_deadline(s_time_t deadline);
void udelay(unsigned int us);

#endif
