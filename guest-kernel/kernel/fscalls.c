/* SPDX-License-Identifier: MIT */
/* System calls on descriptors: reading, writing, positions, flags, copies, directory entries. */
#include "lib.h"
#include "mm.h"
#include "page.h"
#include "syscall.h"
#include "task.h"
#include "vfs.h"

static long transfer(int fd, u64 buf, size_t n, bool writing, s64 at)
{
	struct iobuf io = { .base = buf, .len = n, .user = true };
	struct file *f = fd_get(fd);
	u64 pos;
	long ret;

	if (!f)
		return -EBADF;
	if (at >= 0) {
		if (!f->inode || (f->ops && (f->ops->read || f->ops->write))) {
			file_put(f);
			return -ESPIPE;
		}
		pos = f->pos;
		f->pos = at;
	}
	ret = writing ? file_write(f, &io) : file_read(f, &io);
	if (at >= 0)
		f->pos = pos;
	file_put(f);
	return ret;
}

long sys_read(long fd, long buf, long n)
{
	return transfer(fd, buf, n, false, -1);
}

long sys_write(long fd, long buf, long n)
{
	return transfer(fd, buf, n, true, -1);
}

long sys_pread64(long fd, long buf, long n, long off)
{
	return off < 0 ? -EINVAL : transfer(fd, buf, n, false, off);
}

long sys_pwrite64(long fd, long buf, long n, long off)
{
	return off < 0 ? -EINVAL : transfer(fd, buf, n, true, off);
}

static long transfer_vector(int fd, u64 iov, long count, bool writing)
{
	long done = 0;

	if (count < 0 || count > 1024)
		return -EINVAL;
	for (; count; count--, iov += sizeof(struct linux_iovec)) {
		struct linux_iovec v;
		long n;

		if (get_user(v, iov))
			return done ? done : -EFAULT;
		if (!v.len)
			continue;
		n = transfer(fd, v.base, v.len, writing, -1);
		if (n < 0)
			return done ? done : n;
		done += n;
		if ((u64)n < v.len)
			break;
	}
	return done;
}

long sys_readv(long fd, long iov, long count)
{
	return transfer_vector(fd, iov, count, false);
}

long sys_writev(long fd, long iov, long count)
{
	return transfer_vector(fd, iov, count, true);
}

long sys_sendfile(long out, long in, long offset, long count)
{
	struct file *i = fd_get(in), *o = fd_get(out);
	u8 *buf = kmalloc(PAGE_SIZE);
	long done = 0, ret = 0;
	u64 pos;

	if (!i || !o || !buf) {
		ret = !buf ? -ENOMEM : -EBADF;
		goto out;
	}
	if (offset && get_user(pos, offset)) {
		ret = -EFAULT;
		goto out;
	}
	while (done < count) {
		size_t left = count - done;
		struct iobuf io = { .base = (u64)buf, .len = min(left, PAGE_SIZE) };
		u64 keep = i->pos;

		if (offset)
			i->pos = pos;
		ret = file_read(i, &io);
		if (offset)
			i->pos = keep;
		if (ret <= 0)
			break;
		pos += ret;
		io = (struct iobuf){ .base = (u64)buf, .len = ret };
		ret = file_write(o, &io);
		if (ret <= 0)
			break;
		done += ret;
	}
	if (offset)
		put_user(pos, offset);
out:
	kfree(buf);
	if (i)
		file_put(i);
	if (o)
		file_put(o);
	return done ? done : ret;
}

long sys_close(long fd)
{
	struct files *t = current->files;
	struct file *f;

	if (fd < 0 || fd >= MAX_FDS)
		return -EBADF;
	spin_lock(&t->lock);
	f = t->fd[fd];
	t->fd[fd] = NULL;
	spin_unlock(&t->lock);
	if (!f)
		return -EBADF;
	file_put(f);
	return 0;
}

long sys_lseek(long fd, long off, long whence)
{
	struct file *f = fd_get(fd);
	s64 pos = -EINVAL;

	if (!f)
		return -EBADF;
	if (!f->inode || (f->ops && f->ops->read && !S_ISREG(f->mode))) {
		file_put(f);
		return -ESPIPE;
	}
	if (f->inode->ops->getattr && whence == 2)
		f->inode->ops->getattr(f->inode);
	if (whence == 0)
		pos = off;
	else if (whence == 1)
		pos = f->pos + off;
	else if (whence == 2)
		pos = f->inode->size + off;
	if (pos >= 0)
		f->pos = pos;
	else
		pos = -EINVAL;
	file_put(f);
	return pos;
}

static long duplicate(int fd, int from, bool cloexec)
{
	struct file *f = fd_get(fd);
	int ret;

	if (!f)
		return -EBADF;
	ret = from < 0 || from >= MAX_FDS ? -EINVAL : fd_install(f, from, cloexec);
	if (ret < 0)
		file_put(f);
	return ret;
}

long sys_dup(long fd)
{
	return duplicate(fd, 0, false);
}

long sys_dup3(long old, long new, long flags)
{
	struct files *t = current->files;
	struct file *f, *was;

	if (new < 0 || new >= MAX_FDS)
		return -EBADF;
	if (old == new)
		return -EINVAL;
	f = fd_get(old);
	if (!f)
		return -EBADF;
	spin_lock(&t->lock);
	was = t->fd[new];
	t->fd[new] = f;
	t->cloexec[new / 64] &= ~(1ull << (new % 64));
	if (flags & O_CLOEXEC)
		t->cloexec[new / 64] |= 1ull << (new % 64);
	spin_unlock(&t->lock);
	if (was)
		file_put(was);
	return new;
}

