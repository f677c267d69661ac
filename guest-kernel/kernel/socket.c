/* SPDX-License-Identifier: MIT */
/*
 * AF_UNIX stream sockets: two pipes back to back. A listening socket hangs on the inode that bind()
 * made; connect() puts a finished connection on its queue, accept() takes it off.
 *
 * Locks: sock->lock for state and queue; each pipe has its own. Descriptors are not passed.
 */
#include "lib.h"
#include "mm.h"
#include "page.h"
#include "pipe.h"
#include "syscall.h"
#include "task.h"

#define AF_UNIX 1
#define SOCK_STREAM 1
#define SOCK_TYPE 0xf
#define BACKLOG 32

struct sock {
	int refs;
	struct spinlock lock;
	struct waitq wait;
	enum { SOCK_NEW, SOCK_BOUND, SOCK_LISTENING, SOCK_CONNECTED, SOCK_CLOSED } state;
	struct pipe *in, *out;		/* each belongs to both ends; freed when both are gone */
	bool read_shut, write_shut;
	struct sock *queue[BACKLOG];
	unsigned queued;
	struct inode *inode;		/* bound to */
	char path[108];
	int peer_pid;
};

struct linux_sockaddr_un {
	u16 family;
	char path[108];
};

static const struct file_ops sock_ops;

static struct sock *sock_create(void)
{
	struct sock *s = kzalloc(sizeof(*s));

	if (s) {
		s->refs = 1;
		spin_init(&s->lock, LOCK_OBJECT2);
		waitq_init(&s->wait);
	}
	return s;
}

/* One end lets go of a pipe. */
static void leave_pipe(struct pipe *p, bool reader)
{
	bool gone;

	if (!p)
		return;
	spin_lock(&p->lock);
	if (reader)
		p->readers = 0;
	else
		p->writers = 0;
	p->opened--;
	gone = !p->opened;
	wake_all(&p->wait);
	spin_unlock(&p->lock);          /* from here on the other end may free it */
	if (gone)
		pipe_destroy(p);
}

static void sock_close(struct sock *s)
{
	struct sock *waiting[BACKLOG];
	unsigned n;

	if (atomic_dec(&s->refs))
		return;
	spin_lock(&s->lock);
	s->state = SOCK_CLOSED;
	n = s->queued;
	memcpy(waiting, s->queue, sizeof(waiting));
	s->queued = 0;
	spin_unlock(&s->lock);
	while (n)
		sock_close(waiting[--n]);
	leave_pipe(s->in, true);
	leave_pipe(s->out, false);
	if (s->inode) {
		mutex_lock(&s->inode->lock);
		s->inode->socket = NULL;
		mutex_unlock(&s->inode->lock);
		inode_put(s->inode);
	}
	kfree(s);
}

/* Ties two ends together. */
static int sock_join(struct sock *a, struct sock *b)
{
	struct pipe *x = pipe_create(), *y = pipe_create();

	if (!x || !y) {
		if (x)
			pipe_destroy(x);
		if (y)
			pipe_destroy(y);
		return -ENOBUFS;
	}
	x->readers = x->writers = y->readers = y->writers = 1;
	x->opened = y->opened = 2;
	a->in = b->out = x;
	a->out = b->in = y;
	a->state = b->state = SOCK_CONNECTED;
	a->peer_pid = b->peer_pid = current->pid;
	return 0;
}

