/* SPDX-License-Identifier: MIT
 *
 * What a user program of the guest pays: the clock is read in user mode.
 */
#include "bench.h"

static volatile unsigned long wanted_samples;
static uint64_t *volatile samples_at;

static inline void end_user(void)
{
	__asm__ volatile("xorl %%eax, %%eax\n\tsyscall" : : : "rax", "rcx", "r11", "memory");
}

#define USER_LOOP(instructions, ...) \
	for (unsigned long i = 0; i < wanted_samples; i++) { \
		uint64_t start = rdtsc(); \
		__asm__ volatile(instructions : : : "rax", "rcx", "r11", "memory", ##__VA_ARGS__); \
		samples_at[i] = rdtsc() - start; \
	} \
	end_user()

static void user_syscalls_loop(unsigned long arg) { USER_LOOP("movl $39, %%eax\n\tsyscall"); }
static void user_ud_loop(unsigned long arg) { USER_LOOP("ud2"); }

/* run_user() makes the page table; the small entry needs only the callback. */
static const char *run_loop(void (*fn)(unsigned long), uint64_t *ticks, unsigned int n, const unsigned long *hits)
{
	unsigned long before = *hits;
	struct fault f;
	long rc;

	wanted_samples = n;
	samples_at = ticks;
	rc = set_callback_entry(CALLBACKTYPE_syscall, syscall_small);
	if (rc)
		return wrong("callback_op returned %ld", rc);
	run_user(fn, 0, &f);
	set_callback_entry(CALLBACKTYPE_syscall, syscall_entry);
	restore_vectors();
	if (f.happened)
		return wrong("trap %u at %#lx ended user mode", f.vector, f.rip);
	return *hits == before + n ? NULL : wrong("%lu entries counted, %u expected", *hits - before, n);
}

static const char *syscall_sample(uint64_t *ticks, unsigned int n)
{
	return run_loop(user_syscalls_loop, ticks, n, &hits_syscall);
}

static const char *user_ud_sample(uint64_t *ticks, unsigned int n)
{
	set_vector(6, skip2_entry, 0);
	return run_loop(user_ud_loop, ticks, n, &hits_trap);
}

const struct op user_ops[] = {
	{ .name = "user-syscall", .sample = syscall_sample },
	{ .name = "user-exception-ud2", .sample = user_ud_sample },
	{ 0 }
};
