/* SPDX-License-Identifier: MIT */
/*
 * Pseudo-terminals: /dev/ptmx makes a pair; /dev/pts/N is its terminal. What programs write to the
 * terminal collects in a ring that the master reads; what the master writes is the terminal's input.
 * The pair lives until both sides are closed and done with it (users); the master's end is a hang-up for the other.
 *
 * Locks: ptys_lock for the table and open counts, the terminal's own for its ring.
 */
#include "lib.h"
#include "mm.h"
#include "page.h"
#include "task.h"
#include "tty.h"

#define PTYS 32
#define RING 4096u

struct pty {
	struct tty tty;
	u8 ring[RING];
	u32 head, tail;
	int number;
	int masters, slaves, users;
	bool slave_seen;
	struct chardev node;
	char node_name[16];
};

static struct spinlock ptys_lock = SPINLOCK_INIT(LOCK_PTY);
static struct pty *ptys[PTYS];

static size_t pty_output(struct tty *t, const char *buf, size_t n)
{
	struct pty *p = t->priv;

	if (RING - (p->head - p->tail) < n)
		return 0;
	for (size_t i = 0; i < n; i++)
		p->ring[p->head++ % RING] = buf[i];
	wake_all(&t->wait);
	return n;
}

static ssize_t master_read(struct file *f, struct iobuf *io)
{
	struct pty *p = f->priv;
	u8 chunk[256];
	ssize_t done = 0;
	int ret = 0;

	while (io->len && !ret) {
		size_t n = 0;

		spin_lock(&p->tty.lock);
		while (p->head == p->tail && !done && !ret && !(p->slave_seen && !p->slaves))
			ret = f->flags & O_NONBLOCK ? -EAGAIN : wait_locked(&p->tty.wait, &p->tty.lock, 0);
		while (n < min(io->len, sizeof(chunk)) && p->tail != p->head)
			chunk[n++] = p->ring[p->tail++ % RING];
		spin_unlock(&p->tty.lock);
		if (!n)
			break;
		ret = iobuf_put(io, chunk, n);
		done += n;
	}
	if (done)
		wake_all(&p->tty.wait);
	if (!done && !ret)
		ret = -EIO;	/* nobody has the terminal open any more */
	return done ? done : ret;
}

static ssize_t master_write(struct file *f, struct iobuf *io)
{
	struct pty *p = f->priv;
	ssize_t done = 0;
	char chunk[128];

	while (io->len) {
		size_t n = min(io->len, sizeof(chunk));

		if (iobuf_get(io, chunk, n))
			return done ? done : -EFAULT;
		tty_input(&p->tty, chunk, n);
		done += n;
	}
	return done;
}

static unsigned master_poll(struct file *f, struct polltable *pt)
{
	struct pty *p = f->priv;
	unsigned ev = POLLOUT | POLLWRNORM;

	poll_wait(pt, &p->tty.wait);
	spin_lock(&p->tty.lock);
	if (p->head != p->tail)
		ev |= POLLIN | POLLRDNORM;
	if (p->slave_seen && !p->slaves)
		ev |= POLLHUP;
	spin_unlock(&p->tty.lock);
	return ev;
}

static long master_ioctl(struct file *f, unsigned cmd, u64 arg)
{
	struct pty *p = f->priv;
	s32 n;

	switch (cmd) {
	case TIOCGPTN:
		n = p->number;
		return put_user(n, arg);
	case TIOCSPTLCK:
		return 0;
	case FIONREAD:
		n = p->head - p->tail;
		return put_user(n, arg);
	case TIOCSPGRP:
	case TIOCGPGRP:
		n = p->tty.foreground;
		return cmd == TIOCGPGRP ? put_user(n, arg) : -EINVAL;
	}
	return tty_ioctl(&p->tty, cmd, arg);
}

static void remove_node(struct pty *p)
{
	struct walk *w;
	char path[32];

	snprintf(path, sizeof(path), "/dev/%s", p->node_name);
	if (walk_path(AT_FDCWD, path, WALK_PARENT, &w))
		return;
	mutex_lock(&walk_inode(w)->lock);
	walk_inode(w)->ops->unlink(walk_inode(w), w->last, false);
	mutex_unlock(&walk_inode(w)->lock);
	walk_put(w);
}

static void drop(struct pty *p, bool master)
{
	bool gone;

	spin_lock(&ptys_lock);
	if (master)
		p->masters--;
	else
		p->slaves--;
	spin_unlock(&ptys_lock);
	if (master) {
		chardev_remove(&p->node);
		remove_node(p);
		tty_hangup(&p->tty);
	}
	spin_lock(&ptys_lock);
	wake_all(&p->tty.wait);
	gone = --p->users == 0;
	if (gone)
		ptys[p->number] = NULL;
	spin_unlock(&ptys_lock);
	if (gone) {
		tty_hangup(&p->tty);
		kfree(p);
	}
}

static void master_release(struct file *f)
{
	drop(f->priv, true);
}

static const struct file_ops master_ops = {
	.read = master_read,
	.write = master_write,
	.poll = master_poll,
	.ioctl = master_ioctl,
	.release = master_release,
};

static void slave_release(struct file *f)
{
	drop(((struct tty *)f->priv)->priv, false);
}

static struct file_ops slave_ops;

static int open_slave(struct file *f, void *arg)
{
	struct pty *p;

	spin_lock(&ptys_lock);
	p = ptys[(u64)arg];
	if (p && p->masters) {
		p->slaves++;
		p->users++;
		p->slave_seen = true;
	} else {
		p = NULL;
	}
	spin_unlock(&ptys_lock);
	if (!p)
		return -EIO;
	f->ops = &slave_ops;
	f->priv = &p->tty;
	tty_opened(&p->tty, f);
	return 0;
}

static int open_master(struct file *f, void *arg)
{
	struct pty *p = kzalloc(sizeof(*p));
	int n;

	if (!p)
		return -ENOMEM;
	tty_init(&p->tty, "", pty_output);
	p->tty.priv = p;
	p->masters = p->users = 1;
	spin_lock(&ptys_lock);
	for (n = 0; n < PTYS && ptys[n]; n++)
		;
	if (n < PTYS)
		ptys[n] = p;
	spin_unlock(&ptys_lock);
	if (n == PTYS) {
		kfree(p);
		return -ENOSPC;
	}
	snprintf(p->node_name, sizeof(p->node_name), "pts/%d", n);
	strlcpy(p->tty.name, p->node_name, sizeof(p->tty.name));
	p->number = n;
	p->node = (struct chardev){ .major = 136, .minor = n, .name = p->node_name, .open = open_slave,
				    .arg = (void *)(u64)n,
				    .mode = 0620 };
	chardev_add(&p->node);
	f->ops = &master_ops;
	f->priv = p;
	return 0;
}

static struct chardev ptmx = { .major = 5, .minor = 2, .name = "ptmx", .open = open_master, .mode = 0666 };

void pty_init(void)
{
	slave_ops = tty_file_ops;
	slave_ops.release = slave_release;
	chardev_add(&ptmx);
}