static int sock_file(struct sock *s, long flags)
{
	struct file *f = file_alloc(&sock_ops, O_RDWR | (flags & O_NONBLOCK), s);
	int fd;

	if (!f) {
		sock_close(s);
		return -ENOMEM;
	}
	f->mode = S_IFSOCK | 0777;
	fd = fd_install(f, 0, flags & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

static struct sock *sock_get(int fd, struct file **f)
{
	*f = fd_get(fd);
	if (*f && (*f)->ops == &sock_ops)
		return (*f)->priv;
	if (*f)
		file_put(*f);
	*f = NULL;
	return NULL;
}

/* An operation on a descriptor that must be a socket. */
#define WITH_SOCK(fd, s, f) \
	struct file *f; \
	struct sock *s = sock_get(fd, &f); \
	if (!s) \
		return -ENOTSOCK

long sys_socket(long family, long type, long protocol)
{
	struct sock *s;

	if (family != AF_UNIX)
		return -EAFNOSUPPORT;
	if ((type & SOCK_TYPE) != SOCK_STREAM)
		return -EPROTONOSUPPORT;
	s = sock_create();
	return s ? sock_file(s, type) : -ENOMEM;
}

long sys_socketpair(long family, long type, long protocol, long fds)
{
	struct sock *a, *b;
	s32 fd[2];

	if (family != AF_UNIX)
		return -EAFNOSUPPORT;
	if ((type & SOCK_TYPE) != SOCK_STREAM)
		return -EPROTONOSUPPORT;
	a = sock_create();
	b = sock_create();
	if (!a || !b || sock_join(a, b)) {
		kfree(a);
		kfree(b);
		return -ENOMEM;
	}
	fd[0] = sock_file(a, type);
	fd[1] = sock_file(b, type);
	if (fd[0] >= 0 && fd[1] >= 0)
		return copy_to_user(fds, fd, sizeof(fd));
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			sys_close(fd[i]);
	return -EMFILE;
}

static int get_address(u64 addr, long len, struct linux_sockaddr_un *a)
{
	memset(a, 0, sizeof(*a));
	if (len < 3 || len > (long)sizeof(*a))
		return -EINVAL;
	if (copy_from_user(a, addr, len))
		return -EFAULT;
	a->path[sizeof(a->path) - 1] = 0;
	return a->family == AF_UNIX && a->path[0] ? 0 : -EINVAL;
}

long sys_bind(long fd, long addr, long len)
{
	struct linux_sockaddr_un a;
	struct walk *w;
	long ret = get_address(addr, len, &a);
	WITH_SOCK(fd, s, f);

	if (!ret)
		ret = s->state == SOCK_NEW ? vfs_mknod(a.path, S_IFSOCK | 0755, 0) : -EINVAL;
	if (ret == -EEXIST)
		ret = -EADDRINUSE;
	if (!ret)
		ret = walk_path(AT_FDCWD, a.path, 0, &w);
	if (!ret) {
		s->inode = inode_get(walk_inode(w));
		s->state = SOCK_BOUND;
		strlcpy(s->path, a.path, sizeof(s->path));
		walk_put(w);
	}
	file_put(f);
	return ret;
}

long sys_listen(long fd, long backlog)
{
	long ret = -EINVAL;
	WITH_SOCK(fd, s, f);

	if (s->state == SOCK_BOUND || s->state == SOCK_LISTENING) {
		s->state = SOCK_LISTENING;
		mutex_lock(&s->inode->lock);
		s->inode->socket = s;
		mutex_unlock(&s->inode->lock);
		ret = 0;
	}
	file_put(f);
	return ret;
}

/* Under the inode's mutex, so that the listener stays. */
static int connect_to(struct sock *s, struct sock *listener)
{
	struct sock *other = sock_create();
	int ret = -ECONNREFUSED;

	if (!other)
		return -ENOMEM;
	spin_lock(&listener->lock);
	if (listener->state == SOCK_LISTENING)
		ret = listener->queued < BACKLOG ? 0 : -EAGAIN;
	spin_unlock(&listener->lock);
	if (!ret)
		ret = sock_join(s, other);
	if (ret) {
		kfree(other);
		return ret;
	}
	strlcpy(other->path, listener->path, sizeof(other->path));
	spin_lock(&listener->lock);
	listener->queue[listener->queued++] = other;
	wake_all(&listener->wait);
	spin_unlock(&listener->lock);
	return 0;
}

long sys_connect(long fd, long addr, long len)
{
	struct linux_sockaddr_un a;
	struct walk *w;
	long ret = get_address(addr, len, &a);
	WITH_SOCK(fd, s, f);

	if (!ret && s->state != SOCK_NEW)
		ret = s->state == SOCK_CONNECTED ? -EISCONN : -EINVAL;
	if (!ret)
		ret = walk_path(AT_FDCWD, a.path, 0, &w);
	if (!ret) {
		struct inode *i = walk_inode(w);

		mutex_lock(&i->lock);
		ret = (i->mode & S_IFMT) == S_IFSOCK && i->socket ? connect_to(s, i->socket) : -ECONNREFUSED;
		mutex_unlock(&i->lock);
		walk_put(w);
	}
	file_put(f);
	return ret;
}

long sys_accept4(long fd, long addr, long len, long flags)
{
	struct sock *other = NULL;
	long ret = 0;
	WITH_SOCK(fd, s, f);

	spin_lock(&s->lock);
	if (s->state != SOCK_LISTENING)
		ret = -EINVAL;
	while (!ret && !s->queued)
		ret = f->flags & O_NONBLOCK ? -EAGAIN : wait_locked(&s->wait, &s->lock, 0);
	if (!ret) {
		other = s->queue[0];
		s->queued--;
		memmove(s->queue, s->queue + 1, s->queued * sizeof(s->queue[0]));
	}
	spin_unlock(&s->lock);
	file_put(f);
	if (ret)
		return ret == -EINTR ? -ERESTARTSYS : ret;
	if (addr && len) {
		u16 family = AF_UNIX;
		u32 n = 2;

		put_user(family, addr);
		put_user(n, len);
	}
	return sock_file(other, flags);
}

long sys_accept(long fd, long addr, long len)
{
	return sys_accept4(fd, addr, len, 0);
}

static ssize_t sock_read(struct file *f, struct iobuf *io)
{
	struct sock *s = f->priv;

	if (!s->in)
		return -ENOTCONN;
	return s->read_shut ? 0 : pipe_read(s->in, io, f->flags & O_NONBLOCK);
}

static ssize_t sock_write(struct file *f, struct iobuf *io)
{
	struct sock *s = f->priv;

	if (!s->out)
		return -ENOTCONN;
	if (s->write_shut) {
		signal_send(current, SIGPIPE, 0);
		return -EPIPE;
	}
	return pipe_write(s->out, io, f->flags & O_NONBLOCK);
}

static unsigned sock_poll(struct file *f, struct polltable *pt)
{
	struct sock *s = f->priv;
	unsigned ev = 0;

	if (s->state == SOCK_CONNECTED) {
		ev = pipe_poll(s->in, pt, true, false);
		if (ev & POLLHUP)
			ev |= POLLIN | POLLRDNORM;
		return ev | pipe_poll(s->out, pt, false, true);
	}
	poll_wait(pt, &s->wait);
	spin_lock(&s->lock);
	if (s->queued)
		ev |= POLLIN | POLLRDNORM;
	spin_unlock(&s->lock);
	return ev;
}

static long sock_ioctl(struct file *f, unsigned cmd, u64 arg)
{
	struct sock *s = f->priv;
	s32 n = s->in ? s->in->head - s->in->tail : 0;

	return cmd == FIONREAD ? put_user(n, arg) : -ENOTTY;
}

static void sock_release(struct file *f)
{
	sock_close(f->priv);
}

static const struct file_ops sock_ops = {
	.read = sock_read,
	.write = sock_write,
	.poll = sock_poll,
	.ioctl = sock_ioctl,
	.release = sock_release,
};

#define MSG_DONTWAIT 0x40
#define MSG_NOSIGNAL 0x4000

static long transfer(struct sock *s, struct file *f, struct iobuf *io, long flags, bool writing)
{
	bool nonblock = (f->flags & O_NONBLOCK) || (flags & MSG_DONTWAIT);
	long ret;

	if (!s->in)
		return -ENOTCONN;
	if (!writing)
		return s->read_shut ? 0 : pipe_read(s->in, io, nonblock);
	ret = s->write_shut ? -EPIPE : pipe_write(s->out, io, nonblock);
	if (ret == -EPIPE && (flags & MSG_NOSIGNAL)) {
		spin_lock(&proc_lock);
		current->sig_pending &= ~sigmask(SIGPIPE);
		spin_unlock(&proc_lock);
	}
	return ret;
}

long sys_sendto(long fd, long buf, long len, long flags, long addr, long alen)
{
	struct iobuf io = { .base = buf, .len = len, .user = true };
	long ret;
	WITH_SOCK(fd, s, f);

	ret = transfer(s, f, &io, flags, true);
	file_put(f);
	return ret == -EINTR ? -ERESTARTSYS : ret;
}

long sys_recvfrom(long fd, long buf, long len, long flags, long addr, long alen)
{
	struct iobuf io = { .base = buf, .len = len, .user = true };
	long ret;
	WITH_SOCK(fd, s, f);

	ret = transfer(s, f, &io, flags, false);
	file_put(f);
	return ret == -EINTR ? -ERESTARTSYS : ret;
}

struct linux_msghdr {
	u64 name;
	u32 namelen, pad;
	u64 iov, iovlen, control, controllen;
	u32 flags, pad2;
};

static long message(long fd, u64 msg, long flags, bool writing)
{
	struct linux_msghdr m;
	struct linux_iovec v;
	long done = 0, ret = 0;
	WITH_SOCK(fd, s, f);

	if (get_user(m, msg))
		ret = -EFAULT;
	for (u64 i = 0; !ret && i < m.iovlen; i++) {
		struct iobuf io;

		if (get_user(v, m.iov + i * sizeof(v))) {
			ret = -EFAULT;
			break;
		}
		if (!v.len)
			continue;
		io = (struct iobuf){ .base = v.base, .len = v.len, .user = true };
		ret = transfer(s, f, &io, done ? flags | MSG_DONTWAIT : flags, writing);
		if (ret <= 0)
			break;
		done += ret;
		ret = (u64)ret < v.len ? 1 : 0;
	}
	if (!writing && ret >= 0) {
		m.controllen = 0;
		m.flags = 0;
		put_user(m, msg);
	}
	file_put(f);
	if (done)
		return done;
	return ret == -EINTR ? -ERESTARTSYS : ret;
}

long sys_sendmsg(long fd, long msg, long flags)
{
	return message(fd, msg, flags, true);
}

long sys_recvmsg(long fd, long msg, long flags)
{
	return message(fd, msg, flags, false);
}

long sys_shutdown(long fd, long how)
{
	WITH_SOCK(fd, s, f);

	if (s->in && (how == 0 || how == 2)) {
		s->read_shut = true;
		wake_all(&s->in->wait);
	}
	if (s->out && (how == 1 || how == 2)) {
		s->write_shut = true;
		spin_lock(&s->out->lock);
		s->out->writers = 0;
		spin_unlock(&s->out->lock);
		wake_all(&s->out->wait);
	}
	file_put(f);
	return 0;
}

static long put_name(const char *path, u64 addr, u64 len_addr)
{
	struct linux_sockaddr_un a = { .family = AF_UNIX };
	u32 room, n = 2 + (path[0] ? strlen(path) + 1 : 0);

	strlcpy(a.path, path, sizeof(a.path));
	if (get_user(room, len_addr) || copy_to_user(addr, &a, min(room, n)) || put_user(n, len_addr))
		return -EFAULT;
	return 0;
}

long sys_getsockname(long fd, long addr, long len)
{
	long ret;
	WITH_SOCK(fd, s, f);

	ret = put_name(s->path, addr, len);
	file_put(f);
	return ret;
}

long sys_getpeername(long fd, long addr, long len)
{
	long ret;
	WITH_SOCK(fd, s, f);

	ret = s->in ? put_name("", addr, len) : -ENOTCONN;
	file_put(f);
	return ret;
}

long sys_setsockopt(long fd, long level, long name, long value, long len)
{
	WITH_SOCK(fd, s, f);

	file_put(f);
	return s ? 0 : -ENOTSOCK;
}

#define SOL_SOCKET 1
#define SO_TYPE 3
#define SO_ERROR 4
#define SO_PEERCRED 17

long sys_getsockopt(long fd, long level, long name, long value, long len)
{
	struct { s32 v[3]; } out = { { 0 } };
	u32 n = 4;
	WITH_SOCK(fd, s, f);

	if (name == SO_TYPE)
		out.v[0] = SOCK_STREAM;
	if (name == SO_PEERCRED) {
		out.v[0] = s->peer_pid;
		n = 12;
	}
	file_put(f);
	if (level != SOL_SOCKET || (name != SO_TYPE && name != SO_ERROR && name != SO_PEERCRED))
		return -EOPNOTSUPP;
	return copy_to_user(value, &out, n) || put_user(n, len) ? -EFAULT : 0;
}
