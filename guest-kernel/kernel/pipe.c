/* SPDX-License-Identifier: MIT */
/* Pipes and FIFOs: a ring of one page between readers and writers. Lock: pipe->lock. */
#include "pipe.h"
#include "lib.h"
#include "mm.h"
#include "page.h"
#include "syscall.h"
#include "task.h"
#include "vfs.h"

struct pipe *pipe_create(void)
{
	struct pipe *p = kzalloc(sizeof(*p));

	if (!p)
		return NULL;
	p->buf = kmalloc(PIPE_SIZE);
	if (!p->buf) {
		kfree(p);
		return NULL;
	}
	spin_init(&p->lock, LOCK_OBJECT);
	waitq_init(&p->wait);
	return p;
}

void pipe_destroy(struct pipe *p)
{
	kfree(p->buf);
	kfree(p);
}

/*
 * User memory cannot be touched under the lock, so bytes go through a small buffer. `readers` and
 * `writers` say whether the other side still exists.
 */
ssize_t pipe_read(struct pipe *p, struct iobuf *io, bool nonblock)
{
	u8 chunk[256];
	ssize_t done = 0;
	int ret = 0;

	while (io->len && !ret) {
		size_t n;

		spin_lock(&p->lock);
		while (p->head == p->tail && !done && p->writers && !ret)
			ret = nonblock ? -EAGAIN : wait_locked(&p->wait, &p->lock, 0);
		n = min(min(p->head - p->tail, io->len), sizeof(chunk));
		for (size_t i = 0; i < n; i++)
			chunk[i] = p->buf[(p->tail + i) % PIPE_SIZE];
		p->tail += n;
		spin_unlock(&p->lock);
		if (!n)
			break;
		ret = iobuf_put(io, chunk, n);
		done += n;
	}
	if (done)
		wake_all(&p->wait);
	return done ? done : ret;
}

ssize_t pipe_write(struct pipe *p, struct iobuf *io, bool nonblock)
{
	u8 chunk[256];
	ssize_t done = 0;
	int ret = 0;

	while (io->len && !ret) {
		size_t n = min(io->len, sizeof(chunk)), put = 0;

		ret = iobuf_get(io, chunk, n);
		while (!ret && put < n) {
			spin_lock(&p->lock);
			while (p->head - p->tail == PIPE_SIZE && p->readers && !ret)
				ret = nonblock ? -EAGAIN : wait_locked(&p->wait, &p->lock, 0);
			if (!p->readers)
				ret = -EPIPE;
			for (; !ret && put < n && p->head - p->tail < PIPE_SIZE; put++, p->head++)
				p->buf[p->head % PIPE_SIZE] = chunk[put];
			spin_unlock(&p->lock);
			wake_all(&p->wait);
		}
		done += put;
	}
	if (ret == -EPIPE && !done)
		signal_send(current, SIGPIPE, 0);
	return done ? done : ret;
}

unsigned pipe_poll(struct pipe *p, struct polltable *pt, bool reading, bool writing)
{
	unsigned ev = 0;

	poll_wait(pt, &p->wait);
	spin_lock(&p->lock);
	if (reading) {
		if (p->head != p->tail)
			ev |= POLLIN | POLLRDNORM;
		if (!p->writers)
			ev |= POLLHUP;
	}
	if (writing) {
		if (p->head - p->tail < PIPE_SIZE)
			ev |= POLLOUT | POLLWRNORM;
		if (!p->readers)
			ev |= POLLERR;
	}
	spin_unlock(&p->lock);
	return ev;
}

static bool is_reader(struct file *f)
{
	return (f->flags & O_ACCMODE) != O_WRONLY;
}

static bool is_writer(struct file *f)
{
	return (f->flags & O_ACCMODE) != O_RDONLY;
}

static ssize_t file_pipe_read(struct file *f, struct iobuf *io)
{
	return pipe_read(f->priv, io, f->flags & O_NONBLOCK);
}

static ssize_t file_pipe_write(struct file *f, struct iobuf *io)
{
	return pipe_write(f->priv, io, f->flags & O_NONBLOCK);
}

static unsigned file_pipe_poll(struct file *f, struct polltable *pt)
{
	return pipe_poll(f->priv, pt, is_reader(f), is_writer(f));
}

static long file_pipe_ioctl(struct file *f, unsigned cmd, u64 arg)
{
	struct pipe *p = f->priv;
	s32 n = p->head - p->tail;

	return cmd == FIONREAD ? put_user(n, arg) : -ENOTTY;
}

static void file_pipe_release(struct file *f)
{
	struct pipe *p = f->priv;
	bool gone;

	spin_lock(&p->lock);
	p->readers -= is_reader(f);
	p->writers -= is_writer(f);
	gone = !p->readers && !p->writers;
	spin_unlock(&p->lock);
	wake_all(&p->wait);
	if (gone) {
		if (f->inode)
			f->inode->socket = NULL;
		pipe_destroy(p);
	}
}

static const struct file_ops pipe_ops = {
	.read = file_pipe_read,
	.write = file_pipe_write,
	.poll = file_pipe_poll,
	.ioctl = file_pipe_ioctl,
	.release = file_pipe_release,
};

static void attach(struct file *f, struct pipe *p)
{
	f->ops = &pipe_ops;
	f->priv = p;
	spin_lock(&p->lock);
	p->readers += is_reader(f);
	p->writers += is_writer(f);
	p->opened++;
	spin_unlock(&p->lock);
	wake_all(&p->wait);
}

/* Opening one end of a FIFO waits for the other. */
int pipe_open_fifo(struct inode *i, struct file *f)
{
	struct pipe *p;
	int ret = 0;

	mutex_lock(&i->lock);
	p = i->socket;
	if (!p)
		p = i->socket = pipe_create();
	if (p)
		attach(f, p);
	mutex_unlock(&i->lock);
	if (!p)
		return -ENOMEM;
	if (f->flags & O_NONBLOCK)
		return 0;
	spin_lock(&p->lock);
	while ((!p->readers || !p->writers) && p->opened < 2 && !ret)
		ret = wait_locked(&p->wait, &p->lock, 0);
	spin_unlock(&p->lock);
	return ret;
}

long sys_pipe2(long fds, long flags)
{
	struct pipe *p = pipe_create();
	struct file *r, *w;
	s32 fd[2];

	if (!p)
		return -ENOMEM;
	r = file_alloc(NULL, O_RDONLY | (flags & O_NONBLOCK), NULL);
	w = file_alloc(NULL, O_WRONLY | (flags & O_NONBLOCK), NULL);
	if (!r || !w) {
		kfree(r);
		kfree(w);
		pipe_destroy(p);
		return -ENOMEM;
	}
	r->mode = w->mode = S_IFIFO | 0600;
	attach(r, p);
	attach(w, p);
	fd[0] = fd_install(r, 0, flags & O_CLOEXEC);
	fd[1] = fd[0] < 0 ? -EMFILE : fd_install(w, 0, flags & O_CLOEXEC);
	if (fd[1] >= 0)
		return copy_to_user(fds, fd, sizeof(fd));
	if (fd[0] >= 0)
		sys_close(fd[0]);
	else
		file_put(r);
	file_put(w);
	return -EMFILE;
}

long sys_pipe(long fds)
{
	return sys_pipe2(fds, 0);
}
