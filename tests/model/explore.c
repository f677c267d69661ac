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
 */
#define _GNU_SOURCE
#include "explore.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define STACKS     0x110000000000UL
#define STACK_SIZE 0x20000UL
#define SCRUB      0x1800UL             /* below a stack pointer: old garbage shall not make states differ */
#define MAX_OPS    ANY_OP
#define NOTHING    0xffffU
#define MAX_PATH   65536
#define HEAP_SIZE  (64UL << 30)         /* address space; used as needed */

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

static struct {
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
} e __attribute__((aligned(LINE)));

/* --- stacks --- */

void switch_stack(void **save, void *to);
__asm__(".text\nswitch_stack:\n"
	"push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15\n"
	"mov %rsp, (%rdi); mov %rsi, %rsp\n"
	"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp; ret\n");

static char *stack_top(unsigned int cpu)
{
	return e.stacks + (cpu + 1) * STACK_SIZE - 64;
}

static void yield(void)
{
	switch_stack(&e.pos[e.cpu].sp, e.own_sp);
}

static void operation(void)
{
	const struct op *op = &e.op[e.pos[e.cpu].op];

	op->run(op->arg[0], op->arg[1], op->arg[2]);
	e.pos[e.cpu].active = false;
	yield();
}

static void prepare(unsigned int cpu, unsigned int op)
{
	struct position *p = &e.pos[cpu];
	void **sp = (void **)stack_top(cpu);

	*--sp = NULL;
	*--sp = (void *)operation;
	sp -= 6;
	memset(sp, 0, 6 * sizeof(*sp));
	*p = (struct position){ .sp = sp, .op = (uint16_t)op, .active = true, .left = (uint8_t)(p->left - 1), .choices = 1 };
}

/* One step of @cpu, which is active. */
static void step(unsigned int cpu)
{
	struct position *p = &e.pos[cpu];

	e.cpu = cpu;
	e.stepping = true;
	e.wrote = false;
	p->waiting = false;
	memset((char *)p->sp - SCRUB, 0, SCRUB);
	switch_stack(&e.own_sp, p->sp);
	e.stepping = false;
	e.cpu = 0;
	e.transitions++;
	if (!p->active)
		*p = (struct position){ .left = p->left, .locks = p->locks };
	if (p->locks && !p->active)
		model_fail("the operation ended with a lock held");
	for (unsigned int i = 0; e.wrote && i < NR_CPUS; i++)
		if (i != cpu)
			e.pos[i].waiting = false;
}

/* --- what the functions under test reach --- */

unsigned int model_cpu(void) { return e.cpu; }
bool model_in_setup(void) { return !e.frozen; }
void model_run_as(unsigned int cpu) { e.cpu = cpu; }
void explore_wrote(void) { e.wrote = true; }
void explore_restart(void) { e.restart = true; }

/* What the other vCPU may do before both are idle, or NOTHING. */
static unsigned int beside(void)
{
	const struct position *other = &e.pos[!e.cpu];

	if (e.sequence > 1 && (other->active || other->left))
		return ANY_OP;
	return other->active ? other->op : NOTHING;
}

static void point(const void *pc)
{
	e.pos[e.cpu].pc = pc;
	yield();
}

/* Alone: nobody can come between, but what must hold in each state is looked at all the same. */
static void pass_by(const void *pc)
{
	unsigned int cpu = e.cpu;

	e.pos[e.cpu].pc = pc;
	e.stepping = false;
	if (e.model->settle)
		e.model->settle();
	e.model->check_step();
	e.stepping = true;
	e.cpu = cpu;
}

/* Also for the word of a lock, which nothing protects. */
static bool is_point(const void *p, enum access a, uint32_t locks)
{
	unsigned int b = beside();

	return memory_is_point(p, a, e.cpu, e.pos[e.cpu].op, b == NOTHING ? ANY_OP : b, locks, &e.grew) ;
}

