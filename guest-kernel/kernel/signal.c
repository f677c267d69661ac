/* SPDX-License-Identifier: MIT */
/*
 * Signals. Sending marks the signal pending and wakes the task; the task acts on it on its way to user
 * mode: dies, stops, or runs a handler. The frame pushed for a handler is Linux's, so that a C
 * library's restorer and handlers that look at their context work.
 *
 * Locks: proc_lock.
 */
#include "lib.h"
#include "mm.h"
#include "syscall.h"
#include "task.h"
#include "abi.h"

#define SIG_DFL 0
#define SIG_IGN 1
#define UNSTOPPABLE (sigmask(SIGKILL) | sigmask(SIGSTOP))
#define STOP_SIGNALS (sigmask(SIGSTOP) | sigmask(SIGTSTP) | sigmask(SIGTTIN) | sigmask(SIGTTOU))
#define IGNORED_BY_DEFAULT (sigmask(SIGCHLD) | sigmask(SIGCONT) | sigmask(SIGURG) | sigmask(SIGWINCH))

static bool ignores(struct task *t, int sig)
{
	u64 h;

	if (!t->actions)
		return true;
	h = t->actions[sig].handler;
	return h == SIG_IGN || (h == SIG_DFL && (sigmask(sig) & IGNORED_BY_DEFAULT));
}

bool signal_ignored(struct task *t, int sig)
{
	return (t->sig_blocked & sigmask(sig)) || t->actions[sig].handler == SIG_IGN;
}

bool signal_pending(struct task *t)
{
	return (READ_ONCE(t->sig_pending) & ~t->sig_blocked) != 0;
}

bool signal_fatal(struct task *t)
{
	u64 set = READ_ONCE(t->sig_pending) & ~t->sig_blocked & ~(IGNORED_BY_DEFAULT | STOP_SIGNALS);

	for (int sig = 1; set && t->actions && sig <= NSIG; sig++)
		if ((set & sigmask(sig)) && t->actions[sig].handler == SIG_DFL)
			return true;
	return false;
}

static void report_stop(struct task *t, int status)
{
	t->stop_status = status;
	if (t->parent) {
		signal_send_locked(t->parent, SIGCHLD, t->pid);
		wake_all(&t->parent->child_wait);
	}
}

void signal_send_locked(struct task *t, int sig, int sender)
{
	u64 bit = sigmask(sig);

	if (!t->actions || t->state == TASK_ZOMBIE)
		return;
	if (sig == SIGCONT || sig == SIGKILL) {
		t->sig_pending &= ~STOP_SIGNALS;
		if (task_wake(t, 1u << TASK_STOPPED) && sig == SIGCONT)
			report_stop(t, 0xffff);
	}
	if (bit & STOP_SIGNALS)
		t->sig_pending &= ~sigmask(SIGCONT);
	if (ignores(t, sig) && !(t->sig_blocked & bit))
		return;
	if (t == init_process && t->actions[sig].handler == SIG_DFL)
		return;	/* init only gets what it asks for */
	t->sig_pending |= bit;
	t->sig_sender[sig] = sender;
	if (bit & ~t->sig_blocked)
		task_wake(t, 1u << TASK_SLEEPING | (signal_fatal(t) ? 1u << TASK_KILLABLE : 0));
}

void signal_send(struct task *t, int sig, int sender)
{
	spin_lock(&proc_lock);
	signal_send_locked(t, sig, sender);
	spin_unlock(&proc_lock);
}

int signal_send_group(int pgid, int sig, int sender)
{
	struct task *t;
	int n = 0;

	spin_lock(&proc_lock);
	list_for_each(t, &all_tasks, all_link) {
		if (t->pgid == pgid && t->actions && t->state != TASK_ZOMBIE) {
			if (sig)
				signal_send_locked(t, sig, sender);
			n++;
		}
	}
	spin_unlock(&proc_lock);
	return n ? 0 : -ESRCH;
}

static bool frame_push_fpu(u64 *sp, u64 *where)
{
	u64 addr = (*sp - fpu_size) & ~63ul, irq;
	void *copy = kmalloc(fpu_size);
	bool ok;

	if (!copy)
		return false;
	irq = plat_irq_save();
	fpu_save(current->fpu);
	memcpy(copy, current->fpu, fpu_size);
	plat_irq_restore(irq);
	ok = !copy_to_user(addr, copy, fpu_size);
	kfree(copy);
	*sp = *where = addr;
	return ok;
}

