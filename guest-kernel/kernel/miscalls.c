/* SPDX-License-Identifier: MIT */
/* System calls about the caller's identity, groups and sessions, limits, and the system as a whole. */
#include "lib.h"
#include "mm.h"
#include "page.h"
#include "process.h"
#include "syscall.h"
#include "task.h"
#include "vfs.h"

char hostname[65] = "paravane";

long sys_getpid(void)
{
	return current->pid;
}

long sys_gettid(void)
{
	return current->pid;
}

long sys_getppid(void)
{
	return current->parent ? current->parent->pid : 0;
}

/* There is one user. */
long sys_getuid(void) { return 0; }
long sys_getgid(void) { return 0; }
long sys_geteuid(void) { return 0; }
long sys_getegid(void) { return 0; }
long sys_setuid(long u) { return u ? -EPERM : 0; }
long sys_setgid(long g) { return g ? -EPERM : 0; }
long sys_setreuid(long r, long e) { return 0; }
long sys_setregid(long r, long e) { return 0; }
long sys_setresuid(long r, long e, long s) { return 0; }
long sys_setresgid(long r, long e, long s) { return 0; }
long sys_getgroups(long n, long list) { return 0; }
long sys_setgroups(long n, long list) { return 0; }

static long put_three_zeros(long a, long b, long c)
{
	u32 zero = 0;

	return put_user(zero, a) || put_user(zero, b) || put_user(zero, c) ? -EFAULT : 0;
}

long sys_getresuid(long r, long e, long s)
{
	return put_three_zeros(r, e, s);
}

long sys_getresgid(long r, long e, long s)
{
	return put_three_zeros(r, e, s);
}

long sys_setpgid(long pid, long pgid)
{
	struct task *t;
	long ret = 0;

	if (pgid < 0)
		return -EINVAL;
	spin_lock(&proc_lock);
	t = pid ? task_find(pid) : current;
	if (!t || !(t == current || t->parent == current))
		ret = -ESRCH;
	else if (t->session != current->session || (t->session && t->session->sid == t->pid))
		ret = -EPERM;
	else
		t->pgid = pgid ? pgid : t->pid;
	spin_unlock(&proc_lock);
	return ret;
}

long sys_getpgid(long pid)
{
	struct task *t;
	long ret;

	spin_lock(&proc_lock);
	t = pid ? task_find(pid) : current;
	ret = t ? t->pgid : -ESRCH;
	spin_unlock(&proc_lock);
	return ret;
}

long sys_getpgrp(void)
{
	return current->pgid;
}

long sys_getsid(long pid)
{
	struct task *t;
	long ret;

	spin_lock(&proc_lock);
	t = pid ? task_find(pid) : current;
	ret = !t ? -ESRCH : t->session ? t->session->sid : 0;
	spin_unlock(&proc_lock);
	return ret;
}

long sys_setsid(void)
{
	struct task *t = current;
	struct session *s = kzalloc(sizeof(*s)), *old;

	if (!s)
		return -ENOMEM;
	s->refs = 1;
	s->sid = t->pid;
	spin_lock(&proc_lock);
	if (t->session && t->pgid == t->pid) {
		spin_unlock(&proc_lock);
		kfree(s);
		return -EPERM;
	}
	old = t->session;
	t->session = s;
	t->pgid = t->pid;
	spin_unlock(&proc_lock);
	session_put(old);
	return t->pid;
}

long sys_uname(long addr)
{
	struct linux_utsname u = { .sysname = "Linux", .release = "5.10.0-paravane", .version = "#1 SMP",
				   .machine = "x86_64", .domainname = "(none)" };

	strlcpy(u.nodename, hostname, sizeof(u.nodename));
	strlcpy(u.version + 6, " ", sizeof(u.version) - 6);
	strlcpy(u.version + 7, plat_name, sizeof(u.version) - 7);
	return put_user(u, addr);
}

long sys_sethostname(long name, long len)
{
	char buf[65] = { 0 };

	if (len < 0 || len > 64)
		return -EINVAL;
	if (copy_from_user(buf, name, len))
		return -EFAULT;
	memcpy(hostname, buf, sizeof(buf));
	return 0;
}

long sys_sysinfo(long addr)
{
	struct linux_sysinfo s = { .uptime = plat_clock() / NSEC_PER_SEC, .mem_unit = 1 };
	struct task *t;

	s.totalram = page_total_count() * PAGE_SIZE;
	s.freeram = page_free_count() * PAGE_SIZE;
	spin_lock(&proc_lock);
	list_for_each(t, &all_tasks, all_link)
		s.procs++;
	spin_unlock(&proc_lock);
	return put_user(s, addr);
}

long sys_getpriority(long which, long who)
{
	return 20;
}

long sys_setpriority(long which, long who, long prio)
{
	return 0;
}

struct linux_rlimit {
	u64 cur, max;
};

static struct linux_rlimit limit_of(long resource)
{
	struct linux_rlimit r = { ~0ull, ~0ull };

