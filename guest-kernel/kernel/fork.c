/* SPDX-License-Identifier: MIT */
/* fork, vfork and those forms of clone that amount to them. There are no threads. */
#include "lib.h"
#include "mm.h"
#include "syscall.h"
#include "task.h"
#include "vfs.h"

#define CLONE_VM 0x100
#define CLONE_VFORK 0x4000
#define CLONE_SETTLS 0x80000
#define CLONE_PARENT_SETTID 0x100000
#define CLONE_CHILD_CLEARTID 0x200000
#define CLONE_CHILD_SETTID 0x1000000
#define CLONE_THREAD 0x10000

static void copy_state(struct task *c, struct task *p)
{
	c->fsbase = p->fsbase;
	fpu_save(p->fpu);	/* ours is in the registers */
	memcpy(c->fpu, p->fpu, fpu_size);
	memcpy(c->actions, p->actions, (NSIG + 1) * sizeof(*c->actions));
	c->sig_blocked = p->sig_blocked;
	c->altstack = p->altstack;
	c->altstack_size = p->altstack_size;
	c->cpu_mask = p->cpu_mask;
	*task_frame(c) = *task_frame(p);
	task_frame(c)->rax = 0;
}

static void link_child(struct task *c, struct task *p)
{
	task_publish(c);
	spin_lock(&proc_lock);
	c->parent = p;
	c->session = p->session;
	if (c->session)
		session_get(c->session);
	c->pgid = p->pgid;
	list_add_tail(&c->sibling, &p->children);
	spin_unlock(&proc_lock);
}

static struct task *fork_task(struct task *p)
{
	struct task *c = task_alloc(p->name);
	u64 irq;

	if (!c)
		return NULL;
	c->fpu = fpu_alloc();
	c->actions = kmalloc((NSIG + 1) * sizeof(*c->actions));
	c->fs = kmalloc(sizeof(*c->fs));
	c->files = files_copy(p->files);
	if (c->fpu && c->actions && c->fs && c->files)
		c->mm = mm_fork(p->mm);
	if (!c->mm) {
		if (c->files)
			files_put(c->files);
		kfree(c->fs);
		task_free(c);
		return NULL;
	}
	*c->fs = *p->fs;
	c->cmdline = kmalloc(p->cmdline_len + 1);
	if (c->cmdline) {
		memcpy(c->cmdline, p->cmdline, p->cmdline_len);
		c->cmdline_len = p->cmdline_len;
	}
	irq = plat_irq_save();
	copy_state(c, p);
	plat_irq_restore(irq);
	link_child(c, p);
	return c;
}

/* vfork: the parent waits until the child has its own program or is gone. */
static void wait_for_exec(struct task *p, int pid)
{
	spin_lock(&proc_lock);
	for (;;) {
		struct task *c = task_find(pid);

		if (!c || c->parent != p || c->did_exec || c->state == TASK_ZOMBIE)
			break;
		if (wait_locked(&p->child_wait, &proc_lock, 0) == -EINTR)
			break;
	}
	spin_unlock(&proc_lock);
}

long sys_clone(long flags, long stack, long parent_tid, long child_tid, long tls)
{
	struct task *p = current, *c;
	s32 pid;

	if ((flags & CLONE_THREAD) || ((flags & CLONE_VM) && !(flags & CLONE_VFORK)))
		return -EINVAL;
	c = fork_task(p);
	if (!c)
		return -ENOMEM;
	pid = c->pid;
	if (stack)
		task_frame(c)->rsp = stack;
	if (flags & CLONE_SETTLS)
		c->fsbase = tls;
	if (flags & CLONE_CHILD_SETTID) {
		s32 *p_tid;

		mutex_lock(&c->mm->lock);
		p_tid = mm_page(c->mm, child_tid, true);
		if (p_tid)
			*p_tid = pid;
		mutex_unlock(&c->mm->lock);
	}
	if (flags & CLONE_PARENT_SETTID)
		put_user(pid, parent_tid);
	sched_start(c);
	if (flags & CLONE_VFORK)
		wait_for_exec(p, pid);
	return pid;
}

long sys_fork(void)
{
	return sys_clone(SIGCHLD, 0, 0, 0, 0);
}

long sys_vfork(void)
{
	return sys_clone(CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
}
