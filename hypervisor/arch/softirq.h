/* SPDX-License-Identifier: MIT
 *
 * Softirqs: what interrupt handlers leave to be done on the way out. See arch/cpu.h for raising them.
 */
#ifndef HYPERVISOR_ARCH_SOFTIRQ_H
#define HYPERVISOR_ARCH_SOFTIRQ_H

void softirq_run(void);         /* interrupts off on entry and exit, on while a handler runs */
void softirq_idle_wait(void);   /* interrupts off; sleeps until an interrupt when nothing is pending */

#endif