void explore_access(const void *p, size_t size, enum access a, const void *pc)
{
	const struct position *pos = &e.pos[e.cpu];
	bool found = false;

	if (a == ACCESS_WRITE)
		memory_will_write(p, size);
	if (!e.stepping)
		return;
	for (unsigned long w = (unsigned long)p & ~7UL; w < (unsigned long)p + size; w += 8)
		found |= is_point((const void *)w, a, pos->locks);
	if (found && beside() == NOTHING)
		pass_by(pc);
	else if (found)
		point(pc);
}

unsigned int model_choose(unsigned int n)
{
	struct position *p = &e.pos[e.cpu];
	unsigned int taken;

	if (!e.stepping || !p->choices)
		return 0;
	p->branches = (uint16_t)n;
	point(__builtin_return_address(0));
	taken = p->branch;
	p->branches = p->branch = 0;
	if (taken)
		p->choices--;
	return taken;
}

void model_wait(void)
{
	if (!e.stepping)
		model_fail("waiting for what nobody will do");
	e.pos[e.cpu].waiting = true;
	point(__builtin_return_address(0));
}

static unsigned int lock_index(void *lock, unsigned int level)
{
	unsigned int i;

	for (i = 0; i < e.nr_locks; i++)
		if (e.lock[i] == lock)
			break;
	if (i == 32)
		model_fail("more than 32 locks");
	e.lock[i] = lock;
	e.lock_level[i] = (uint8_t)level;
	e.nr_locks += i == e.nr_locks;
	return i;
}

void model_lock(void *lock, unsigned int level, bool same_level_too)
{
	struct position *p = &e.pos[e.cpu];
	unsigned int i = lock_index(lock, level);
	uint16_t *holder = lock;

	for (unsigned int j = 0; j < e.nr_locks; j++)
		if (p->locks & (1U << j))
			MODEL_CHECK(e.lock_level[j] < level || (e.lock_level[j] == level && same_level_too),
				    "a lock of level %u is taken while one of level %u is held", level, e.lock_level[j]);
	memory_will_write(holder, sizeof(*holder));
	if (e.stepping && is_point(holder, ACCESS_WRITE, 0) && beside() != NOTHING)
		point(__builtin_return_address(0));
	while (*holder)
		model_wait();
	*holder = (uint16_t)(e.cpu + 1);
	e.wrote = true;
	p->locks |= 1U << i;
}

void model_unlock(void *lock)
{
	struct position *p = &e.pos[e.cpu];
	unsigned int i = lock_index(lock, e.lock_level[lock_index(lock, 0)]);
	uint16_t *holder = lock;

	MODEL_CHECK(*holder == e.cpu + 1, "a lock is released that this vCPU does not hold");
	*holder = 0;
	e.wrote = true;
	p->locks &= ~(1U << i);
	if (e.stepping && is_point(holder, ACCESS_WRITE, 0) && beside() != NOTHING)
		point(__builtin_return_address(0));
}

bool model_is_locked(const void *lock)
{
	return *(const uint16_t *)lock;
}

void model_op(unsigned int cpus, void (*run)(unsigned long, unsigned long, unsigned long), unsigned long a,
	      unsigned long b, unsigned long c, const char *fmt, ...)
{
	struct op *op = &e.op[e.nr_ops];
	va_list ap;

	MODEL_CHECK(e.nr_ops < MAX_OPS, "too many operations");
	*op = (struct op){ .run = run, .arg = { a, b, c } };
	va_start(ap, fmt);
	vsnprintf(op->name, sizeof(op->name), fmt, ap);
	va_end(ap);
	for (unsigned int i = 0; i < NR_CPUS; i++)
		if (cpus & (1U << i))
			e.list[i][e.nr_list[i]++] = (uint16_t)e.nr_ops;
	e.nr_ops++;
}

/* --- telling of a failure --- */

static void print_place(const void *pc)
{
	char command[128], exe[96], line[256];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	FILE *f;

	if (!pc || n <= 0)
		return;
	exe[n] = 0;
	snprintf(command, sizeof(command), "addr2line -s -f -e %s %p 2>/dev/null | tr '\\n' ' '", exe,
		 (const void *)((const char *)pc - 1));
	f = popen(command, "r");
	if (f && fgets(line, sizeof(line), f))
		printf(" at %s", line);
	if (f)
		pclose(f);
}

