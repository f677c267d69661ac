/* SPDX-License-Identifier: MIT
 *
 * One operation of the benchmark guest, and what the files of operations share.
 *
 * An operation is a row of a table. Per repetition: before() (not timed), run() between two reads of the TSC,
 * after() (not timed), which looks whether the operation succeeded and had its effect, and
 * says in words what was wrong. An operation with one bad repetition has no figure. The cost of the
 * measurement itself is that of a row whose run() does nothing; it is subtracted.
 *
 * Code that runs in user mode, or whose end is not where it began, fills the samples itself: sample().
 */
#ifndef TESTS_BENCH_GUEST_BENCH_H
#define TESTS_BENCH_GUEST_BENCH_H

#include "testlib.h"

#define MAX_SAMPLES 256

/* What an operation needs; the runner starts one machine of each kind and names it to the guest. */
enum machine {
	ONE,            /* a CPU and a vCPU */
	SHARED,         /* two vCPUs on one CPU */
	SMP,            /* two vCPUs on two CPUs */
};

struct op {
	const char *name;
	enum machine machine;
	bool by_name_only;              /* measured only when it is named */
	bool absolute;                  /* what sample() gives is no number of ticks */
	unsigned int units;             /* entries, calls or pages that one run() handles; 0 is 1 */
	unsigned int samples;           /* repetitions; 0: the default */
	const char *(*setup)(void);     /* once; NULL or what is in the way */
	void (*before)(void);
	long (*run)(void);
	const char *(*after)(long rc);
	const char *(*sample)(uint64_t *ticks, unsigned int n);
	const char *(*teardown)(void);
};

/* A group is a table that ends with a row without a name. */
extern const struct op hypercall_ops[], state_ops[], multicall_ops[], event_ops[], mmu_ops[], pin_ops[], space_ops[],
	trap_ops[], user_ops[], emulate_ops[], timer_ops[], grant_ops[], reservation_ops[], vcpu_ops[], domain_ops[], grant_domain_ops[],
	scale_ops[];

/* The reason that after() returns; the text lives until the next call. */
const char *wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
const char *rc_is_zero(long rc);        /* an after() for calls whose 0 says everything */

/* ---- memory ---- */
#define POOL_PAGES 512
extern char pool[POOL_PAGES][PAGE_SIZE];        /* mapped writable */
extern char tables[16][PAGE_SIZE];              /* for page tables */
#define PTE_RW_TO(page) (virt_to_mfn(page) << 12 | PTE_FLAGS_RW)

/* L4 tables of our own with what the kernel's has, read-only, not pinned: 0 or 1. NULL: none could be made. */
uint64_t *space_l4(unsigned int which);

/* ---- ports ---- */
static inline bool test_bit(const volatile unsigned long *map, unsigned long n)
{
	return map[n / 64] >> (n % 64) & 1;
}
static inline void clear_bit(volatile unsigned long *map, unsigned long n)
{
	__atomic_fetch_and(&map[n / 64], ~(1UL << (n % 64)), __ATOMIC_SEQ_CST);
}
static inline void set_bit(volatile unsigned long *map, unsigned long n)
{
	__atomic_fetch_or(&map[n / 64], 1UL << (n % 64), __ATOMIC_SEQ_CST);
}

/* ---- entry points of entry.S; each counts ---- */
extern volatile unsigned long hits_event, hits_event1, hits_trap, hits_syscall, hits_fault;
extern unsigned long fault_va, fault_pte;       /* what fault_entry maps */
extern unsigned long event_bit;                 /* the port that event_entry_small clears */
extern unsigned long event_bit1;                /* and event_entry_vcpu1, on vCPU 1 */
extern char event_entry_small[], event_entry_vcpu1[], syscall_unmap[], skip2_entry[], skip1_entry[], skip2_error_entry[], fault_entry[], syscall_small[];
extern char event_entry[], syscall_entry[];     /* the library's */
long set_vector(unsigned int vector, const void *entry, uint8_t flags);
long set_callback_entry(uint16_t type, const void *entry);
void restore_vectors(void);

#endif
