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

struct op {
	const char *name;
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
extern const struct op hypercall_ops[], event_ops[], mmu_ops[], pin_ops[], trap_ops[], user_ops[];

/* The reason that after() returns; the text lives until the next call. */
const char *wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
const char *rc_is_zero(long rc);        /* an after() for calls whose 0 says everything */

/* ---- memory ---- */
#define POOL_PAGES 512
extern char pool[POOL_PAGES][PAGE_SIZE];        /* mapped writable */
extern char tables[16][PAGE_SIZE];              /* for page tables */
#define PTE_RW_TO(page) (virt_to_mfn(page) << 12 | PTE_FLAGS_RW)

/* ---- entry points of entry.S; each counts ---- */
extern unsigned long hits_event, hits_trap, hits_syscall, hits_fault;
extern unsigned long fault_va, fault_pte;       /* what fault_entry maps */
extern unsigned long event_bit;                 /* number of the port that event_entry_small clears */
extern char event_entry_small[], skip2_entry[], skip1_entry[], skip2_error_entry[], fault_entry[], syscall_small[];
extern char event_entry[], syscall_entry[];     /* the library's */
long set_vector(unsigned int vector, const void *entry, uint8_t flags);
long set_callback_entry(uint16_t type, const void *entry);
void restore_vectors(void);

#endif
