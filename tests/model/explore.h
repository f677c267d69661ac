/* SPDX-License-Identifier: MIT
 *
 * An explorer of states: two virtual CPUs run the hypervisor's own functions, and every order of their
 * accesses to shared memory is tried. explore.c has the essay, docs/models.md the results.
 *
 * A model allocates what the functions work on with model_alloc(), registers operations, and says
 * what must hold. Everything that its operations write has to be memory of model_alloc() or a
 * variable of an instrumented object: of both the explorer hears through the compiler's hooks (hooks.c).
 */
#ifndef TESTS_MODEL_EXPLORE_H
#define TESTS_MODEL_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NR_CPUS 2

struct model {
	const char *name;
	const char *sizes;              /* for the table: what there is how many of */
	const char *invariants;         /* likewise */
	unsigned int nr_invariants;
	unsigned int depth, quick;      /* how many rounds: `make model`, `make test` */
	void (*setup)(void);            /* the first state, and model_op() for each operation */
	void (*settle)(void);           /* what the machine does by itself after each step */
	void (*check_step)(void);       /* in every state */
	void (*check_idle)(void);       /* in states where no operation is under way */
	void (*canonical)(void);        /* idle: numbers that only count relative to each other start anew */
	void (*teardown)(void);         /* idle, run alone and undone: the end, from here, leaves nothing */
};

extern const struct model *const models[];      /* NULL at the end; each program has its own */

/* --- for models --- */

/* Zeroed memory at an address that is the same in every run. Only in setup. */
void *model_alloc(size_t size, size_t align);
/* An operation that the vCPUs in @cpus (bits) may start at any time. */
void model_op(unsigned int cpus, void (*run)(unsigned long a, unsigned long b, unsigned long c), unsigned long a,
	      unsigned long b, unsigned long c, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void model_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
#define MODEL_CHECK(cond, ...) do { if (!(cond)) model_fail(__VA_ARGS__); } while (0)

/* --- for the shims under the functions, while they run --- */

unsigned int model_cpu(void);           /* which vCPU is running; 0 in setup and checks */
bool model_in_setup(void);
void model_run_as(unsigned int cpu);    /* in setup, checks and teardown: as whom */
unsigned int model_choose(unsigned int n);      /* 0 … n-1, all of them are tried; 0 outside of operations */
void model_wait(void);                  /* a turn of a spinning loop: nothing will change before another vCPU moves */
void model_lock(void *lock, unsigned int level, bool same_level_too);
void model_unlock(void *lock);
bool model_is_locked(const void *lock);

/* The running operation is about to read or write: for accesses that the compiler does not see. */
void model_access(const void *p, size_t size, bool write);

/* --- between the explorer (its own header is explore_internal.h), memory.c and hooks.c --- */

#define ARENA_BASE  0x100000000000UL
#define ARENA_SIZE  0x400000UL
#define LINE        64UL
#define MAX_LINES   4096

enum access { ACCESS_READ, ACCESS_WRITE };
/* An access by the running operation is about to happen. */
void explore_access(const void *p, size_t size, enum access a, const void *pc);
void explore_wrote(void);               /* the running step has changed something */
void explore_restart(void);             /* what is known of the memory has grown: begin anew */

void memory_init(void);
void memory_freeze(void);               /* what is there now is the first state */
void memory_reset(void);                /* back to it */
bool memory_is_shared(const void *p);   /* the explorer keeps track of it */
void memory_will_write(const void *p, size_t size);
size_t memory_save(char *buf);
void memory_load(const char *buf);
#define ANY_OP 255U             /* as number of an operation: all of them together */
/*
 * Is this word a point for operation @op of @cpu while another vCPU does @beside? Remembers the access, by
 * a vCPU that holds @locks. *grew: some word has become a point for some pair of operations.
 */
bool memory_is_point(const void *p, enum access a, unsigned int cpu, unsigned int op, unsigned int beside,
		     uint32_t locks, bool *grew);
unsigned int memory_nr_points(void), memory_nr_lines(void);

#endif
