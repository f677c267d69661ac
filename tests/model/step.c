/* SPDX-License-Identifier: MIT
 *
 * A vCPU's step, from one point to the next, and what the functions under test reach in it: accesses, locks,
 * waiting, branches. Each vCPU runs on a stack of its own; at a point it yields to the explorer's, and
 * goes on when the search says so. What a point is, and why that is enough, is in explore.c.
 */
#include "explore_internal.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SCRUB      0x1800UL             /* below a stack pointer: old garbage shall not make states differ */

void switch_stack(void **save, void *to);
__asm__(".text\nswitch_stack:\n"
	"push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15\n"
	"mov %rsp, (%rdi); mov %rsi, %rsp\n"
	"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp; ret\n");

char *step_stack_top(unsigned int cpu)
{
	return explorer.stacks + (cpu + 1) * STACK_SIZE - 64;
}

static void yield(void)
{
	switch_stack(&explorer.pos[explorer.cpu].sp, explorer.own_sp);
}

static void operation(void)
{
	const struct op *op = &explorer.op[explorer.pos[explorer.cpu].op];

	op->run(op->arg[0], op->arg[1], op->arg[2]);
	explorer.pos[explorer.cpu].active = false;
	yield();
}

void step_prepare(unsigned int cpu, unsigned int op)
{
	struct position *p = &explorer.pos[cpu];
	void **sp = (void **)step_stack_top(cpu);

	*--sp = NULL;
	*--sp = (void *)operation;
	sp -= 6;
	memset(sp, 0, 6 * sizeof(*sp));
	*p = (struct position){ .sp = sp, .op = (uint16_t)op, .active = true, .left = (uint8_t)(p->left - 1), .choices = 1 };
}

void step_run(unsigned int cpu)
{
	struct position *p = &explorer.pos[cpu];

	explorer.cpu = cpu;
	explorer.stepping = true;
	explorer.wrote = false;
	p->waiting = false;
	memset((char *)p->sp - SCRUB, 0, SCRUB);
	switch_stack(&explorer.own_sp, p->sp);
	explorer.stepping = false;
	explorer.cpu = 0;
	explorer.transitions++;
	if (!p->active)
		*p = (struct position){ .left = p->left, .locks = p->locks };
	if (p->locks && !p->active)
		model_fail("the operation ended with a lock held");
	for (unsigned int i = 0; explorer.wrote && i < NR_CPUS; i++)
		if (i != cpu)
			explorer.pos[i].waiting = false;
}

/* --- what the functions under test reach --- */

unsigned int model_cpu(void) { return explorer.cpu; }
bool model_in_setup(void) { return !explorer.frozen; }
void model_run_as(unsigned int cpu) { explorer.cpu = cpu; }
void explore_wrote(void) { explorer.wrote = true; }
void explore_restart(void) { explorer.restart = true; }

/* What the other vCPU may do before both are idle, or NOTHING. */
static unsigned int beside(void)
{
	const struct position *other = &explorer.pos[!explorer.cpu];

	if (explorer.sequence > 1 && (other->active || other->left))
		return ANY_OP;
	return other->active ? other->op : NOTHING;
}

static void point(const void *pc)
{
	explorer.pos[explorer.cpu].pc = pc;
	yield();
}

/* Alone: nobody can come between, but what must hold in each state is looked at all the same. */
static void pass_by(const void *pc)
{
	unsigned int cpu = explorer.cpu;

	explorer.pos[explorer.cpu].pc = pc;
	explorer.stepping = false;
	if (explorer.model->settle)
		explorer.model->settle();
	explorer.model->check_step();
	explorer.stepping = true;
	explorer.cpu = cpu;
}

/* Also for the word of a lock, which nothing protects. */
static bool is_point(const void *p, enum access a, uint32_t locks)
{
	unsigned int b = beside();

	return memory_is_point(p, a, explorer.cpu, explorer.pos[explorer.cpu].op, b == NOTHING ? ANY_OP : b, locks,
			       &explorer.grew);
}

void explore_access(const void *p, size_t size, enum access a, const void *pc)
{
	const struct position *pos = &explorer.pos[explorer.cpu];
	bool found = false;

	if (a == ACCESS_WRITE)
		memory_will_write(p, size);
	if (!explorer.stepping)
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
	struct position *p = &explorer.pos[explorer.cpu];
	unsigned int taken;

	if (!explorer.stepping || !p->choices)
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
	if (!explorer.stepping)
		model_fail("waiting for what nobody will do");
	explorer.pos[explorer.cpu].waiting = true;
	point(__builtin_return_address(0));
}

static unsigned int lock_index(void *lock, unsigned int level)
{
	unsigned int i;

	for (i = 0; i < explorer.nr_locks; i++)
		if (explorer.lock[i] == lock)
			break;
	if (i == 32)
		model_fail("more than 32 locks");
	explorer.lock[i] = lock;
	explorer.lock_level[i] = (uint8_t)level;
	explorer.nr_locks += i == explorer.nr_locks;
	return i;
}

void model_lock(void *lock, unsigned int level, bool same_level_too)
{
	struct position *p = &explorer.pos[explorer.cpu];
	unsigned int i = lock_index(lock, level);
	uint16_t *holder = lock;

	for (unsigned int j = 0; j < explorer.nr_locks; j++)
		if (p->locks & (1U << j))
			MODEL_CHECK(explorer.lock_level[j] < level || (explorer.lock_level[j] == level && same_level_too),
				    "a lock of level %u is taken while one of level %u is held", level, explorer.lock_level[j]);
	memory_will_write(holder, sizeof(*holder));
	if (explorer.stepping && is_point(holder, ACCESS_WRITE, 0) && beside() != NOTHING)
		point(__builtin_return_address(0));
	while (*holder)
		model_wait();
	*holder = (uint16_t)(explorer.cpu + 1);
	explorer.wrote = true;
	p->locks |= 1U << i;
}

void model_unlock(void *lock)
{
	struct position *p = &explorer.pos[explorer.cpu];
	unsigned int i = lock_index(lock, explorer.lock_level[lock_index(lock, 0)]);
	uint16_t *holder = lock;

	MODEL_CHECK(*holder == explorer.cpu + 1, "a lock is released that this vCPU does not hold");
	*holder = 0;
	explorer.wrote = true;
	p->locks &= ~(1U << i);
	if (explorer.stepping && is_point(holder, ACCESS_WRITE, 0) && beside() != NOTHING)
		point(__builtin_return_address(0));
}

bool model_is_locked(const void *lock)
{
	return *(const uint16_t *)lock;
}

void model_op(unsigned int cpus, void (*run)(unsigned long, unsigned long, unsigned long), unsigned long a,
	      unsigned long b, unsigned long c, const char *fmt, ...)
{
	struct op *op = &explorer.op[explorer.nr_ops];
	va_list ap;

	MODEL_CHECK(explorer.nr_ops < MAX_OPS, "too many operations");
	*op = (struct op){ .run = run, .arg = { a, b, c } };
	va_start(ap, fmt);
	vsnprintf(op->name, sizeof(op->name), fmt, ap);
	va_end(ap);
	for (unsigned int i = 0; i < NR_CPUS; i++)
		if (cpus & (1U << i))
			explorer.list[i][explorer.nr_list[i]++] = (uint16_t)explorer.nr_ops;
	explorer.nr_ops++;
}
