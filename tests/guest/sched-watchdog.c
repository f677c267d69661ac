/* SPDX-License-Identifier: MIT
 *
 * A watchdog that nobody touches again ends the domain after its time and not before; one that is stopped, or set again, does
 * not. The machine ends with the code of a watchdog: 33 + 2 * 4.
 *
 * RUN: status=41 expect="watchdog.of.domain.0.expired"
 */
#include "testlib.h"

#define MS 1000000UL

void test_main(void)
{
	struct sched_watchdog w = { .timeout = 1 };
	uint64_t start = system_time();

	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_watchdog, &w), 1);
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_watchdog, &w), 2);
	w.id = 2;
	w.timeout = 0;
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_watchdog, &w), 0);
	/* Set again half way: its second begins anew. */
	delay_ns(600 * MS);
	w.id = 1;
	w.timeout = 1;
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_watchdog, &w), 0);
	delay_ns(600 * MS);
	ok(system_time() - start >= 1200 * MS, "still here after %lu ms", (system_time() - start) / MS);
	HYPERVISOR_console_io(CONSOLEIO_write, 5, (char *)"1..5\n");
	delay_ns(60000 * MS);
}