/* restorer address, then ucontext, then siginfo, then (above) the FPU area */
struct sigframe {
	u64 restorer;
	struct linux_ucontext uc;
	struct linux_siginfo info;
};

static void save_context(struct linux_sigcontext *m, const struct trapframe *tf)
{
	*m = (struct linux_sigcontext){
		.r8 = tf->r8, .r9 = tf->r9, .r10 = tf->r10, .r11 = tf->r11, .r12 = tf->r12, .r13 = tf->r13,
		.r14 = tf->r14, .r15 = tf->r15, .rdi = tf->rdi, .rsi = tf->rsi, .rbp = tf->rbp, .rbx = tf->rbx,
		.rdx = tf->rdx, .rax = tf->rax, .rcx = tf->rcx, .rsp = tf->rsp, .rip = tf->rip,
		.eflags = tf->rflags, .cs = tf->cs, .ss = tf->ss, .err = tf->error,
	};
}

static void load_context(struct trapframe *tf, const struct linux_sigcontext *m)
{
	tf->r8 = m->r8; tf->r9 = m->r9; tf->r10 = m->r10; tf->r11 = m->r11;
	tf->r12 = m->r12; tf->r13 = m->r13; tf->r14 = m->r14; tf->r15 = m->r15;
	tf->rdi = m->rdi; tf->rsi = m->rsi; tf->rbp = m->rbp; tf->rbx = m->rbx;
	tf->rdx = m->rdx; tf->rax = m->rax; tf->rcx = m->rcx;
	tf->rsp = m->rsp;
	tf->rip = m->rip < USER_TOP ? m->rip : 0;
	tf->rflags = (m->eflags & FLAGS_USER) | FLAG_IF;
}

static bool push_frame(struct trapframe *tf, int sig, const struct sigaction_k *sa, u64 mask, u64 addr)
{
	struct task *t = current;
	struct sigframe f = { .restorer = sa->restorer };
	u64 sp = tf->rsp - 128, frame;	/* below the red zone */

	if ((sa->flags & SA_ONSTACK) && t->altstack_size && sp - t->altstack >= t->altstack_size)
		sp = t->altstack + t->altstack_size;
	f.info.signo = sig;
	if (addr) {
		f.info.code = 1;
		f.info.addr = addr;
	} else {
		f.info.pid = t->sig_sender[sig];
	}
	save_context(&f.uc.mcontext, tf);
	f.uc.sigmask = f.uc.mcontext.oldmask = mask;
	if (!frame_push_fpu(&sp, &f.uc.mcontext.fpstate))
		return false;
	frame = ((sp - sizeof(f)) & ~15ul) - 8;	/* as if by a call */
	if (!(sa->flags & SA_RESTORER) || copy_to_user(frame, &f, sizeof(f)))
		return false;
	tf->rsp = frame;
	tf->rip = sa->handler;
	tf->rdi = sig;
	tf->rsi = frame + offsetof(struct sigframe, info);
	tf->rdx = frame + offsetof(struct sigframe, uc);
	tf->rax = 0;
	tf->rflags &= ~(FLAG_TF | FLAG_DF);
	tf->vector = ~0ul;
	return true;
}

long sys_rt_sigreturn(void)
{
	struct task *t = current;
	struct trapframe *tf = task_frame(t);
	struct linux_ucontext uc;
	void *fpu = kmalloc(fpu_size);

	if (!fpu || copy_from_user(&uc, tf->rsp, sizeof(uc)) ||
	    (uc.mcontext.fpstate && copy_from_user(fpu, uc.mcontext.fpstate, fpu_size)))
		process_exit(SIGSEGV);
	if (uc.mcontext.fpstate) {
		u64 irq = plat_irq_save();

		memcpy(t->fpu, fpu, fpu_size);
		if (fpu_restore(t->fpu) < 0) {
			fpu_reset(t->fpu);
			fpu_restore(t->fpu);
		}
		plat_irq_restore(irq);
	}
	kfree(fpu);
	spin_lock(&proc_lock);
	t->sig_blocked = uc.sigmask & ~UNSTOPPABLE;
	spin_unlock(&proc_lock);
	load_context(tf, &uc.mcontext);
	tf->vector = ~0ul;
	return tf->rax;
}

static void stop_here(struct task *t, int sig)
{
	spin_lock(&proc_lock);
	report_stop(t, (sig << 8) | 0x7f);
	task_set_state(TASK_STOPPED);
	spin_unlock(&proc_lock);
	schedule();
}