	if (resource == 3)
		r.cur = 8ul << 20;		/* stack */
	else if (resource == 7)
		r.cur = r.max = MAX_FDS;	/* descriptors */
	else if (resource == 4)
		r.cur = 0;			/* core dumps */
	return r;
}

long sys_getrlimit(long resource, long addr)
{
	struct linux_rlimit r = limit_of(resource);

	return put_user(r, addr);
}

long sys_setrlimit(long resource, long addr)
{
	return 0;
}

long sys_prlimit64(long pid, long resource, long new, long old)
{
	return old ? sys_getrlimit(resource, old) : 0;
}

long sys_prctl(long op, long a, long b, long c, long d)
{
	if (op == 15) {		/* PR_SET_NAME */
		char name[16] = { 0 };

		if (copy_from_user(name, a, 15))
			return -EFAULT;
		strlcpy(current->name, name, sizeof(current->name));
		return 0;
	}
	if (op == 16)		/* PR_GET_NAME */
		return copy_to_user(a, current->name, 16);
	return -EINVAL;
}

#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003

long sys_arch_prctl(long op, long addr)
{
	struct task *t = current;

	if (op == ARCH_SET_FS) {
		u64 irq;

		if ((u64)addr >= USER_TOP)
			return -EPERM;
		irq = plat_irq_save();
		t->fsbase = addr;
		plat_set_fsbase(addr);
		plat_irq_restore(irq);
		return 0;
	}
	if (op == ARCH_GET_FS)
		return put_user(t->fsbase, addr);
	return -EINVAL;
}

long sys_set_tid_address(long addr)
{
	current->clear_tid = addr;
	return current->pid;
}

long sys_set_robust_list(long head, long len)
{
	return 0;
}

long sys_exit_group(long code)
{
	return sys_exit(code);
}

long sys_mlock(long addr, long len)
{
	/* Memory is never paged out; but a hypercall wants it present. */
	for (u64 a = page_down(addr); a < (u64)addr + len; a += PAGE_SIZE) {
		u8 byte;

		if (get_user(byte, a))
			return -ENOMEM;
	}
	return 0;
}

long sys_munlock(long addr, long len)
{
	return 0;
}

long sys_mlockall(long flags)
{
	return 0;
}

long sys_sched_yield(void)
{
	sched_yield_now();
	return 0;
}

long sys_sched_getaffinity(long pid, long len, long addr)
{
	u64 mask = current->cpu_mask & ((1ull << cpu_count) - 1);

	if (len < 8)
		return -EINVAL;
	return put_user(mask, addr) ? -EFAULT : 8;
}

long sys_sched_setaffinity(long pid, long len, long addr)
{
	u64 mask = 0;

	if (copy_from_user(&mask, addr, min(len, 8l)))
		return -EFAULT;
	if (!(mask & ((1ull << cpu_count) - 1)))
		return -EINVAL;
	if (pid && pid != current->pid)
		return -ESRCH;
	current->cpu_mask = mask;
	if (!(mask >> this_cpu()->id & 1))
		sched_yield_now();
	return 0;
}

long sys_getrandom(long buf, long len, long flags)
{
	for (long done = 0; done < len; done += 8) {
		u64 r = random_u64();

		if (copy_to_user(buf + done, &r, min(8l, len - done)))
			return -EFAULT;
	}
	return len;
}

#define REBOOT_RESTART 0x01234567
#define REBOOT_HALT 0xcdef0123
#define REBOOT_POWER_OFF 0x4321fedc

long sys_reboot(long magic1, long magic2, long cmd, long arg)
{
	if ((u32)magic1 != 0xfee1dead)
		return -EINVAL;
	switch ((u32)cmd) {
	case REBOOT_RESTART:
		printk("Restarting.\n");
		plat_reboot();
	case REBOOT_HALT:
	case REBOOT_POWER_OFF:
		printk("Power off.\n");
		plat_power_off();
	default:
		return 0;	/* Ctrl-Alt-Del on or off */
	}
}

#define SYSLOG_READ_ALL 3
#define SYSLOG_CONSOLE_OFF 6
#define SYSLOG_CONSOLE_ON 7
#define SYSLOG_CONSOLE_LEVEL 8
#define SYSLOG_SIZE_BUFFER 10

long sys_syslog(long op, long buf, long len)
{
	char chunk[256];
	u64 from = 0;
	long done = 0;

	switch (op) {
	case SYSLOG_SIZE_BUFFER:
		return 16384;
	case SYSLOG_CONSOLE_OFF:
	case SYSLOG_CONSOLE_ON:
		printk_to_console = op == SYSLOG_CONSOLE_ON;
		return 0;
	case SYSLOG_CONSOLE_LEVEL:
		printk_to_console = len > 1;
		return 0;
	case 2:
	case SYSLOG_READ_ALL:
	case 4:
		if (klog_end() > (u64)len)
			from = klog_end() - len;
		while (done < len) {
			size_t n = klog_read(chunk, min((size_t)(len - done), sizeof(chunk)), &from);

			if (!n)
				break;
			if (copy_to_user(buf + done, chunk, n))
				return -EFAULT;
			done += n;
		}
		return done;
	}
	return 0;
}
