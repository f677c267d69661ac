/* SPDX-License-Identifier: MIT */
/* System calls about time: clocks, sleeping, interval timers; and the futex. */
#include "lib.h"
#include "mm.h"
#include "page.h"
#include "syscall.h"
#include "task.h"
#include "abi.h"

static struct linux_timespec timespec_of(u64 ns)
{
	return (struct linux_timespec){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };
}

static struct linux_timeval timeval_of(u64 ns)
{
	return (struct linux_timeval){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / 1000 };
}

long sys_clock_gettime(long id, long addr)
{
	struct linux_timespec ts;

	switch (id) {
	case CLOCK_REALTIME:
	case 5:
		ts = timespec_of(wall_clock());
		break;
	case 2:		/* process and thread CPU time */
	case 3:
		ts = timespec_of(current->utime + current->stime + plat_clock() - current->time_mark);
		break;
	case CLOCK_MONOTONIC:
	case 4:
	case 6:
	case 7:
		ts = timespec_of(plat_clock());
		break;
	default:
		return -EINVAL;
	}
	return put_user(ts, addr);
}

long sys_clock_getres(long id, long addr)
{
	struct linux_timespec ts = { 0, 1 };

	return addr ? put_user(ts, addr) : 0;
}

long sys_clock_settime(long id, long addr)
{
	struct linux_timespec ts;

	if (id != CLOCK_REALTIME)
		return -EINVAL;
	if (get_user(ts, addr))
		return -EFAULT;
	wall_clock_set(ts.sec * NSEC_PER_SEC + ts.nsec);
	return 0;
}

long sys_gettimeofday(long addr, long zone)
{
	struct linux_timeval tv = timeval_of(wall_clock());

	return addr ? put_user(tv, addr) : 0;
}

long sys_time(long addr)
{
	s64 t = wall_clock() / NSEC_PER_SEC;

	if (addr && put_user(t, addr))
		return -EFAULT;
	return t;
}

long sys_times(long addr)
{
	struct task *t = current;
	struct { s64 t[4]; } v = { { t->utime / 10000000, t->stime / 10000000, t->child_utime / 10000000,
		     t->child_stime / 10000000 } };

	if (addr && put_user(v, addr))
		return -EFAULT;
	return plat_clock() / 10000000;
}

long sys_clock_nanosleep(long id, long flags, long addr, long rest)
{
	struct linux_timespec ts;
	u64 deadline, now;

	if (get_user(ts, addr))
		return -EFAULT;
	if (ts.sec < 0 || (u64)ts.nsec >= NSEC_PER_SEC)
		return -EINVAL;
	deadline = ts.sec * NSEC_PER_SEC + ts.nsec;
	if (!(flags & 1))
		deadline += plat_clock();
	else if (id == CLOCK_REALTIME)
		deadline = deadline - wall_clock() + plat_clock();
	if (!sleep_until(deadline))
		return 0;
	now = plat_clock();
	if (rest && !(flags & 1)) {
		ts = timespec_of(now < deadline ? deadline - now : 0);
		put_user(ts, rest);
	}
	return -ERESTARTNOHAND;
}

long sys_nanosleep(long addr, long rest)
{
	return sys_clock_nanosleep(CLOCK_MONOTONIC, 0, addr, rest);
}

struct linux_itimerval {
	struct linux_timeval interval, value;
};

/* The timer's function runs in an interrupt: proc_lock may be taken there. */
static void alarm_rings(struct timer *timer)
{
	struct task *t = timer->arg;

	signal_send(t, SIGALRM, 0);
	if (t->alarm_interval) {
		t->alarm_at += t->alarm_interval;
		timer_add(timer, t->alarm_at);
	} else {
		t->alarm_at = 0;
	}
}

static int set_alarm(u64 ns, u64 interval, u64 *left)
{
	struct task *t = current;
	u64 now = plat_clock();

	if (!t->alarm_timer) {
		t->alarm_timer = kzalloc(sizeof(*t->alarm_timer));
		if (!t->alarm_timer)
			return -ENOMEM;
		list_init(&t->alarm_timer->link);
		t->alarm_timer->fn = alarm_rings;
		t->alarm_timer->arg = t;
	}
	timer_del(t->alarm_timer);
	*left = t->alarm_at > now ? t->alarm_at - now : 0;
	t->alarm_at = ns ? now + ns : 0;
	t->alarm_interval = interval;
	if (ns)
		timer_add(t->alarm_timer, t->alarm_at);
	return 0;
}

void timer_del_task(struct task *t)
{
	if (t->alarm_timer) {
		t->alarm_interval = 0;
		timer_del(t->alarm_timer);
		timer_del(t->alarm_timer);
		kfree(t->alarm_timer);
		t->alarm_timer = NULL;
	}
}

long sys_alarm(long seconds)
{
	u64 left;
	int ret = set_alarm((u64)(u32)seconds * NSEC_PER_SEC, 0, &left);

	return ret ? ret : (long)((left + NSEC_PER_SEC - 1) / NSEC_PER_SEC);
}

long sys_setitimer(long which, long new, long old)
{
	struct linux_itimerval v = { 0 };
	u64 left;
	int ret;

	if (which)
		return -EINVAL;
	if (new && get_user(v, new))
		return -EFAULT;
	ret = set_alarm(v.value.sec * NSEC_PER_SEC + v.value.usec * 1000,
			v.interval.sec * NSEC_PER_SEC + v.interval.usec * 1000, &left);
	if (ret || !old)
		return ret;
	v = (struct linux_itimerval){ .value = timeval_of(left) };
	return put_user(v, old);
}

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_COMMANDS 0x7f

static struct spinlock futex_lock = SPINLOCK_INIT(LOCK_OBJECT);
static struct waitq futex_wait = WAITQ_INIT(futex_wait);

/* All waiters share a queue and look again; memory shared between processes is rare enough. */
long sys_futex(long addr, long op, long value, long timeout, long addr2, long value3)
{
	struct linux_timespec ts;
	u64 deadline = 0;
	u32 now;
	int ret;

	switch (op & FUTEX_COMMANDS) {
	case FUTEX_WAIT:
		if (timeout && get_user(ts, timeout))
			return -EFAULT;
		if (timeout)
			deadline = plat_clock() + ts.sec * NSEC_PER_SEC + ts.nsec;
		if (get_user(now, addr))
			return -EFAULT;
		if (now != (u32)value)
			return -EAGAIN;
		/* A wake-up between the test and the wait would be lost: wait in short steps. */
		spin_lock(&futex_lock);
		ret = wait_locked(&futex_wait, &futex_lock, plat_clock() + 10000000);
		spin_unlock(&futex_lock);
		if (ret == -ETIMEDOUT && deadline && plat_clock() >= deadline)
			return -ETIMEDOUT;
		return ret == -EINTR ? ret : 0;
	case FUTEX_WAKE:
		wake_all(&futex_wait);
		return 1;
	}
	return -ENOSYS;
}
