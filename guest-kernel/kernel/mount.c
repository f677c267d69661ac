/* SPDX-License-Identifier: MIT */
/* What is mounted where. */
#include "lib.h"
#include "mm.h"
#include "page.h"
#include "syscall.h"
#include "task.h"
#include "vfs.h"

struct list mounts = LIST_INIT(mounts);
struct fs *root_fs;
static struct mutex mount_lock = MUTEX_INIT(mount_lock);

int mount_fs(const char *path, struct fs *fs, unsigned flags)
{
	struct mount *m = kzalloc(sizeof(*m));
	struct walk *w = NULL;
	int ret = 0;

	if (!m)
		return -ENOMEM;
	if (root_fs) {
		ret = walk_path(AT_FDCWD, path, 0, &w);
		if (!ret && !S_ISDIR(walk_inode(w)->mode))
			ret = -ENOTDIR;
		if (!ret && walk_inode(w) == fs->root)
			ret = -EBUSY;	/* the same thing again */
	}
	mutex_lock(&mount_lock);
	if (!ret) {
		m->fs = fs;
		m->flags = flags;
		m->path = kstrdup(w ? w->path : "/");
		if (w) {
			m->on = inode_get(walk_inode(w));
			m->on->mounted = inode_get(fs->root);
		} else {
			root_fs = fs;
		}
		list_add_tail(&m->link, &mounts);
	}
	mutex_unlock(&mount_lock);
	if (w)
		walk_put(w);
	if (ret)
		kfree(m);
	return ret;
}

static struct fs *fs_by_type(const char *type, const char *source)
{
	if (!strcmp(type, "tmpfs") || !strcmp(type, "ramfs"))
		return tmpfs_create("tmpfs");
	if (!strcmp(type, "proc"))
		return procfs_create();
	if (!strcmp(type, "devtmpfs"))
		return devfs_get();
	if (!strcmp(type, "9p"))
		return p9_create(source);
	return ERR_PTR(-ENODEV);
}

long sys_mount(long source, long target, long type, long flags, long data)
{
	char *src = source ? get_user_path(source) : kstrdup("none");
	char *dst = get_user_path(target), *kind = type ? get_user_path(type) : ERR_PTR(-EINVAL);
	struct fs *fs = NULL;
	long ret = -EFAULT;

	if (flags & 0x20) {	/* MS_REMOUNT: nothing to change */
		ret = 0;
	} else if (!IS_ERR(src) && !IS_ERR(dst) && !IS_ERR(kind)) {
		fs = fs_by_type(kind, src);
		ret = IS_ERR(fs) ? PTR_ERR(fs) : fs ? 0 : -ENOMEM;
		if (!ret) {
			if (!fs->source || !strcmp(fs->type, fs->source))
				fs->source = kstrdup(src);
			ret = mount_fs(dst, fs, flags);
			if (ret == -EBUSY)	/* /proc and /dev are there from the start */
				ret = 0;
		}
	}
	if (!IS_ERR(src))
		kfree(src);
	if (!IS_ERR(dst))
		kfree(dst);
	if (!IS_ERR(kind))
		kfree(kind);
	return ret;
}

/* The file system itself stays: open files may still use it, and there are few of them. */
long sys_umount2(long target, long flags)
{
	char *path = get_user_path(target);
	struct mount *m, *found = NULL;
	struct walk *w;
	long ret;

	if (IS_ERR(path))
		return PTR_ERR(path);
	ret = walk_path(AT_FDCWD, path, 0, &w);
	kfree(path);
	if (ret)
		return ret;
	mutex_lock(&mount_lock);
	list_for_each(m, &mounts, link)
		if (m->on && m->fs->root == walk_inode(w) && !strcmp(m->path, w->path))
			found = m;
	if (found) {
		list_del(&found->link);
		found->on->mounted = NULL;
		inode_put(found->fs->root);
		inode_put(found->on);
		kfree(found->path);
		kfree(found);
	}
	mutex_unlock(&mount_lock);
	walk_put(w);
	return found ? 0 : -EINVAL;
}
