/* SPDX-License-Identifier: MIT
 *
 * The fuzzing guest. A control domain (main.c) builds two unprivileged domains for each seed, the attacker with two
 * vCPUs and its partner with one, lets them run, and checks afterwards that everything came back. Each vCPU is an
 * actor and makes the same number of operations (run.c). An operation is chosen and filled by a generator that is
 * seeded with (seed, actor, number of the operation) alone, so leaving one out does not change the others: that is
 * what shrinking needs. The table of hypercalls comes from pv-abi/subops.def (table.c); values.c knows what is worth
 * trying for each type of argument; special.c is what is no hypercall.
 *
 * docs/fuzzing.md says how to run it and how to add an operation.
 */
#ifndef TESTS_FUZZ_GUEST_FUZZ_H
#define TESTS_FUZZ_GUEST_FUZZ_H

#include "domu.h"

#define ACTORS          3       /* attacker's vCPUs 0 and 1, partner's vCPU 0 */
#define POOL            40
#define REMEMBERED      16
#define MAX_RANGES      48

/* Words of the channel. The control domain fills them before the domain starts. */
enum {
	W_SEED, W_COUNT, W_FIRST_ACTOR, W_PARTNER, W_SELF, W_VERBOSE, W_NR_RANGES,
	W_PROGRESS = 8,                 /* one for each actor: operations begun */
	W_ENDED = 12,                   /* the same: it is through */
	W_TRIED = 16, W_WORKED = 24,    /* bit maps over the table */
	W_CALLS = 32, W_GOOD,
	W_FRAMES = 40,                  /* 16 frames of the partner */
	W_RANGES = 64,                  /* from, to: what to run, of all numbers actor * count + i */
};

struct actor {
	unsigned int id, vcpu, alarm;   /* alarm: the port of its timer */
	volatile unsigned long next;    /* operation */
	struct vcpu_info *info, *moved; /* where it is; where one that is moved can be seen */
	unsigned long moved_to;         /* frame, or 0 */
	unsigned int upcalls;           /* in this operation */
	void *again[8];                 /* its loop */
	uint64_t random;
	void *recover[8];
	volatile bool recovering;
	char *arg;                      /* two pages; what an argument points to */
	unsigned long arg_used;
	char *stack;                    /* a page to trap on */
};

/* One line of the table: a hypercall's command, or a hypercall without commands. */
struct op {
	const char *call, *name;
	unsigned int number;
	unsigned long cmd;
};
extern const struct op ops[];
extern const unsigned int nr_ops;

/* What the argument's structure consists of, one character a field: see values.c. NULL: not described. */
const char *op_layout(const struct op *o);

/* What the domain holds, as far as its actors know: written by both, and no lock: a wrong guess is an operation, too. */
struct world {
	uint64_t *va[POOL];
	volatile unsigned long frame[POOL];
	volatile uint32_t port[REMEMBERED], handle[REMEMBERED];
	volatile unsigned int nr_ports, nr_handles;
	void *grants;
};
extern struct world world;

uint64_t rnd(struct actor *a);
uint64_t value(struct actor *a, char kind);
unsigned int value_size(char kind);
void fill(struct actor *a, const char *layout, char *to);
/* Room for an argument: mostly inside the pages, sometimes up to the very end of them. */
void *arg_room(struct actor *a, unsigned long size);
unsigned long layout_size(const char *layout);

/* One hypercall, chosen, filled, made (call.c), and something else (special.c). */
void do_call(struct actor *a, const struct op *o);
void do_special(struct actor *a);
void remember(const struct op *o, const void *arg);
void restore_entries(void);
void restore_shared(void);
struct actor *actor_of(unsigned int vcpu);

void run_attacker(void *unused);
void run_partner(void *unused);
/* The control domain begins here anew with a vCPU that has lost its way. */
void run_again(unsigned long vcpu) __attribute__((noreturn));
void say(struct actor *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The control domain's side (stuck.c): an actor under watch, and why actors were helped on. */
struct watched {
	struct domu *u;
	unsigned int vcpu, id;
	unsigned long last, rounds, helps, here; /* its operation, how often that was seen, helped on in all and in it */
	uint64_t since, cpu_time;       /* when that operation was first seen, and the vCPU's own time then */
};
struct helped {
	unsigned long asleep, down, circling;
};
extern bool tell;
void watch_actor(struct watched *w, struct helped *h);
bool actor_over(const struct watched *w);
void nap(uint64_t ns);
void fail(const char *what) __attribute__((noreturn));

int lib_setjmp(void *buf[8]) __attribute__((returns_twice));
void lib_longjmp(void *buf[8], long v) __attribute__((noreturn));

#endif