static void print_history(unsigned int idle)
{
	const struct idle *i = &e.idle[idle];

	if (!idle)
		return;
	print_history(i->parent);
	printf("# round %u:", i->depth);
	for (unsigned int k = 0; k < i->nr_started; k++)
		printf("%s vCPU %u %s", k ? "," : "", i->cpu[k], e.op[i->started[k]].name);
	printf("\n");
}

void model_fail(const char *fmt, ...)
{
	va_list ap;

	printf("# %s: ", e.model ? e.model->name : "model");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n# %s; state %zu, pass %u\n", e.doing, e.nr_seen, e.passes);
	print_history(e.current_idle);
	for (unsigned int i = 1; e.frozen && i <= e.length; i++) {
		const struct node *n = &e.path[i];

		for (unsigned int c = 0; n->by.kind != STEP && c < NR_CPUS; c++)
			if (n->by.arg[c] != NOTHING)
				printf("#   vCPU %u starts: %s\n", c, e.op[n->by.arg[c]].name);
		if (n->by.kind == STEP) {
			printf("#   vCPU %u%s", n->by.cpu, n->by.arg[0] ? " takes the other branch" : "");
			print_place(n->pc);
			printf("\n");
		}
	}
	if (e.stepping) {
		printf("#   vCPU %u then fails in: %s", e.cpu, e.op[e.pos[e.cpu].op].name);
		print_place(e.pos[e.cpu].pc);
		printf("\n");
	}
	fflush(stdout);
	_exit(1);
}

/* --- states, saved and seen --- */

static size_t save(char *to)
{
	char *p = to + memory_save(to);

	memcpy(p, e.pos, sizeof(e.pos));
	p += sizeof(e.pos);
	for (unsigned int i = 0; i < NR_CPUS; i++) {
		size_t n = e.pos[i].active ? (size_t)(stack_top(i) - (char *)e.pos[i].sp) : 0;

		memcpy(p, e.pos[i].sp, n);
		p += n;
	}
	return (size_t)(p - to);
}

static void load(const char *from)
{
	memory_load(from);
	from += memory_nr_lines() * LINE;
	memcpy(e.pos, from, sizeof(e.pos));
	from += sizeof(e.pos);
	for (unsigned int i = 0; i < NR_CPUS; i++) {
		size_t n = e.pos[i].active ? (size_t)(stack_top(i) - (char *)e.pos[i].sp) : 0;

		memcpy(e.pos[i].sp, from, n);
		from += n;
	}
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t p = (__uint128_t)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static void hash(const char *p, size_t n, uint64_t h[2])
{
	uint64_t x = 0x9e3779b97f4a7c15UL ^ n, y = 0xc2b2ae3d27d4eb4fUL;

	for (; n >= 16; n -= 16, p += 16) {
		uint64_t w[2];

		memcpy(w, p, 16);
		x = mix(x ^ w[0], w[1] ^ 0xa0761d6478bd642fUL);
		y = mix(y ^ w[1], w[0] ^ 0xe7037ed1a0b428dbUL) + x;
	}
	if (n) {
		uint64_t w[2] = { 0 };

		memcpy(w, p, n);
		x = mix(x ^ w[0], w[1] ^ 0xa0761d6478bd642fUL);
		y = mix(y ^ w[1], w[0] ^ 0xe7037ed1a0b428dbUL) + x;
	}
	h[0] = mix(x, 0x8ebc6af09c88c6e3UL) | 1;
	h[1] = mix(y ^ x, 0x589965cc75374cc3UL);
}

static void *reserve(void *at, size_t size)
{
	void *p = mmap(at, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED_NOREPLACE : 0), -1, 0);

	if (p == MAP_FAILED) {
		perror("model: mmap");
		exit(2);
	}
	return p;
}

static bool seen_insert(uint64_t (*table)[2], size_t size, const uint64_t h[2])
{
	for (size_t i = h[0] & (size - 1);; i = (i + 1) & (size - 1)) {
		if (!table[i][0]) {
			table[i][0] = h[0];
			table[i][1] = h[1];
			return true;
		}
		if (table[i][0] == h[0] && table[i][1] == h[1])
			return false;
	}
}

