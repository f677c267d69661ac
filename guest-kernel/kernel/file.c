/* SPDX-License-Identifier: MIT */
/*
 * Open files and descriptor tables. A struct file is shared by the descriptors that dup and fork make;
 * the last one to go releases it.
 *
 * Locks: files->lock for one table. A file's position needs none: racing readers get what they asked for.
 */
#include "lib.h"
#include "mm.h"
#include "task.h"
#include "vfs.h"

struct file *file_alloc(const struct file_ops *ops, u32 flags, void *priv)
{
	struct file *f = kzalloc(sizeof(*f));

	if (f) {
		f->refs = 1;
		f->ops = ops;
		f->flags = flags;
		f->priv = priv;
	}
	return f;
}

void file_get(struct file *f)
{
	atomic_inc(&f->refs);
}

void file_put(struct file *f)
{
	if (atomic_dec(&f->refs))
		return;
	if (f->ops && f->ops->release)
		f->ops->release(f);
	if (f->inode)
		inode_put(f->inode);
	kfree(f->path);
	kfree(f);
}

struct file *fd_get(int fd)
{
	struct files *t = current->files;
	struct file *f = NULL;

	if (fd < 0 || fd >= MAX_FDS)
		return NULL;
	spin_lock(&t->lock);
	f = t->fd[fd];
	if (f)
		file_get(f);
	spin_unlock(&t->lock);
	return f;
}

int fd_install(struct file *f, int from, bool cloexec)
{
	struct files *t = current->files;
	int fd;

	spin_lock(&t->lock);
	for (fd = from; fd < MAX_FDS && t->fd[fd]; fd++)
		;
	if (fd < MAX_FDS) {
		t->fd[fd] = f;
		t->cloexec[fd / 64] &= ~(1ull << (fd % 64));
		t->cloexec[fd / 64] |= (u64)cloexec << (fd % 64);
	}
	spin_unlock(&t->lock);
	return fd < MAX_FDS ? fd : -EMFILE;
}

struct files *files_create(void)
{
	struct files *t = kzalloc(sizeof(*t));

	if (t) {
		t->refs = 1;
		spin_init(&t->lock, LOCK_FILES);
	}
	return t;
}

struct files *files_copy(struct files *old)
{
	struct files *t = files_create();

	if (!t)
		return NULL;
	spin_lock(&old->lock);
	for (int i = 0; i < MAX_FDS; i++) {
		t->fd[i] = old->fd[i];
		if (t->fd[i])
			file_get(t->fd[i]);
	}
	memcpy(t->cloexec, old->cloexec, sizeof(t->cloexec));
	spin_unlock(&old->lock);
	return t;
}

void files_put(struct files *t)
{
	if (atomic_dec(&t->refs))
		return;
	for (int i = 0; i < MAX_FDS; i++)
		if (t->fd[i])
			file_put(t->fd[i]);
	kfree(t);
}

void files_close_on_exec(struct files *t)
{
	for (int i = 0; i < MAX_FDS; i++) {
		struct file *f = t->fd[i];

		if (f && (t->cloexec[i / 64] >> (i % 64) & 1)) {
			t->fd[i] = NULL;
			file_put(f);
		}
	}
	memset(t->cloexec, 0, sizeof(t->cloexec));
}

ssize_t file_read(struct file *f, struct iobuf *io)
{
	ssize_t n;

	if ((f->flags & O_ACCMODE) == O_WRONLY)
		return -EBADF;
	if (f->ops && f->ops->read) {
		n = f->ops->read(f, io);
	} else if (f->inode && S_ISDIR(f->inode->mode)) {
		n = -EISDIR;
	} else if (f->inode && f->inode->ops->read) {
		n = f->inode->ops->read(f->inode, f, io, f->pos);
		if (n > 0)
			f->pos += n;
	} else {
		n = -EINVAL;
	}
	return n == -EINTR ? -ERESTARTSYS : n;
}

ssize_t file_write(struct file *f, struct iobuf *io)
{
	ssize_t n;

	if ((f->flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if (f->ops && f->ops->write) {
		n = f->ops->write(f, io);
	} else if (f->inode && f->inode->ops->write) {
		mutex_lock(&f->inode->lock);
		if (f->flags & O_APPEND)
			f->pos = f->inode->size;
		n = f->inode->ops->write(f->inode, f, io, f->pos);
		mutex_unlock(&f->inode->lock);
		if (n > 0)
			f->pos += n;
	} else {
		n = -EINVAL;
	}
	return n == -EINTR ? -ERESTARTSYS : n;
}

ssize_t inode_read_kernel(struct inode *i, void *buf, size_t n, u64 off)
{
	struct iobuf io = { .base = (u64)buf, .len = n };

	return i->ops->read ? i->ops->read(i, NULL, &io, off) : -EINVAL;
}

ssize_t file_read_kernel(struct file *f, void *buf, size_t n, u64 off)
{
	return f->inode ? inode_read_kernel(f->inode, buf, n, off) : -EINVAL;
}
