/* SPDX-License-Identifier: MIT */
/*
 * poll and select. Each file's poll function adds the caller to the queues that its events come from
 * and says what is ready now; the caller sleeps until some queue wakes it and asks again.
 */
#include "lib.h"
#include "mm.h"
#include "page.h"
#include "syscall.h"
#include "task.h"
#include "vfs.h"

#define MAX_POLL 512

void poll_wait(struct polltable *pt, struct waitq *wq)
{
	if (pt && pt->count < pt->size)
		waitq_add(wq, &pt->waiters[pt->count++]);
}

static unsigned poll_fd(int fd, struct polltable *pt, struct file **keep)
{
	struct file *f = fd_get(fd);
	unsigned ev;

	*keep = f;
	if (!f)
		return POLLNVAL;
	ev = f->ops && f->ops->poll ? f->ops->poll(f, pt) : POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
	return ev;
}


static void wake_poller(struct timer *t)
{
	task_wake(t->arg, WAKE_NORMAL);
}

/* Number of descriptors with events; deadline 0 waits forever, 1 not at all. */
static long do_poll(struct linux_pollfd *fds, unsigned n, u64 deadline)
{
	struct polltable pt = { .size = n * POLL_WAITERS };
	struct timer timer = { .fn = wake_poller, .arg = current };
	struct file **files = kzalloc((n + 1) * sizeof(*files));
	long ret;

	pt.waiters = kmalloc((pt.size + 1) * sizeof(*pt.waiters));
	if (!files || !pt.waiters) {
		kfree(files);
		kfree(pt.waiters);
		return -ENOMEM;
	}
	list_init(&timer.link);
	for (;;) {
		ret = 0;
		pt.count = 0;
		task_set_state(TASK_SLEEPING);
		for (unsigned i = 0; i < n; i++) {
			fds[i].revents = 0;
			files[i] = NULL;
			if (fds[i].fd < 0)
				continue;
			fds[i].revents = poll_fd(fds[i].fd, &pt, &files[i]) &
					 (fds[i].events | POLLERR | POLLHUP | POLLNVAL);
			ret += fds[i].revents != 0;
		}
		if (!ret && signal_pending(current))
			ret = -EINTR;
		if (!ret && !(deadline && plat_clock() >= deadline)) {
			if (deadline)
				timer_add(&timer, deadline);
			schedule();
			if (deadline)
				timer_del(&timer);
		} else if (!ret) {
			ret = -ETIMEDOUT;
		}
		task_set_state(TASK_RUNNING);
		while (pt.count)
			waitq_del(&pt.waiters[--pt.count]);
		for (unsigned i = 0; i < n; i++)
			if (files[i])
				file_put(files[i]);
		if (ret)
			break;
	}
	kfree(files);
	kfree(pt.waiters);
	return ret == -ETIMEDOUT ? 0 : ret == -EINTR ? -ERESTARTNOHAND : ret;
}

static long poll_user(u64 addr, unsigned n, u64 deadline)
{
	struct linux_pollfd *fds;
	long ret = -EFAULT;

	if (n > MAX_POLL)
		return -EINVAL;
	fds = kmalloc((n + 1) * sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	if (!copy_from_user(fds, addr, n * sizeof(*fds))) {
		ret = do_poll(fds, n, deadline);
		if (ret >= 0 && copy_to_user(addr, fds, n * sizeof(*fds)))
			ret = -EFAULT;
	}
	kfree(fds);
	return ret;
}

static u64 deadline_in(s64 ns)
{
	return ns <= 0 ? 1 : plat_clock() + ns;
}

long sys_poll(long fds, long n, long timeout_ms)
{
	s32 ms = timeout_ms;

	return poll_user(fds, n, ms < 0 ? 0 : deadline_in(ms * 1000000ll));
}

long sys_ppoll(long fds, long n, long timeout, long mask, long size)
{
	struct linux_timespec ts;
	u64 deadline = 0;

	if (timeout) {
		if (get_user(ts, timeout))
			return -EFAULT;
		deadline = deadline_in(ts.sec * (s64)NSEC_PER_SEC + ts.nsec);
	}
	if (mask && signal_set_temporary_mask(mask))
		return -EFAULT;
	return poll_user(fds, n, deadline);
}

#define SELECT_IN (POLLIN | POLLRDNORM | POLLHUP | POLLERR)
#define SELECT_OUT (POLLOUT | POLLWRNORM | POLLERR)

static long do_select(int n, long in, long out, long ex, u64 deadline)
{
	u64 bits[3][MAX_FDS / 64] = { 0 }, addr[3] = { in, out, ex };
	size_t bytes;
	struct linux_pollfd *fds;
	unsigned count = 0;
	long ret;

	n = min(n, MAX_FDS);
	bytes = (n + 63) / 64 * 8;
	for (int s = 0; s < 3; s++)
		if (addr[s] && copy_from_user(bits[s], addr[s], bytes))
			return -EFAULT;
	fds = kmalloc((n + 1) * sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	for (int fd = 0; fd < n; fd++) {
		s16 ev = (bits[0][fd / 64] >> (fd % 64) & 1 ? POLLIN : 0) |
			 (bits[1][fd / 64] >> (fd % 64) & 1 ? POLLOUT : 0) |
			 (bits[2][fd / 64] >> (fd % 64) & 1 ? POLLPRI : 0);

		if (ev)
			fds[count++] = (struct linux_pollfd){ fd, ev, 0 };
	}
	ret = do_poll(fds, count, deadline);
	if (ret >= 0) {
		memset(bits, 0, sizeof(bits));
		ret = 0;
		for (unsigned i = 0; i < count; i++) {
			int fd = fds[i].fd;
			u64 bit = 1ull << (fd % 64);

			if (fds[i].revents & POLLNVAL)
				ret = -EBADF;
			if ((fds[i].events & POLLIN) && (fds[i].revents & SELECT_IN) && ret >= 0)
				bits[0][fd / 64] |= bit, ret++;
			if ((fds[i].events & POLLOUT) && (fds[i].revents & SELECT_OUT) && ret >= 0)
				bits[1][fd / 64] |= bit, ret++;
		}
		for (int s = 0; s < 3 && ret >= 0; s++)
			if (addr[s] && copy_to_user(addr[s], bits[s], bytes))
				ret = -EFAULT;
	}
	kfree(fds);
	return ret;
}

long sys_select(long n, long in, long out, long ex, long timeout)
{
	struct linux_timeval tv;
	u64 deadline = 0;

	if (timeout) {
		if (get_user(tv, timeout))
			return -EFAULT;
		deadline = deadline_in(tv.sec * (s64)NSEC_PER_SEC + tv.usec * 1000);
	}
	return do_select(n, in, out, ex, deadline);
}

long sys_pselect6(long n, long in, long out, long ex, long timeout, long mask)
{
	struct linux_timespec ts;
	u64 deadline = 0, m[2];

	if (timeout) {
		if (get_user(ts, timeout))
			return -EFAULT;
		deadline = deadline_in(ts.sec * (s64)NSEC_PER_SEC + ts.nsec);
	}
	if (mask && (get_user(m, mask) || (m[0] && signal_set_temporary_mask(m[0]))))
		return -EFAULT;
	return do_select(n, in, out, ex, deadline);
}
