/* SPDX-License-Identifier: MIT
 *
 * Softirqs. softirq_pending is a word of the CPU's own structure: any CPU sets bits
 * in it, only its owner clears them. An idle CPU says so in idle_polling before it looks a last time, so
 * the sender can leave out the IPI to a CPU that is awake.
 */
#include "arch/softirq.h"
#include "arch/smp.h"
#include "arch/x86.h"
#include "lib/bitops.h"
#include "lib/panic.h"

static void (*handlers[SOFTIRQ_COUNT])(void);

void open_softirq(enum softirq nr, void (*handler)(void))
{
	handlers[nr] = handler;
}

void raise_softirq(enum softirq nr)
{
	set_bit(nr, &this_cpu()->softirq_pending);
}

void cpu_raise_softirq(unsigned int cpu, enum softirq nr)
{
	if (test_and_set_bit(nr, &cpus[cpu]->softirq_pending) || cpu == cpu_id())
		return;
	smp_send_event_check(cpu);
}

void softirq_run(void)
{
	struct cpu *c = this_cpu();
	uint32_t pending;

	while ((pending = READ_ONCE(c->softirq_pending)) != 0) {
		unsigned int nr = first_bit(pending);

		clear_bit(nr, &c->softirq_pending);
		local_irq_enable();
		BUG_ON(!handlers[nr]);
		handlers[nr]();
		local_irq_disable();
	}
}

/* STI takes effect after the next instruction, so no interrupt slips in before HLT. */
void softirq_idle_wait(void)
{
	if (READ_ONCE(this_cpu()->softirq_pending))
		return;
	__asm__ volatile("sti; hlt; cli" ::: "memory");
}
