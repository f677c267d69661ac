/* SPDX-License-Identifier: MIT */
/* Tasks (processes and kernel threads), CPUs, scheduling, signals. */
#ifndef GUEST_KERNEL_KERNEL_TASK_H
#define GUEST_KERNEL_KERNEL_TASK_H

#include "../platform/platform.h"
#include "lock.h"
#include "trapframe.h"

#define KSTACK_ORDER 1
#define KSTACK_SIZE (PAGE_SIZE << KSTACK_ORDER)
#define KSTACK_CANARY 0x6b7374616b6f6b21ul	/* at the lowest address */
#define NSIG 64

enum task_state {
	TASK_RUNNING,		/* on a CPU or in the run queue */
	TASK_SLEEPING,		/* a signal wakes it */
	TASK_BLOCKED,		/* a signal does not */
	TASK_STOPPED,		/* by SIGSTOP and relatives */
	TASK_ZOMBIE,		/* its parent has not waited yet */
	TASK_KILLABLE,		/* only a signal that ends it wakes it */
};

struct sigaction_k {
	u64 handler;		/* 0 default, 1 ignore */
	u64 flags;
	u64 restorer;
	u64 mask;
};

struct session {
	int refs;
	int sid;
	struct tty *tty;	/* the controlling terminal, under proc_lock */
};

struct task {
	/* Scheduling: sched_lock. */
	enum task_state state;
	struct list run_link;
	bool on_cpu;
	u64 sp;			/* saved stack pointer while not running */
	u64 cpu_mask;
	unsigned cpu;		/* last run on */

	/* Set at creation, or only by the task itself. */
	int pid;
	char name[16];
	char *cmdline;		/* proc_lock: arguments, each ended by 0 */
	u32 cmdline_len;
	u8 *kstack;		/* lowest address */
	void (*thread_fn)(void *arg);
	void *thread_arg;
	struct mm *mm;		/* NULL for a kernel thread */
	struct files *files;
	struct fs_context *fs;
	void *fpu;
	u64 fsbase;
	u64 clear_tid;
	u64 start_time;		/* clock at creation */
	u64 utime, stime;	/* nanoseconds */
	u64 time_mark;		/* clock when the current stretch of user or kernel time began */
	int syscall_nr;
	u64 restart_deadline;

	/* The process tree: proc_lock. */
	struct list all_link;
	struct task *parent;
	struct list children, sibling;
	struct session *session;
	int pgid;
	int exit_status;	/* as wait4 reports it */
	int stop_status;	/* pending report of a stop (or 0xffff continue) for the parent */
	bool did_exec;
	u64 child_utime, child_stime;
	struct waitq child_wait; /* state changes of our children; our own exec */

	/* Signals: proc_lock, except that the task may read `blocked`. */
	u64 sig_pending, sig_blocked;
	u64 sig_saved_mask;	/* to restore after sigsuspend's handler */
	bool sig_restore_mask;
	u32 sig_sender[NSIG + 1];
	struct sigaction_k *actions; /* [NSIG + 1] */
	u64 altstack, altstack_size;
	u64 alarm_at, alarm_interval; /* clock; under the timer lock of alarm_timer */
	struct timer *alarm_timer;
};

struct cpu {
	struct cpu *self;		/* %gs:0 */
	struct task *task;		/* %gs:8: the one that runs */
	u64 kstack_top;			/* %gs:16, for the system call entry */
	u64 user_sp;			/* %gs:24, scratch of the system call entry */
	unsigned id;
	u8 lock_level;
	bool need_resched;
	bool idle_waiting;		/* in plat_idle() or about to be; sched_lock */
	bool online;
	struct task *idle;
	u64 slice_end;
	u64 timer_deadline;
	u64 idle_time;
};

extern struct cpu cpus[MAX_CPUS];
extern unsigned cpu_count;	/* CPUs that have started */
extern struct task init_task;	/* the boot CPU's idle task */

static inline struct cpu *this_cpu(void)
{
	struct cpu *c;

	__asm__ volatile("movq %%gs:0, %0" : "=r"(c));
	return c;
}

static inline struct task *current_task(void)
{
	struct task *t;

	__asm__ volatile("movq %%gs:8, %0" : "=r"(t));
	return t;
}
#define current current_task()

static inline struct trapframe *task_frame(struct task *t)
{
	return (struct trapframe *)(t->kstack + KSTACK_SIZE) - 1;
}

extern struct spinlock proc_lock;
extern struct list all_tasks;		/* under proc_lock */
extern struct task *init_process;

/* sched.c */
void sched_init_cpu(unsigned cpu);
void schedule(void);
void sched_yield_now(void);
/* Makes t runnable if its state is among `states` (bits 1 << TASK_...). */
bool task_wake(struct task *t, unsigned states);
#define WAKE_SOON (1u << 31)	/* do not call an idle CPU for it */
#define WAKE_NORMAL ((1u << TASK_SLEEPING) | (1u << TASK_BLOCKED) | (1u << TASK_KILLABLE))
void task_set_state(enum task_state s);
void sched_start(struct task *t);
void sched_switched(void);
void __noreturn sched_exit(void);
void __noreturn sched_idle(void);
void sched_tick(void);
void sched_wait_off_cpu(struct task *t);
/* The next timer is due at `deadline`, perhaps earlier than this CPU's interrupt. */
void timer_reprogram(u64 deadline);
/* In task.c: enters a new task's function, or user mode. */
void task_begin(void);
void switch_stacks(u64 *save_sp, u64 new_sp);

/* task.c */
struct task *task_alloc(const char *name);
void task_publish(struct task *t);
void task_free(struct task *t);
struct task *kthread_create(const char *name, void (*fn)(void *), void *arg);
struct task *task_find(int pid);	/* under proc_lock */
void fpu_init(void);
void *fpu_alloc(void);
extern unsigned fpu_size;
void fpu_save(void *area);
int fpu_restore(const void *area);	/* -1 if the contents are malformed */
void fpu_reset(void *area);

/* exit.c */
void __noreturn process_exit(int status);
long sys_wait4(long pid, long status, long options, long rusage);
void session_get(struct session *s);
void session_put(struct session *s);

/* signal.c */
void signal_send(struct task *t, int sig, int sender_pid);	/* takes proc_lock */
void signal_send_locked(struct task *t, int sig, int sender_pid);
int signal_send_group(int pgid, int sig, int sender_pid);
void signal_send_session(struct session *s, int sig);
bool signal_pending(struct task *t);
bool signal_fatal(struct task *t);	/* one is pending that will end it */
bool signal_ignored(struct task *t, int sig);	/* blocked or ignored: for terminal job control */
void signal_deliver(struct trapframe *tf);
/* A fault that the program can catch; it dies of `sig` if it does not. */
void signal_fault(struct trapframe *tf, int sig, u64 addr);

#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGUSR2 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGWINCH 28

#define sigmask(n) (1ull << ((n) - 1))

/* time.c */
struct timer {
	struct list link;	/* linked while armed */
	u64 deadline;
	void (*fn)(struct timer *t);
	void *arg;
};
void timer_add(struct timer *t, u64 deadline);
bool timer_del(struct timer *t);
u64 timer_next(void);
void timers_run(u64 now);
/* Sleeps until the clock reaches deadline: 0, or -EINTR. */
int sleep_until(u64 deadline);
u64 wall_clock(void);

#endif