/* A system call that a signal interrupted is made again, unless a handler without SA_RESTART runs. */
static void restart_syscall(struct trapframe *tf, const struct sigaction_k *sa)
{
	/* tf->vector: a system call that has not been dealt with yet */
	if (tf->vector == ~0ul || !(tf->vector & TRAP_SYSCALL) || ((s64)tf->rax != -ERESTARTSYS && (s64)tf->rax != -ERESTARTNOHAND))
		return;
	if (sa && (!(sa->flags & SA_RESTART) || (s64)tf->rax == -ERESTARTNOHAND)) {
		tf->rax = -EINTR;
	} else {
		tf->rax = tf->vector & 0xffff;
		tf->rip -= 2;
	}
	tf->vector = ~0ul;
}

static void run_handler(struct trapframe *tf, int sig, struct sigaction_k *sa, u64 addr)
{
	struct task *t = current;
	u64 mask;

	restart_syscall(tf, sa);
	spin_lock(&proc_lock);
	mask = t->sig_restore_mask ? t->sig_saved_mask : t->sig_blocked;
	t->sig_restore_mask = false;
	t->sig_blocked |= sa->mask | (sa->flags & SA_NODEFER ? 0 : sigmask(sig));
	t->sig_blocked &= ~UNSTOPPABLE;
	if (sa->flags & SA_RESETHAND)
		t->actions[sig].handler = SIG_DFL;
	spin_unlock(&proc_lock);
	if (!push_frame(tf, sig, sa, mask, addr))
		process_exit(SIGSEGV);
}

/* Interrupts are off on entry and may be either on return; user_return() loops. */
void signal_deliver(struct trapframe *tf)
{
	struct task *t = current;
	struct sigaction_k sa;
	u64 ready;
	int sig;

	plat_irq_enable();
	spin_lock(&proc_lock);
	ready = t->sig_pending & ~t->sig_blocked;
	if (!ready) {
		spin_unlock(&proc_lock);
		return;
	}
	sig = (ready & sigmask(SIGKILL)) ? SIGKILL : __builtin_ctzl(ready) + 1;
	t->sig_pending &= ~sigmask(sig);
	sa = t->actions[sig];
	spin_unlock(&proc_lock);

	if (sa.handler > SIG_IGN && sig != SIGKILL && sig != SIGSTOP) {
		run_handler(tf, sig, &sa, 0);
		return;
	}
	if (sig != SIGKILL && sig != SIGSTOP && ignores(t, sig))
		;
	else if (sigmask(sig) & STOP_SIGNALS)
		stop_here(t, sig);
	else
		process_exit(sig);
}

void signal_end_of_syscall(struct trapframe *tf)
{
	struct task *t = current;

	/* Only reached when no handler took over: put things back as they were. */
	if (t->sig_restore_mask) {
		spin_lock(&proc_lock);
		t->sig_restore_mask = false;
		t->sig_blocked = t->sig_saved_mask;
		spin_unlock(&proc_lock);
	}
	restart_syscall(tf, NULL);
}

void signal_fault(struct trapframe *tf, int sig, u64 addr)
{
	struct task *t = current;
	struct sigaction_k sa;

	plat_irq_enable();
	spin_lock(&proc_lock);
	sa = t->actions[sig];
	if (t->sig_blocked & sigmask(sig))
		sa.handler = SIG_DFL;
	spin_unlock(&proc_lock);
	if (sa.handler <= SIG_IGN || sig == SIGKILL) {
		printk("%s (%d): signal %d at rip %lx, address %lx, rsp %lx\n", t->name, t->pid, sig, tf->rip,
		       addr, tf->rsp);
		process_exit(sig);
	}
	tf->vector = ~0ul;
	run_handler(tf, sig, &sa, addr);
	plat_irq_disable();
}

long sys_rt_sigaction(long sig, long act, long old, long size)
{
	struct task *t = current;
	struct sigaction_k new, was;

	if (sig < 1 || sig > NSIG || size != 8)
		return -EINVAL;
	if (act && get_user(new, act))
		return -EFAULT;
	if (act && (sigmask(sig) & UNSTOPPABLE))
		return -EINVAL;
	spin_lock(&proc_lock);
	was = t->actions[sig];
	if (act) {
		t->actions[sig] = new;
		if (ignores(t, sig))
			t->sig_pending &= ~sigmask(sig);
	}
	spin_unlock(&proc_lock);
	return old ? put_user(was, old) : 0;
}

