/* SPDX-License-Identifier: MIT
 *
 * All orders in which two virtual CPUs can run the hypervisor's functions.
 *
 * THE STATE is the bytes that the functions have ever written (memory.c), and for each vCPU its position: the
 * live part of the stack it runs on, with the saved registers. Everything lies at fixed addresses, so a
 * state can be stored, hashed and gone back to by copying. Of a state that has been seen only a 128-bit hash
 * is kept; the chance that two of 2^26 states share one is 2^-77.
 *
 * A ROUND begins when no operation is under way. Each vCPU may start up to @sequence operations, any of
 * the model's, at any point of the other's, until both are idle again. Such an idle state, when new, is
 * checked the most thoroughly and then begins rounds of its own. With enough rounds there are no
 * new idle states; then *every* history of operations with at most that overlap has been seen.
 *
 * A STEP goes from one point to the next. Points are before each access to a word that both vCPUs use and one
 * writes, unless a lock protects it, before each lock is taken and after it is released. It is enough to
 * switch there: accesses between points are to words that the other vCPU never changes, or holds no
 * lock for, so they commute with all of its steps, and what is reached by switching in between is reached also by
 * switching at the nearest point. Which words are points is learnt: an execution that makes a word one ends the
 * pass, and a new pass begins knowing it. The last pass meets no such word, so what it left out it
 * could leave out. Every access counts, atomic or not; the compiler shows them all (hooks.c). What is not
 * modelled is x86's store buffer: order is sequential consistency. A structure copied as a whole is one access.
 *
 * A vCPU that spins says so (smp_poll); it gets the CPU again when another has changed something. No
 * moves while an operation is under way is a deadlock.
 *
 * Here is the search. Next: explore_internal.h, step.c, state.c, failure.c.
 */
#define _GNU_SOURCE
#include "explore_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_PATH   65536
#define HEAP_SIZE  (64UL << 30)         /* address space; used as needed */

struct explorer explorer;

static bool all_idle(void)
{
	for (unsigned int i = 0; i < NR_CPUS; i++)
		if (explorer.pos[i].active)
			return false;
	return true;
}

/*
 * The @n-th thing that can happen in this state. A round begins with an operation on each vCPU, or none: to start
 * later would not be different, as nothing that is shared is looked at before the first point.
 */
static bool nth_move(unsigned int n, struct move *out)
{
	if (all_idle()) {
		unsigned int a = n % (explorer.nr_list[0] + 1), b = n / (explorer.nr_list[0] + 1);

		if (explorer.learning) {
			a = n <= explorer.nr_list[0] ? n : 0;
			b = n <= explorer.nr_list[0] ? 0 : n - explorer.nr_list[0];
		}
		*out = (struct move){ .kind = ROUND, .arg = { a ? explorer.list[0][a - 1] : NOTHING, NOTHING } };
		if (b <= explorer.nr_list[1])
			out->arg[1] = b ? explorer.list[1][b - 1] : NOTHING;
		return b <= explorer.nr_list[1];
	}
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
		const struct position *p = &explorer.pos[cpu];
		unsigned int have = p->active ? (p->waiting ? 0 : p->branches ? p->branches : 1) :
						(p->left ? explorer.nr_list[cpu] : 0);

		if (n < have) {
			*out = (struct move){ .kind = p->active ? STEP : START, .cpu = cpu, .arg = { NOTHING, NOTHING } };
			out->arg[p->active ? 0 : cpu] = p->active ? (uint16_t)n : explorer.list[cpu][n];
			return true;
		}
		n -= have;
	}
	return false;
}

static void note_started(struct idle *to)
{
	for (unsigned int i = 1; i <= explorer.length; i++) {
		const struct move *m = &explorer.path[i].by;

		for (unsigned int c = 0; m->kind != STEP && c < NR_CPUS; c++) {
			if (m->arg[c] == NOTHING || to->nr_started == 8)
				continue;
			to->cpu[to->nr_started] = (uint8_t)c;
			to->started[to->nr_started++] = m->arg[c];
		}
	}
}

/* Both vCPUs are idle, in a state that begins rounds. */
static void new_idle(void)
{
	struct idle *i;
	char *to = explorer.idle_heap + explorer.idle_used;
	size_t n;

	for (unsigned int c = 0; c < NR_CPUS; c++)
		explorer.pos[c] = (struct position){ .left = (uint8_t)explorer.sequence };
	explorer.doing = "idle again";
	if (explorer.model->canonical)
		explorer.model->canonical();
	n = state_save(to);
	if (!state_is_new(to, n))
		return;
	explorer.model->check_step();
	explorer.model->check_idle();
	explorer.doing = "the end, from an idle state";
	explorer.model->teardown();
	explorer.cpu = 0;
	if (explorer.restart)
		return;
	state_load(to);
	explorer.idle_used += (n + 15) & ~15UL;
	i = &explorer.idle[explorer.nr_idle++];
	*i = (struct idle){ .at = (size_t)(to - explorer.idle_heap), .parent = explorer.current_idle,
			    .depth = explorer.nr_idle > 1 ? explorer.idle[explorer.current_idle].depth + 1 : 0 };
	note_started(i);
}

