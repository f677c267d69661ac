/* SPDX-License-Identifier: MIT
 *
 * The explorer's state, between its own files. explore.c searches; step.c runs a vCPU from one point to the
 * next; state.c saves states and knows which have been seen; failure.c tells how one came about.
 */
#ifndef TESTS_MODEL_EXPLORE_INTERNAL_H
#define TESTS_MODEL_EXPLORE_INTERNAL_H

#include "explore.h"

#define STACKS     0x110000000000UL
#define STACK_SIZE 0x20000UL
#define MAX_OPS    ANY_OP
#define NOTHING    0xffffU

struct op {
	void (*run)(unsigned long a, unsigned long b, unsigned long c);
	unsigned long arg[3];
	char name[48];
};

/* A vCPU's part of the state. */
struct position {
	void *sp;
	const void *pc;                 /* whose access comes next */
	uint16_t op;
	uint16_t branches;              /* model_choose() waits for a number below this; 0: it does not */
	uint16_t branch;
	bool active, waiting;
	uint8_t left;                   /* operations that it may still start in this round */
	uint8_t choices;                /* times that model_choose() may still branch in this operation */
	uint32_t locks;
};

/* A step, with the branch it takes; the start of one operation; or that of a round, with one on each vCPU. */
struct move { enum { STEP, START, ROUND } kind; unsigned int cpu; uint16_t arg[NR_CPUS]; };
struct node { size_t at; unsigned int next; struct move by; const void *pc; };
struct idle { size_t at; unsigned int parent, depth; uint16_t started[8]; uint8_t cpu[8], nr_started; };

struct explorer {
	const struct model *model;
	unsigned int sequence, depth;
	struct op op[MAX_OPS];
	uint16_t list[NR_CPUS][MAX_OPS];
	unsigned int nr_ops, nr_list[NR_CPUS];

	struct position pos[NR_CPUS];
	void *own_sp;
	char *stacks;
	unsigned int cpu;
	bool stepping, wrote, restart, grew, frozen;
	bool learning;                  /* one operation at a time, to see which words they use */
	void *lock[32];
	uint8_t lock_level[32];
	unsigned int nr_locks;

	struct node *path;
	unsigned int length;
	char *stack_heap, *idle_heap;
	size_t idle_used;
	struct idle *idle;
	unsigned int nr_idle, current_idle;
	uint64_t (*seen)[2];
	size_t seen_size, nr_seen;
	unsigned long transitions;
	unsigned int passes, max_depth;
	const char *doing;
} __attribute__((aligned(LINE)));       /* no operation writes to its lines: memory.c */
extern struct explorer explorer;

/* step.c */
char *step_stack_top(unsigned int cpu);
void step_prepare(unsigned int cpu, unsigned int op);   /* @cpu, which is idle, starts an operation */
void step_run(unsigned int cpu);                        /* one step of @cpu, which is active */

/* state.c */
void *state_reserve(void *at, size_t size);             /* zeroed address space, anywhere if @at is NULL */
size_t state_save(char *to);                            /* returns how many bytes */
void state_load(const char *from);
bool state_is_new(const char *state, size_t n);         /* and remembers it */

/* failure.c */
void failure_catch_signals(void);

#endif