long sys_rt_sigprocmask(long how, long set, long old, long size)
{
	struct task *t = current;
	u64 mask = 0, was;

	if (size != 8 || (set && (how < 0 || how > 2)))
		return -EINVAL;
	if (set && get_user(mask, set))
		return -EFAULT;
	mask &= ~UNSTOPPABLE;
	spin_lock(&proc_lock);
	was = t->sig_blocked;
	if (set)
		t->sig_blocked = how == 0 ? was | mask : how == 1 ? was & ~mask : mask;
	spin_unlock(&proc_lock);
	return old ? put_user(was, old) : 0;
}

long sys_rt_sigpending(long set, long size)
{
	u64 pending = current->sig_pending & current->sig_blocked;

	return put_user(pending, set);
}

/* Replaces the mask until the call ends; the old one comes back after a handler, or at once. */
int signal_set_temporary_mask(u64 mask_addr)
{
	struct task *t = current;
	u64 mask;

	if (get_user(mask, mask_addr))
		return -EFAULT;
	spin_lock(&proc_lock);
	if (!t->sig_restore_mask)
		t->sig_saved_mask = t->sig_blocked;
	t->sig_restore_mask = true;
	t->sig_blocked = mask & ~UNSTOPPABLE;
	spin_unlock(&proc_lock);
	return 0;
}

static struct spinlock pause_lock = SPINLOCK_INIT(LOCK_OBJECT);
static struct waitq pausers = WAITQ_INIT(pausers);

long sys_pause(void)
{
	spin_lock(&pause_lock);
	while (!wait_locked(&pausers, &pause_lock, 0))
		;
	spin_unlock(&pause_lock);
	return -ERESTARTNOHAND;
}

long sys_rt_sigsuspend(long mask, long size)
{
	int ret = signal_set_temporary_mask(mask);

	return ret ? ret : sys_pause();
}

long sys_rt_sigtimedwait(long set, long info, long timeout, long size)
{
	struct task *t = current;
	struct linux_timespec ts;
	u64 mask, deadline = 0, old;
	long ret;

	if (get_user(mask, set) || (timeout && get_user(ts, timeout)))
		return -EFAULT;
	if (timeout)
		deadline = plat_clock() + ts.sec * NSEC_PER_SEC + ts.nsec;
	spin_lock(&proc_lock);
	old = t->sig_blocked;
	for (;;) {
		u64 ready = t->sig_pending & mask;

		if (ready) {
			ret = __builtin_ctzl(ready) + 1;
			t->sig_pending &= ~sigmask(ret);
			break;
		}
		t->sig_blocked = old & ~mask;
		ret = wait_locked(&t->child_wait, &proc_lock, deadline);
		t->sig_blocked = old;
		if (ret && !(t->sig_pending & mask)) {
			ret = ret == -ETIMEDOUT ? -EAGAIN : ret;
			break;
		}
	}
	spin_unlock(&proc_lock);
	if (ret > 0 && info) {
		struct linux_siginfo si = { .signo = ret };

		if (put_user(si, info))
			return -EFAULT;
	}
	return ret;
}

struct linux_stack {
	u64 sp;
	s32 flags, pad;
	u64 size;
};

long sys_sigaltstack(long new, long old)
{
	struct task *t = current;
	struct linux_stack s = { t->altstack, t->altstack_size ? 0 : 2, 0, t->altstack_size };

	if (old && put_user(s, old))
		return -EFAULT;
	if (new) {
		if (get_user(s, new))
			return -EFAULT;
		t->altstack = s.sp;
		t->altstack_size = s.flags & 2 ? 0 : s.size;
	}
	return 0;
}

long sys_kill(long pid, long sig)
{
	struct task *t;
	int ret = -ESRCH;

	pid = (s32)pid;
	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	if (pid == 0)
		return signal_send_group(current->pgid, sig, current->pid);
	if (pid < -1)
		return signal_send_group(-pid, sig, current->pid);
	spin_lock(&proc_lock);
	list_for_each(t, &all_tasks, all_link) {
		if ((pid == -1 ? t->pid <= 1 || t == current : t->pid != pid) || !t->actions)
			continue;
		if (sig)
			signal_send_locked(t, sig, current->pid);
		ret = 0;
	}
	spin_unlock(&proc_lock);
	return ret;
}

long sys_tkill(long tid, long sig)
{
	return (s32)tid > 0 ? sys_kill(tid, sig) : -EINVAL;
}

long sys_tgkill(long pid, long tid, long sig)
{
	return sys_tkill(tid, sig);
}
