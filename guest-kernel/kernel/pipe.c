/* SPDX-License-Identifier: MIT */
/* Pipes and FIFOs: a ring between readers and writers. Lock: pipe->lock. */
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
	mutex_init(&p->read_lock);
	mutex_init(&p->write_lock);
	return p;
}

void pipe_destroy(struct pipe *p)
{
	kfree(p->buf);
	kfree(p);
}

/*
 * The ring's unread part belongs to the reader, the rest to the writer; each copies to or from user
 * memory without the spinlock, and moves its index under it. The mutexes keep a second reader (writer)
 * out during the copy; nobody waits for data or room with one held.
 */
static size_t copy_out(struct pipe *p, struct iobuf *io, size_t n, int *ret)
{
	size_t done = 0;

	while (done < n) {
		size_t at = (p->tail + done) % PIPE_SIZE, k = min(n - done, PIPE_SIZE - at);

		*ret = iobuf_put(io, p->buf + at, k);
		if (*ret)
			break;
		done += k;
	}
	return done;
}

static size_t copy_in(struct pipe *p, struct iobuf *io, size_t n, int *ret)
{
	size_t done = 0;

	while (done < n) {
		size_t at = (p->head + done) % PIPE_SIZE, k = min(n - done, PIPE_SIZE - at);

		*ret = iobuf_get(io, p->buf + at, k);
		if (*ret)
			break;
		done += k;
	}
	return done;
}

ssize_t pipe_read(struct pipe *p, struct iobuf *io, bool nonblock)
{
	size_t done = 0;
	int ret = 0;

	while (io->len && !done && !ret) {
		bool crowded;

		spin_lock(&p->lock);
		while (p->head == p->tail && p->writers && !ret)
			ret = nonblock ? -EAGAIN : wait_locked(&p->wait, &p->lock, 0);
		spin_unlock(&p->lock);
		if (ret)
			break;
		mutex_lock(&p->read_lock);
		done = copy_out(p, io, min((size_t)(READ_ONCE(p->head) - p->tail), io->len), &ret);
		spin_lock(&p->lock);
		crowded = PIPE_SIZE - (p->head - p->tail) < PIPE_ATOMIC;
		p->tail += done;
		spin_unlock(&p->lock);
		mutex_unlock(&p->read_lock);
		if (crowded)
			wake_all_soon(&p->wait);
		if (!done && !ret && !p->writers)
			break;
	}
	return done ? (ssize_t)done : ret;
}

/* Writes of up to PIPE_ATOMIC bytes go in at once or not at all. */
ssize_t pipe_write(struct pipe *p, struct iobuf *io, bool nonblock)
{
	ssize_t done = 0;
	int ret = 0;

	while (io->len && !ret) {
		size_t need = min(io->len, (size_t)PIPE_ATOMIC), room, n;
		bool empty;

		spin_lock(&p->lock);
		while (PIPE_SIZE - (p->head - p->tail) < need && p->readers && !ret)
			ret = nonblock ? -EAGAIN : wait_locked(&p->wait, &p->lock, 0);
		if (!p->readers)
			ret = -EPIPE;
		spin_unlock(&p->lock);
		if (ret)
			break;
		mutex_lock(&p->write_lock);
		room = PIPE_SIZE - (p->head - READ_ONCE(p->tail));
		n = room < need ? 0 : copy_in(p, io, min(io->len, room), &ret);
		spin_lock(&p->lock);
		empty = p->head == p->tail;
		p->head += n;
		spin_unlock(&p->lock);
		mutex_unlock(&p->write_lock);
		if (empty)
			wake_all_soon(&p->wait);
		done += n;
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
		if (PIPE_SIZE - (p->head - p->tail) >= PIPE_ATOMIC)
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

	/* Whoever opens a FIFO meanwhile finds it with us still in it, or not at all. */
	if (f->inode)
		mutex_lock(&f->inode->lock);
	spin_lock(&p->lock);
	p->readers -= is_reader(f);
	p->writers -= is_writer(f);
	gone = !p->readers && !p->writers;
	wake_all(&p->wait);
	spin_unlock(&p->lock);          /* from here on the other end may free it */
	if (gone && f->inode)
		f->inode->socket = NULL;
	if (f->inode)
		mutex_unlock(&f->inode->lock);
	if (gone)
		pipe_destroy(p);
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
