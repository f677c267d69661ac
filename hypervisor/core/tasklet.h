/* SPDX-License-Identifier: MIT
 *
 * Work to be done soon, on this CPU, with no lock held: from SOFTIRQ_TASKLET.
 * Scheduling one is lock-free, so that interrupt handlers and code under any
 * lock may do it. A tasklet that is already waiting is not queued twice.
 */
#ifndef HYPERVISOR_CORE_TASKLET_H
#define HYPERVISOR_CORE_TASKLET_H

#include "lib/types.h"

struct tasklet {
	struct tasklet *next;
	void (*fn)(void *);
	void *arg;
	bool scheduled;         /* atomic; cleared before fn runs */
};

#define TASKLET_INIT(f, a) { .fn = (f), .arg = (a) }

void tasklet_subsystem_init(void);
void tasklet_init(struct tasklet *t, void (*fn)(void *), void *arg);
bool tasklet_schedule(struct tasklet *t);      /* false: it was already */

#endif
