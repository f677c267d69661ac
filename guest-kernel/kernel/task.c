/* SPDX-License-Identifier: MIT */
/*
 * Tasks: their creation, kernel threads, FPU state.
 *
 * FPU and vector registers are saved and loaded at every switch between tasks that own some; kernel
 * code itself never touches them. (Not lazily: CR0.TS does not stop XSAVE in every emulator.)
 */
#include "lib.h"
#include "mm.h"
#include "task.h"
#include "vfs.h"

struct spinlock proc_lock = SPINLOCK_INIT(LOCK_PROC);
struct list all_tasks = LIST_INIT(all_tasks);
struct task *init_process;

static int last_pid;

void task_entry(void);
int fpu_do_restore(const void *area, int use_xsave);

unsigned fpu_size = 512;
static bool fpu_xsave;
static void *fpu_clean;

struct task *task_find(int pid)
{
	struct task *t;

	list_for_each(t, &all_tasks, all_link)
		if (t->pid == pid)
			return t;
	return NULL;
}

static int next_pid(void)
{
	do {
		if (++last_pid > 32767)
			last_pid = 2;
	} while (task_find(last_pid));
	return last_pid;
}

struct task *task_alloc(const char *name)
{
	struct task *t = kzalloc(sizeof(*t));
	pa_t stack = page_alloc(KSTACK_ORDER);

	if (!t || !stack) {
		if (stack)
			page_free(stack, KSTACK_ORDER);
		kfree(t);
		return NULL;
	}
	t->kstack = va(stack);
	*(u64 *)t->kstack = KSTACK_CANARY;
	strlcpy(t->name, name, sizeof(t->name));
	t->state = TASK_BLOCKED;
	t->cpu_mask = ~0ul;
	t->start_time = plat_clock();
	list_init(&t->children);
	list_init(&t->sibling);
	list_init(&t->run_link);
	waitq_init(&t->child_wait);

	u64 *sp = (u64 *)task_frame(t);

	*--sp = 0;			/* keeps the stack aligned at task_entry's call */
	*--sp = (u64)task_entry;
	sp -= 6;			/* the registers that switch_stacks() pops */
	memset(sp, 0, 6 * sizeof(u64));
	t->sp = (u64)sp;

	list_init(&t->all_link);
	return t;
}

/* Gives it a number and makes it visible. */
void task_publish(struct task *t)
{
	spin_lock(&proc_lock);
	t->pid = next_pid();
	list_add_tail(&t->all_link, &all_tasks);
	spin_unlock(&proc_lock);
}

/* The task is in no list any more, and no CPU is on its stack. */
void task_free(struct task *t)
{
	sched_wait_off_cpu(t);
	page_free(pa(t->kstack), KSTACK_ORDER);
	kfree(t->cmdline);
	kfree(t->actions);
	kfree(t->fpu);
	kfree(t);
}

void task_begin(void)
{
	struct task *t = current;

	sched_switched();
	if (t->thread_fn) {
		plat_irq_enable();
		t->thread_fn(t->thread_arg);
		if (!t->mm)
			process_exit(0);
		plat_irq_disable();
	}
	user_return(task_frame(t));
}

struct task *kthread_create(const char *name, void (*fn)(void *), void *arg)
{
	struct task *t = task_alloc(name);

	if (!t)
		return NULL;
	t->thread_fn = fn;
	t->thread_arg = arg;
	task_publish(t);
	t->sig_blocked = ~0ull;
	sched_start(t);
	return t;
}

static void cpuid(u32 leaf, u32 sub, u32 r[4])
{
	__asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(sub));
}

/* After plat_fpu_enable() on the boot CPU. */
void fpu_init(void)
{
	u32 r[4];

	cpuid(1, 0, r);
	if (r[2] & (1u << 27)) {	/* OSXSAVE: the platform has turned XSAVE on */
		cpuid(0xd, 0, r);
		fpu_size = r[1];
		fpu_xsave = true;
	}
	fpu_clean = kzalloc(fpu_size + 64);
	fpu_reset(fpu_clean);
}

/* XSAVE wants 64-byte alignment; kmalloc gives it for objects of this size. */
void *fpu_alloc(void)
{
	void *area = kmalloc(fpu_size);

	if (area)
		fpu_reset(area);
	return area;
}

void fpu_reset(void *area)
{
	memset(area, 0, fpu_size);
	*(u16 *)area = 0x37f;			/* x87 control word */
	*(u32 *)((u8 *)area + 24) = 0x1f80;	/* MXCSR */
}

void fpu_save(void *area)
{
	if (fpu_xsave)
		__asm__ volatile("xsave64 (%0)" :: "r"(area), "a"(-1), "d"(-1) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" :: "r"(area) : "memory");
}

int fpu_restore(const void *area)
{
	return fpu_do_restore(area, fpu_xsave);
}
