/* SPDX-License-Identifier: MIT
 *
 * What the scheduler promises a bystander, measured: a domain that computes without end (its share of the CPUs) and one
 * that sleeps and wakes up (its latency), while a third domain does what it likes.
 *
 *	share_start(&s);
 *	share_measure(&s, &attacker, 2000000000, &r);
 *	share_end(&s);
 */
#ifndef TESTS_GUEST_LIB_SHARE_H
#define TESTS_GUEST_LIB_SHARE_H

#include "domu.h"

#define SHARE_BUCKETS   200             /* latencies in steps of 100 us; the last one takes all above */
#define SHARE_STEP_NS   100000UL

/* What a bystander tells of itself; in its channel's words, or wherever it runs. */
struct share_meter {
	uint64_t loops, wakes, worst_ns;
	uint64_t reset;                 /* asks the sleeper to start anew; it clears it */
	uint64_t bucket[SHARE_BUCKETS];
};

/* Main functions of bystanders; a meter of their own (as arg) or, with NULL, the channel's words. */
void share_busy(void *meter);
void share_sleeper(void *meter);
/* One sleep of a few milliseconds and what it adds to the meter. */
void share_sleep_once(volatile struct share_meter *m, unsigned int round);
uint64_t share_percentile(const volatile struct share_meter *m, unsigned int percent);

struct share {
	struct domu busy, sleeper;
};

struct share_result {
	uint64_t ns;                    /* measured for so long */
	uint64_t busy_ns, attacker_ns, control_ns, sleeper_ns;  /* CPU time in it */
	uint64_t wakes, median_ns, p99_ns, worst_ns;            /* the sleeper's; median and p99 rounded up to a step */
};

void share_start(struct share *s);
/* @attacker may be NULL. Sleeps meanwhile, with events as the caller left them. */
void share_measure(struct share *s, const struct domu *attacker, uint64_t ns, struct share_result *r);
void share_end(struct share *s);

#endif
