/* SPDX-License-Identifier: MIT */
/* Inodes: allocation and reference counts. What they contain is the file system's business. */
#include "lib.h"
#include "page.h"
#include "task.h"
#include "vfs.h"

u64 inode_number(void)
{
	static u64 last;

	return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

struct inode *inode_alloc(struct fs *fs, const struct inode_ops *ops, u32 mode)
{
	struct inode *i = kzalloc(sizeof(*i));

	if (!i)
		return NULL;
	i->ops = ops;
	i->fs = fs;
	i->mode = mode;
	i->ino = inode_number();
	i->nlink = 1;
	i->refs = 1;
	i->atime = i->mtime = i->ctime = wall_clock();
	mutex_init(&i->lock);
	return i;
}

struct inode *inode_get(struct inode *i)
{
	atomic_inc(&i->refs);
	return i;
}

void inode_put(struct inode *i)
{
	if (i && atomic_dec(&i->refs) == 0)
		i->ops->release(i);
}