static bool is_new(const char *state, size_t n)
{
	uint64_t h[2];

	if (e.nr_seen * 2 >= e.seen_size) {
		size_t bigger = e.seen_size ? e.seen_size * 4 : 1UL << 16;
		uint64_t (*table)[2] = reserve(NULL, bigger * sizeof(table[0]));

		for (size_t i = 0; i < e.seen_size; i++)
			if (e.seen[i][0])
				seen_insert(table, bigger, e.seen[i]);
		if (e.seen)
			munmap(e.seen, e.seen_size * sizeof(table[0]));
		e.seen = table;
		e.seen_size = bigger;
	}
	hash(state, n, h);
	if (!seen_insert(e.seen, e.seen_size, h))
		return false;
	e.nr_seen++;
	return true;
}

/* --- the search --- */

static bool all_idle(void)
{
	for (unsigned int i = 0; i < NR_CPUS; i++)
		if (e.pos[i].active)
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
		unsigned int a = n % (e.nr_list[0] + 1), b = n / (e.nr_list[0] + 1);

		if (e.learning) {
			a = n <= e.nr_list[0] ? n : 0;
			b = n <= e.nr_list[0] ? 0 : n - e.nr_list[0];
		}
		*out = (struct move){ .kind = ROUND, .arg = { a ? e.list[0][a - 1] : NOTHING, NOTHING } };
		if (b <= e.nr_list[1])
			out->arg[1] = b ? e.list[1][b - 1] : NOTHING;
		return b <= e.nr_list[1];
	}
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
		const struct position *p = &e.pos[cpu];
		unsigned int have = p->active ? (p->waiting ? 0 : p->branches ? p->branches : 1) :
						(p->left ? e.nr_list[cpu] : 0);

		if (n < have) {
			*out = (struct move){ .kind = p->active ? STEP : START, .cpu = cpu, .arg = { NOTHING, NOTHING } };
			out->arg[p->active ? 0 : cpu] = p->active ? (uint16_t)n : e.list[cpu][n];
			return true;
		}
		n -= have;
	}
	return false;
}