/* From the state at the path's end. True: the state is new and there is more to do from it. */
static bool take(const struct move *mv)
{
	struct node *n = &explorer.path[explorer.length + 1];

	n->by = *mv;
	n->pc = explorer.pos[mv->cpu].pc;
	n->next = 0;
	n->at = 0;
	explorer.length++;
	explorer.doing = "during a round";
	for (unsigned int c = 0; c < NR_CPUS; c++) {
		if (mv->kind == STEP || mv->arg[c] == NOTHING)
			continue;
		step_prepare(c, mv->arg[c]);
	}
	for (unsigned int c = 0; mv->kind == ROUND && c < NR_CPUS; c++)
		if (mv->arg[c] == NOTHING)
			explorer.pos[c].left = 0;
	if (mv->kind == STEP) {
		explorer.pos[mv->cpu].branch = mv->arg[0];
		step_run(mv->cpu);
	}
	if (explorer.model->settle)
		explorer.model->settle();
	if (explorer.restart)
		return false;
	if (all_idle()) {
		new_idle();
		return false;
	}
	return true;
}

/* Everything that can happen until both are idle again. */
static void round_from(unsigned int idle)
{
	size_t used;
	bool fresh = true;

	explorer.current_idle = idle;
	state_load(explorer.idle_heap + explorer.idle[idle].at);
	explorer.length = 0;
	explorer.path[0] = (struct node){ 0 };
	used = state_save(explorer.stack_heap);
	for (;;) {
		struct node *n = &explorer.path[explorer.length];
		struct move mv;
		size_t size;

		if (!fresh)
			state_load(explorer.stack_heap + n->at);
		fresh = false;
		if (!nth_move(n->next, &mv)) {
			if (n->next == 0 && explorer.length)
				model_fail("deadlock: every vCPU waits for another");
			if (explorer.length == 0)
				return;
			used = n->at;
			explorer.length--;
			continue;
		}
		n->next++;
		if (!take(&mv)) {
			if (explorer.restart)
				return;
			explorer.length--;
			continue;
		}
		size = state_save(explorer.stack_heap + used);
		if (!state_is_new(explorer.stack_heap + used, size)) {
			explorer.length--;
			continue;
		}
		explorer.model->check_step();
		explorer.path[explorer.length].at = used;
		used += (size + 15) & ~15UL;
		fresh = true;
		if (explorer.length + 2 >= MAX_PATH)
			model_fail("a round of more than %u steps", MAX_PATH);
	}
}

static void forget(void)
{
	explorer.passes++;
	explorer.restart = explorer.grew = false;
	explorer.transitions = explorer.nr_idle = explorer.current_idle = explorer.max_depth = 0;
	explorer.length = 0;
	explorer.idle_used = explorer.nr_seen = 0;
	if (explorer.seen)
		memset(explorer.seen, 0, explorer.seen_size * sizeof(explorer.seen[0]));
	memory_reset();
}

/* True: the pass went to its end. */
static bool pass(unsigned int depth, bool *complete)
{
	forget();
	for (unsigned int c = 0; c < NR_CPUS; c++)
		explorer.pos[c] = (struct position){ 0 };
	new_idle();
	*complete = true;
	for (unsigned int i = 0; i < explorer.nr_idle && !explorer.restart; i++) {
		if (explorer.idle[i].depth >= depth) {
			*complete = false;
			break;
		}
		explorer.max_depth = explorer.idle[i].depth + 1;
		round_from(i);
	}
	return !explorer.restart && !explorer.grew;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One line of the table; the head is printed by the Makefile. */
static void explore(const struct model *m)
{
	double start = now();
	bool complete;

	explorer.model = m;
	explorer.doing = "setup";
	m->setup();
	memory_freeze();
	explorer.frozen = true;
	for (unsigned int d = 1; d <= explorer.depth; d++) {
		do {
			explorer.learning = true;
			while (!pass(d, &complete))
				;
			explorer.learning = false;
		} while (!pass(d, &complete));
		if (complete)
			break;
	}
	printf("%-18s %u  %3u  %-34s %9zu %7u %10lu  %2u%s %6.1f  %s\n", m->name, NR_CPUS, explorer.nr_ops, m->sizes,
	       explorer.nr_seen, explorer.nr_idle, explorer.transitions, explorer.max_depth, complete ? " all" : "    ",
	       now() - start, m->invariants);
	printf("# %s: %u passes, %u points, %u lines\n", m->name, explorer.passes, memory_nr_points(), memory_nr_lines());
}

int main(int argc, char **argv)
{
	const struct model *m = models[0];
	bool quick = false;
	int opt;

	explorer.sequence = 1;
	while ((opt = getopt(argc, argv, "qd:s:")) != -1) {
		if (opt == 'q')
			quick = true;
		else if (opt == 'd')
			explorer.depth = (unsigned int)atoi(optarg);
		else if (opt == 's')
			explorer.sequence = (unsigned int)atoi(optarg);
		else
			return 2;
	}
	if (optind < argc)
		for (unsigned int i = 0; (m = models[i]) && strcmp(m->name, argv[optind]); i++)
			;
	if (!m) {
		fprintf(stderr, "usage: %s [-q] [-d ROUNDS] [-s OPERATIONS] MODEL\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!explorer.depth)
		explorer.depth = quick ? m->quick : m->depth;
	explorer.path = state_reserve(NULL, MAX_PATH * sizeof(explorer.path[0]));
	explorer.stack_heap = state_reserve(NULL, HEAP_SIZE);
	explorer.idle_heap = state_reserve(NULL, HEAP_SIZE);
	explorer.idle = state_reserve(NULL, HEAP_SIZE / 16);
	explorer.stacks = state_reserve((void *)STACKS, NR_CPUS * STACK_SIZE);
	memory_init();
	failure_catch_signals();
	explore(m);
	return 0;
}
