/* SPDX-License-Identifier: MIT */
/*
 * The end of a process, and waiting for it. A zombie keeps only its struct task, its stack and its
 * status; children of the dead go to init.
 *
 * Locks: proc_lock.
 */
#include "lib.h"
#include "mm.h"
#include "syscall.h"
#include "task.h"
#include "tty.h"
#include "vfs.h"

#define WNOHANG 1
#define WUNTRACED 2
#define WCONTINUED 8
#define STATUS_CONTINUED 0xffff

void session_get(struct session *s)
{
	atomic_inc(&s->refs);
}

void session_put(struct session *s)
{
	if (s && atomic_dec(&s->refs) == 0)
		kfree(s);
}

static void release_memory(struct task *t)
{
	struct mm *mm = t->mm;
	void *fpu = t->fpu;
	u64 irq;

	if (mm)
		mm_unmap_drivers(mm);
	/* Others look at t->mm under proc_lock. */
	spin_lock(&proc_lock);
	irq = plat_irq_save();
	t->mm = NULL;
	t->fpu = NULL;
	plat_set_thread(t);
	plat_irq_restore(irq);
	spin_unlock(&proc_lock);
	kfree(fpu);
	if (mm)
		mm_put(mm);
}

static void give_children_to_init(struct task *t)
{
	struct task *c, *n;

	list_for_each_safe(c, n, &t->children, sibling) {
		list_del(&c->sibling);
		c->parent = init_process;
		list_add_tail(&c->sibling, &init_process->children);
	}
}

static void __noreturn thread_exit(struct task *t)
{
	spin_lock(&proc_lock);
	list_del(&t->all_link);
	spin_unlock(&proc_lock);
	/* Nobody waits for kernel threads; few ever end. The stack stays. */
	task_set_state(TASK_ZOMBIE);
	sched_exit();
}

/* TOUR 5.6: what a process leaves behind. `status` is wait4's. */
void __noreturn process_exit(int status)
{
	struct task *t = current, *parent;
	struct session *s = t->session;
	bool orphans;

	if (!t->files)
		thread_exit(t);
	if (t == init_process)
		panic("init ended with status 0x%x", status);
	timer_del_task(t);
	files_put(t->files);
	t->files = NULL;
	if (t->clear_tid && t->mm) {
		u32 zero = 0;

		put_user(zero, t->clear_tid);
	}
	release_memory(t);
	kfree(t->fs);
	t->fs = NULL;
	if (s && s->sid == t->pid)
		tty_session_ends(s);

	spin_lock(&proc_lock);
	orphans = !list_empty(&t->children);
	give_children_to_init(t);
	parent = t->parent;
	t->exit_status = status;
	t->session = NULL;
	spin_unlock(&proc_lock);
	session_put(s);
	if (orphans)
		wake_all(&init_process->child_wait);

	/* From here on the parent may free us, as soon as we are off this CPU. */
	plat_irq_disable();
	spin_lock(&proc_lock);
	parent = t->parent;
	task_set_state(TASK_ZOMBIE);
	signal_send_locked(parent, SIGCHLD, t->pid);
	wake_all(&parent->child_wait);
	spin_unlock(&proc_lock);
	sched_exit();
}

static bool matches(struct task *c, long pid)
{
	return pid == -1 || pid == c->pid || (pid == 0 && c->pgid == current->pgid) || (pid < -1 && c->pgid == -pid);
}

/* Under proc_lock: a child with news for the caller; *status says what. */
static struct task *child_with_news(struct task *t, long pid, long options, bool *any, int *status)
{
	struct task *c;

	*any = false;
	list_for_each(c, &t->children, sibling) {
		if (!matches(c, pid))
			continue;
		*any = true;
		if (c->state == TASK_ZOMBIE) {
			*status = c->exit_status;
			return c;
		}
		if (c->stop_status && ((c->stop_status == STATUS_CONTINUED && (options & WCONTINUED)) ||
				       (c->stop_status != STATUS_CONTINUED && (options & WUNTRACED)))) {
			*status = c->stop_status;
			return c;
		}
	}
	return NULL;
}

static void fill_rusage(struct linux_rusage *ru, u64 utime, u64 stime)
{
	memset(ru, 0, sizeof(*ru));
	ru->utime = (struct linux_timeval){ utime / NSEC_PER_SEC, utime % NSEC_PER_SEC / 1000 };
	ru->stime = (struct linux_timeval){ stime / NSEC_PER_SEC, stime % NSEC_PER_SEC / 1000 };
}

long sys_wait4(long pid, long status_addr, long options, long rusage_addr)
{
	struct task *t = current, *c;
	struct linux_rusage ru;
	int status, ret = 0;
	bool any, dead;

	pid = (s32)pid;		/* callers extend an int as they like */
	spin_lock(&proc_lock);
	for (;;) {
		c = child_with_news(t, pid, options, &any, &status);
		if (c)
			break;
		ret = !any ? -ECHILD : options & WNOHANG ? 0 : wait_locked(&t->child_wait, &proc_lock, 0);
		if (!any || (options & WNOHANG) || ret == -EINTR) {
			spin_unlock(&proc_lock);
			return ret == -EINTR ? -ERESTARTSYS : ret;
		}
	}
	ret = c->pid;
	dead = c->state == TASK_ZOMBIE;
	fill_rusage(&ru, c->utime + c->child_utime, c->stime + c->child_stime);
	if (dead) {
		t->child_utime += c->utime + c->child_utime;
		t->child_stime += c->stime + c->child_stime;
		list_del(&c->sibling);
		list_del(&c->all_link);
	} else {
		c->stop_status = 0;
	}
	spin_unlock(&proc_lock);
	if (dead)
		task_free(c);
	if (status_addr && put_user(status, status_addr))
		return -EFAULT;
	if (rusage_addr && put_user(ru, rusage_addr))
		return -EFAULT;
	return ret;
}

long sys_exit(long code)
{
	process_exit((code & 0xff) << 8);
}

long sys_getrusage(long who, long addr)
{
	struct task *t = current;
	struct linux_rusage ru;

	if (who == -1)
		fill_rusage(&ru, t->child_utime, t->child_stime);
	else
		fill_rusage(&ru, t->utime, t->stime);
	return put_user(ru, addr);
}

#define WEXITED 4
#define WNOWAIT 0x1000000

/* Enough for a caller that wants the process gone and its status. */
long sys_waitid(long type, long id, long info_addr, long options, long rusage)
{
	return -ENOSYS;
}
