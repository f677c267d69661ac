/* SPDX-License-Identifier: MIT */
/*
 * Measuring a small operation: its cost is the smallest of several batches, divided by the number
 * in a batch. The clock is the monotonic one by default; with `-i` the time-stamp counter, which
 * under QEMU's -icount shift=0 counts instructions, so the result is the same digit for digit.
 */
#ifndef USER_BENCH_H
#define USER_BENCH_H

struct bench {
	const char	*name;
	void		(*setup)(void);
	void		(*run)(long count);	/* do it `count` times */
	void		(*teardown)(void);
	long		count;			/* in a batch */
	const char	*what;
};

extern const struct bench benches[];
extern const unsigned long bench_count;

void bench_fail(const char *what) __attribute__((noreturn));

#endif
