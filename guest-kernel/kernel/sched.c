/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: one run queue, first come first served, slices of 10 ms.
 *
 * A task in the kernel runs until it sleeps or returns to user mode; only there is it preempted. The
 * run queue's lock is held across the switch from one stack to the next and released on the new one,
 * so nobody can start a task that another CPU has not finished leaving.
 *
 * Timer interrupts come at the end of the slice or when the next timer is due, and on an idle CPU only
 * for the latter.
 *
 * Locks: sched_lock for the queue, states, cpu.idle_waiting. Next: switch.S, task.c.
 */
#include "lib.h"
#include "mm.h"
#include "task.h"

#define SLICE 10000000ull	/* ns */

struct cpu cpus[MAX_CPUS];
unsigned cpu_count;

static struct spinlock sched_lock = SPINLOCK_INIT(LOCK_SCHED);
static struct list run_queue = LIST_INIT(run_queue);

void sched_init_cpu(unsigned id)
{
	struct cpu *c = &cpus[id];

	c->self = c;
	c->id = id;
}

/* Sets the next timer interrupt: end of the slice for a task, and whatever timer is due first. */
static void program_timer(struct cpu *c)
{
	u64 deadline = timer_next();

	if (c->task != c->idle && c->slice_end < deadline)
		deadline = c->slice_end;
	if (deadline != c->timer_deadline) {
		c->timer_deadline = deadline;
		plat_timer_set(deadline);
	}
}

void timer_reprogram(u64 deadline)
{
	struct cpu *c = this_cpu();

	if (deadline < c->timer_deadline) {
		c->timer_deadline = deadline;
		plat_timer_set(deadline);
	}
}

void timer_interrupt(void)
{
	this_cpu()->timer_deadline = ~0ull;
	sched_tick();
}

void resched_interrupt(void)
{
	nmi_report();
	this_cpu()->need_resched = true;
}

void sched_tick(void)
{
	struct cpu *c = this_cpu();
	u64 now = plat_clock();

	timers_run(now);
	if (c->task != c->idle && now >= c->slice_end) {
		c->slice_end = now + SLICE;
		if (!list_empty(&run_queue))
			c->need_resched = true;
	}
	program_timer(c);
}

/* Under sched_lock: an idle CPU that may run t and has not been called yet, or -1. */
static int idle_cpu_for(struct task *t)
{
	for (unsigned i = 0; i < cpu_count; i++) {
		unsigned n = (t->cpu + i) % cpu_count;

		if (cpus[n].idle_waiting && (t->cpu_mask >> n & 1)) {
			cpus[n].idle_waiting = false;
			return n;
		}
	}
	return -1;
}

bool task_wake(struct task *t, unsigned states)
{
	int cpu = -1;
	bool woken = false;

	spin_lock(&sched_lock);
	if (states >> t->state & 1) {
		woken = true;
		t->state = TASK_RUNNING;
		if (!t->on_cpu) {
			list_add_tail(&t->run_link, &run_queue);
			if (!(states & WAKE_SOON))
				cpu = idle_cpu_for(t);
		}
	}
	spin_unlock(&sched_lock);
	if (cpu >= 0 && (unsigned)cpu == this_cpu()->id)
		this_cpu()->need_resched = true;
	else if (cpu >= 0)
		plat_send_resched(cpu);
	return woken;
}

void sched_start(struct task *t)
{
	t->state = TASK_BLOCKED;
	task_wake(t, 1u << TASK_BLOCKED);
}

void task_set_state(enum task_state s)
{
	spin_lock(&sched_lock);
	current->state = s;
	spin_unlock(&sched_lock);
}

static struct task *pick_next(struct cpu *c)
{
	struct task *t;

	list_for_each(t, &run_queue, run_link) {
		if (t->cpu_mask >> c->id & 1) {
			list_del(&t->run_link);
			return t;
		}
	}
	return c->idle;
}

/* TOUR 5.4: leaving one task's stack for another's. */
void schedule(void)
{
	u64 irq = plat_irq_save();
	struct cpu *c = this_cpu();
	struct task *prev = c->task, *next;

	if (unlikely(c->lock_level != LOCK_NONE))
		panic("schedule() with a lock of level %u held", c->lock_level);
	if (unlikely(*(u64 *)prev->kstack != KSTACK_CANARY))
		panic("kernel stack of %s (%d) overflowed", prev->name, prev->pid);
	spin_lock(&sched_lock);
	c->need_resched = false;
	if (prev->state == TASK_RUNNING && prev != c->idle)
		list_add_tail(&prev->run_link, &run_queue);
	next = pick_next(c);
	if (next != prev) {
		u64 now = plat_clock();

		prev->stime += now - prev->time_mark;
		next->time_mark = now;
		c->slice_end = now + SLICE;
		c->idle_waiting = false;
		/* Safe before the switch: nobody looks until the lock is released, on the new stack. */
		prev->on_cpu = false;
		next->on_cpu = true;
		next->cpu = c->id;
		c->task = next;
		c->kstack_top = (u64)next->kstack + KSTACK_SIZE;
		if (prev->fpu)
			fpu_save(prev->fpu);
		plat_set_thread(next);
		if (next->fpu)
			fpu_restore(next->fpu);
		switch_stacks(&prev->sp, next->sp);
	}
	sched_switched();
	plat_irq_restore(irq);
}

/* The first thing on a stack after a switch, perhaps on another CPU than when it was left. */
void sched_switched(void)
{
	spin_unlock(&sched_lock);
	program_timer(this_cpu());
}

/* Returns when no CPU is on t's stack any more: on_cpu means something only under the lock. */
void sched_wait_off_cpu(struct task *t)
{
	bool running;

	do {
		spin_lock(&sched_lock);
		running = t->on_cpu;
		spin_unlock(&sched_lock);
	} while (running);
}

/* The caller is a zombie or dead; its stack lives until somebody sees that on_cpu is false. */
void __noreturn sched_exit(void)
{
	schedule();
	panic("a dead task runs");
}

void sched_yield_now(void)
{
	schedule();
}

/* Each CPU ends here, on the stack of its idle task. */
void __noreturn sched_idle(void)
{
	struct cpu *c = this_cpu();

	for (;;) {
		plat_irq_disable();
		spin_lock(&sched_lock);
		c->idle_waiting = list_empty(&run_queue);
		spin_unlock(&sched_lock);
		if (c->idle_waiting && !c->need_resched) {
			u64 before = plat_clock();

			program_timer(c);
			plat_idle();
			c->idle_time += plat_clock() - before;
		}
		c->idle_waiting = false;
		plat_irq_enable();
		schedule();
	}
}