long sys_dup2(long old, long new)
{
	if (old == new) {
		struct file *f = fd_get(old);

		if (!f)
			return -EBADF;
		file_put(f);
		return new;
	}
	return sys_dup3(old, new, 0);
}

#define F_DUPFD 0
#define F_GETFD 1
#define F_SETFD 2
#define F_GETFL 3
#define F_SETFL 4
#define F_GETLK 5
#define F_SETLKW 7
#define F_DUPFD_CLOEXEC 1030
#define SETTABLE (O_APPEND | O_NONBLOCK)

long sys_fcntl(long fd, long cmd, long arg)
{
	struct files *t = current->files;
	struct file *f = fd_get(fd);
	long ret = 0;
	u64 bit = 1ull << (fd % 64);

	if (!f)
		return -EBADF;
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		ret = duplicate(fd, arg, cmd == F_DUPFD_CLOEXEC);
		break;
	case F_GETFD:
		ret = (t->cloexec[fd / 64] & bit) != 0;
		break;
	case F_SETFD:
		spin_lock(&t->lock);
		t->cloexec[fd / 64] = arg & 1 ? t->cloexec[fd / 64] | bit : t->cloexec[fd / 64] & ~bit;
		spin_unlock(&t->lock);
		break;
	case F_GETFL:
		ret = f->flags;
		break;
	case F_SETFL:
		f->flags = (f->flags & ~SETTABLE) | (arg & SETTABLE);
		break;
	case 6:
	case F_SETLKW:	/* record locks: always granted */
		break;
	case F_GETLK: {
		s16 unlocked = 2;

		ret = put_user(unlocked, arg);
		break;
	}
	default:
		ret = -EINVAL;
	}
	file_put(f);
	return ret;
}

long sys_ioctl(long fd, long cmd, long arg)
{
	struct file *f = fd_get(fd);
	long ret = -ENOTTY;

	if (!f)
		return -EBADF;
	if (cmd == FIONBIO) {
		s32 on;

		ret = get_user(on, arg);
		if (!ret)
			f->flags = on ? f->flags | O_NONBLOCK : f->flags & ~O_NONBLOCK;
	} else if (f->ops && f->ops->ioctl) {
		ret = f->ops->ioctl(f, cmd, arg);
	}
	file_put(f);
	return ret;
}

struct user_dir {
	struct dirctx c;
	u64 base;
	size_t len, done;
	int error;
};

static bool emit_user(struct dirctx *c, const char *name, u64 ino, unsigned type, u64 next)
{
	struct user_dir *d = container_of(c, struct user_dir, c);
	u8 buf[sizeof(struct linux_dirent64) + NAME_MAX + 9];
	struct linux_dirent64 *e = (void *)buf;
	size_t n = align_up(sizeof(*e) + strlen(name) + 1, 8);

	if (d->done + n > d->len) {
		d->error = d->done ? 0 : -EINVAL;
		return false;
	}
	memset(buf, 0, n);
	e->ino = ino;
	e->off = next;
	e->reclen = n;
	e->type = type;
	strlcpy(e->name, name, n - sizeof(*e));
	/* The directory's sleeping lock is held: user memory may be touched. */
	if (copy_to_user(d->base + d->done, buf, n)) {
		d->error = -EFAULT;
		return false;
	}
	d->done += n;
	c->pos = next;
	return true;
}

/* Positions 0 and 1 are "." and ".."; the file system's cookies begin at 2. */
long sys_getdents64(long fd, long buf, long len)
{
	struct file *f = fd_get(fd);
	struct user_dir d = { .c.emit = emit_user, .base = buf, .len = len };
	struct inode *i;

	if (!f)
		return -EBADF;
	i = f->inode;
	if (!i || !S_ISDIR(i->mode) || !i->ops->readdir) {
		file_put(f);
		return -ENOTDIR;
	}
	d.c.pos = f->pos;
	if ((d.c.pos > 0 || emit_user(&d.c, ".", i->ino, 4, 1)) &&
	    (d.c.pos > 1 || emit_user(&d.c, "..", i->ino, 4, 2)))
		d.error = i->ops->readdir(i, f, &d.c) ?: d.error;
	f->pos = d.c.pos;
	file_put(f);
	return d.done ? (long)d.done : d.error;
}

long sys_ftruncate(long fd, long size)
{
	struct file *f = fd_get(fd);
	long ret = -EINVAL;

	if (!f)
		return -EBADF;
	if (f->inode && f->inode->ops->truncate && size >= 0) {
		mutex_lock(&f->inode->lock);
		ret = f->inode->ops->truncate(f->inode, size);
		mutex_unlock(&f->inode->lock);
	}
	file_put(f);
	return ret;
}

long sys_fallocate(long fd, long mode, long off, long len)
{
	return -EOPNOTSUPP;
}

static long check_fd(long fd)
{
	struct file *f = fd_get(fd);

	if (!f)
		return -EBADF;
	file_put(f);
	return 0;
}

long sys_fsync(long fd)
{
	return check_fd(fd);
}

long sys_fdatasync(long fd)
{
	return check_fd(fd);
}

long sys_flock(long fd, long op)
{
	return check_fd(fd);
}

long sys_fadvise64(long fd, long off, long len, long advice)
{
	return check_fd(fd);
}

long sys_sync(void)
{
	return 0;
}
