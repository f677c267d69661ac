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
static void user_int3_loop(unsigned long arg) { USER_LOOP("int3"); }

/* The page is taken away by a system call, which is not timed. */
static void user_fault_loop(unsigned long arg)
{
	for (unsigned long i = 0; i < wanted_samples; i++) {
		uint64_t start;

		__asm__ volatile("movl $1, %%eax\n\tsyscall" : : : "rax", "rcx", "r11", "memory");
		start = rdtsc();
		(void)*(volatile unsigned long *)fault_va;
		samples_at[i] = rdtsc() - start;
	}
	end_user();
}

/* run_user() makes the page table; the small entry needs only the callback. */
static const char *run_loop(void (*fn)(unsigned long), const void *entry, uint64_t *ticks, unsigned int n,
			    const volatile unsigned long *hits)
{
	unsigned long before = *hits;
	struct fault f;
	long rc;

	wanted_samples = n;
	samples_at = ticks;
	rc = set_callback_entry(CALLBACKTYPE_syscall, entry);
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
	return run_loop(user_syscalls_loop, syscall_small, ticks, n, &hits_syscall);
}

static const char *user_ud_sample(uint64_t *ticks, unsigned int n)
{
	set_vector(6, skip2_entry, 0);
	return run_loop(user_ud_loop, syscall_small, ticks, n, &hits_trap);
}

static const char *user_int3_sample(uint64_t *ticks, unsigned int n)
{
	set_vector(3, skip1_entry, 3);
	return run_loop(user_int3_loop, syscall_small, ticks, n, &hits_trap);
}

static const char *user_fault_sample(uint64_t *ticks, unsigned int n)
{
	const char *reason;
	char *window = pool[POOL_PAGES - 1];

	fault_va = (unsigned long)window;
	fault_pte = PTE_RW_TO(window);
	set_vector(14, fault_entry, 0);
	reason = run_loop(user_fault_loop, syscall_unmap, ticks, n, &hits_fault);
	if (set_pte(fault_va, fault_pte) && !reason)
		reason = "the window could not be restored";
	return reason;
}

const struct op user_ops[] = {
	{ .name = "user-syscall", .sample = syscall_sample },
	{ .name = "user-exception-ud2", .sample = user_ud_sample },
	{ .name = "user-exception-int3", .sample = user_int3_sample },
	{ .name = "user-page-fault", .sample = user_fault_sample },
	{ 0 }
};