static void note_started(struct idle *to)
{
	for (unsigned int i = 1; i <= e.length; i++) {
		const struct move *m = &e.path[i].by;

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
	char *to = e.idle_heap + e.idle_used;
	size_t n;

	for (unsigned int c = 0; c < NR_CPUS; c++)
		e.pos[c] = (struct position){ .left = (uint8_t)e.sequence };
	e.doing = "idle again";
	if (e.model->canonical)
		e.model->canonical();
	n = save(to);
	if (!is_new(to, n))
		return;
	e.model->check_step();
	e.model->check_idle();
	e.doing = "the end, from an idle state";
	e.model->teardown();
	e.cpu = 0;
	if (e.restart)
		return;
	load(to);
	e.idle_used += (n + 15) & ~15UL;
	i = &e.idle[e.nr_idle++];
	*i = (struct idle){ .at = (size_t)(to - e.idle_heap), .parent = e.current_idle,
			    .depth = e.nr_idle > 1 ? e.idle[e.current_idle].depth + 1 : 0 };
	note_started(i);
}

/* From the state at the path's end. True: the state is new and there is more to do from it. */
static bool take(const struct move *mv)
{
	struct node *n = &e.path[e.length + 1];

	n->by = *mv;
	n->pc = e.pos[mv->cpu].pc;
	n->next = 0;
	n->at = 0;
	e.length++;
	e.doing = "during a round";
	for (unsigned int c = 0; c < NR_CPUS; c++) {
		if (mv->kind == STEP || mv->arg[c] == NOTHING)
			continue;
		prepare(c, mv->arg[c]);
	}
	for (unsigned int c = 0; mv->kind == ROUND && c < NR_CPUS; c++)
		if (mv->arg[c] == NOTHING)
			e.pos[c].left = 0;
	if (mv->kind == STEP) {
		e.pos[mv->cpu].branch = mv->arg[0];
		step(mv->cpu);
	}
	if (e.model->settle)
		e.model->settle();
	if (e.restart)
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

	e.current_idle = idle;
	load(e.idle_heap + e.idle[idle].at);
	e.length = 0;
	e.path[0] = (struct node){ 0 };
	used = save(e.stack_heap);
	for (;;) {
		struct node *n = &e.path[e.length];
		struct move mv;
		size_t size;

		if (!fresh)
			load(e.stack_heap + n->at);
		fresh = false;
		if (!nth_move(n->next, &mv)) {
			if (n->next == 0 && e.length)
				model_fail("deadlock: every vCPU waits for another");
			if (e.length == 0)
				return;
			used = n->at;
			e.length--;
			continue;
		}
		n->next++;
		if (!take(&mv)) {
			if (e.restart)
				return;
			e.length--;
			continue;
		}
		size = save(e.stack_heap + used);
		if (!is_new(e.stack_heap + used, size)) {
			e.length--;
			continue;
		}
		e.model->check_step();
		e.path[e.length].at = used;
		used += (size + 15) & ~15UL;
		fresh = true;
		if (e.length + 2 >= MAX_PATH)
			model_fail("a round of more than %u steps", MAX_PATH);
	}
}

static void forget(void)
{
	e.passes++;
	e.restart = e.grew = false;
	e.transitions = e.nr_idle = e.current_idle = e.max_depth = 0;
	e.length = 0;
	e.idle_used = e.nr_seen = 0;
	if (e.seen)
		memset(e.seen, 0, e.seen_size * sizeof(e.seen[0]));
	memory_reset();
}

/* True: the pass went to its end. */
static bool pass(unsigned int depth, bool *complete)
{
	forget();
	for (unsigned int c = 0; c < NR_CPUS; c++)
		e.pos[c] = (struct position){ 0 };
	new_idle();
	*complete = true;
	for (unsigned int i = 0; i < e.nr_idle && !e.restart; i++) {
		if (e.idle[i].depth >= depth) {
			*complete = false;
			break;
		}
		e.max_depth = e.idle[i].depth + 1;
		round_from(i);
	}
	return !e.restart && !e.grew;
}

static void on_signal(int signo)
{
	model_fail("signal %d: an access to no memory", signo);
}

/* A bad pointer is a failure like others, and wants its history told. */
static void catch_signals(void)
{
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };

	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
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

	e.model = m;
	e.doing = "setup";
	m->setup();
	memory_freeze();
	e.frozen = true;
	for (unsigned int d = 1; d <= e.depth; d++) {
		do {
			e.learning = true;
			while (!pass(d, &complete))
				;
			e.learning = false;
		} while (!pass(d, &complete));
		if (complete)
			break;
	}
	printf("%-18s %u  %3u  %-34s %9zu %7u %10lu  %2u%s %6.1f  %s\n", m->name, NR_CPUS, e.nr_ops, m->sizes, e.nr_seen,
	       e.nr_idle, e.transitions, e.max_depth, complete ? " all" : "    ", now() - start, m->invariants);
	printf("# %s: %u passes, %u points, %u lines\n", m->name, e.passes, memory_nr_points(), memory_nr_lines());
}

int main(int argc, char **argv)
{
	const struct model *m = models[0];
	bool quick = false;
	int opt;

	e.sequence = 1;
	while ((opt = getopt(argc, argv, "qd:s:")) != -1) {
		if (opt == 'q')
			quick = true;
		else if (opt == 'd')
			e.depth = (unsigned int)atoi(optarg);
		else if (opt == 's')
			e.sequence = (unsigned int)atoi(optarg);
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
	if (!e.depth)
		e.depth = quick ? m->quick : m->depth;
	e.path = reserve(NULL, MAX_PATH * sizeof(e.path[0]));
	e.stack_heap = reserve(NULL, HEAP_SIZE);
	e.idle_heap = reserve(NULL, HEAP_SIZE);
	e.idle = reserve(NULL, HEAP_SIZE / 16);
	e.stacks = reserve((void *)STACKS, NR_CPUS * STACK_SIZE);
	memory_init();
	catch_signals();
	explore(m);
	return 0;
}
