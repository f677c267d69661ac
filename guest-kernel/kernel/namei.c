/* SPDX-License-Identifier: MIT */
/*
 * Paths to inodes.
 *
 * Every walk starts at the root and keeps the inodes it came through on a stack, along with the
 * canonical path; ".." pops. So directories need not know their parents, and the current directory is
 * just a path. A directory on which something is mounted is replaced by what is mounted there.
 */
#include "lib.h"
#include "page.h"
#include "task.h"
#include "vfs.h"

#define MAX_LINKS 8

static int walk_string(struct walk *w, const char *s, unsigned flags);

static int push(struct walk *w, struct inode *i, const char *name)
{
	size_t len = strlen(w->path);

	if (w->depth == WALK_DEPTH || len + strlen(name) + 2 > PATH_MAX) {
		inode_put(i);
		return -ENAMETOOLONG;
	}
	while (i->mounted) {
		struct inode *root = inode_get(i->mounted);

		inode_put(i);
		i = root;
	}
	if (len > 1)
		w->path[len++] = '/';
	strlcpy(w->path + len, name, PATH_MAX - len);
	w->stack[w->depth++] = i;
	return 0;
}

static void pop(struct walk *w)
{
	char *slash;

	if (w->depth == 1)
		return;
	inode_put(w->stack[--w->depth]);
	slash = strrchr(w->path, '/');
	slash[slash == w->path] = 0;
}

static void to_root(struct walk *w)
{
	while (w->depth > 1)
		pop(w);
}

static int follow(struct walk *w, struct inode *link, unsigned flags)
{
	char *target;
	int n;

	if (++w->links > MAX_LINKS)
		return -ELOOP;
	target = kmalloc(PATH_MAX);
	if (!target)
		return -ENOMEM;
	n = link->ops->readlink ? link->ops->readlink(link, target, PATH_MAX - 1) : -EINVAL;
	if (n >= 0) {
		target[n] = 0;
		if (target[0] == '/')
			to_root(w);
		n = walk_string(w, target, flags);
	}
	kfree(target);
	return n;
}

static int step(struct walk *w, const char *name, bool is_last, unsigned flags)
{
	struct inode *dir = walk_inode(w), *i;
	int ret;

	if (!S_ISDIR(dir->mode))
		return -ENOTDIR;
	if (!strcmp(name, "."))
		return 0;
	if (!strcmp(name, "..")) {
		pop(w);
		return 0;
	}
	ret = dir->ops->lookup(dir, name, &i);
	if (ret)
		return ret;
	if (S_ISLNK(i->mode) && !(is_last && (flags & WALK_NOFOLLOW))) {
		ret = follow(w, i, flags & ~(WALK_PARENT | WALK_NOFOLLOW));
		inode_put(i);
		return ret;
	}
	return push(w, i, name);
}

static int walk_string(struct walk *w, const char *s, unsigned flags)
{
	char name[NAME_MAX + 1];
	int ret;

	for (;;) {
		size_t n = 0;
		bool is_last;

		while (*s == '/')
			s++;
		if (!*s)
			return 0;
		while (s[n] && s[n] != '/')
			n++;
		if (n > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, s, n);
		name[n] = 0;
		s += n;
		w->trailing_slash = *s == '/';
		while (*s == '/')
			s++;
		is_last = !*s;
		if (is_last && (flags & WALK_PARENT) && strcmp(name, ".") && strcmp(name, "..")) {
			strlcpy(w->last, name, sizeof(w->last));
			return S_ISDIR(walk_inode(w)->mode) ? 0 : -ENOTDIR;
		}
		ret = step(w, name, is_last && !w->trailing_slash, flags);
		if (ret)
			return ret;
	}
}

void walk_put(struct walk *w)
{
	while (w->depth)
		inode_put(w->stack[--w->depth]);
	kfree(w);
}

static int walk_base(struct walk *w, int dirfd)
{
	struct file *f;
	int ret = -ENOTDIR;

	if (dirfd == AT_FDCWD)
		return current->fs ? walk_string(w, current->fs->cwd, 0) : 0;
	f = fd_get(dirfd);
	if (!f)
		return -EBADF;
	if (f->path)
		ret = walk_string(w, f->path, 0);
	file_put(f);
	return ret;
}

int walk_path(int dirfd, const char *path, unsigned flags, struct walk **out)
{
	struct walk *w = kzalloc(sizeof(*w));
	int ret = 0;

	if (!w)
		return -ENOMEM;
	w->path[0] = '/';
	w->stack[w->depth++] = inode_get(root_fs->root);
	if (!path[0])
		ret = -ENOENT;
	else if (path[0] != '/')
		ret = walk_base(w, dirfd);
	if (!ret)
		ret = walk_string(w, path, flags);
	if (ret) {
		walk_put(w);
		return ret;
	}
	*out = w;
	return 0;
}

static int create_file(struct walk *w, u32 mode, struct inode **out)
{
	struct inode *dir = walk_inode(w);
	int ret;

	if (!dir->ops->create)
		return -EROFS;
	mutex_lock(&dir->lock);
	ret = dir->ops->create(dir, w->last, S_IFREG | mode, 0, out);
	mutex_unlock(&dir->lock);
	return ret;
}

/* Finds or creates the file; *made says which. */
static int open_inode(int dirfd, const char *path, u32 flags, u32 mode, struct walk **wp, struct inode **out,
		      bool *made)
{
	unsigned wf = flags & O_NOFOLLOW ? WALK_NOFOLLOW : 0;
	int ret;

	*made = false;
	if (flags & O_EXCL && flags & O_CREAT)
		wf |= WALK_NOFOLLOW;
	ret = walk_path(dirfd, path, wf, wp);
	if (!ret) {
		if ((flags & O_CREAT) && (flags & O_EXCL)) {
			walk_put(*wp);
			return -EEXIST;
		}
		*out = inode_get(walk_inode(*wp));
		return 0;
	}
	if (ret != -ENOENT || !(flags & O_CREAT))
		return ret;
	ret = walk_path(dirfd, path, WALK_PARENT, wp);
	if (ret)
		return ret;
	ret = (*wp)->last[0] && !(*wp)->trailing_slash ? create_file(*wp, mode, out) : -EISDIR;
	if (ret)
		walk_put(*wp);
	*made = !ret;
	return ret;
}

static int open_checks(struct inode *i, u32 flags)
{
	bool writing = (flags & O_ACCMODE) != O_RDONLY;

	if (S_ISLNK(i->mode) && !(flags & O_PATH))
		return -ELOOP;
	if (S_ISDIR(i->mode) && (writing || (flags & O_CREAT)))
		return -EISDIR;
	if (!S_ISDIR(i->mode) && (flags & O_DIRECTORY))
		return -ENOTDIR;
	if ((i->mode & S_IFMT) == S_IFSOCK)
		return -ENXIO;
	return 0;
}

int file_open(int dirfd, const char *path, u32 flags, u32 mode, struct file **out)
{
	struct walk *w;
	struct inode *i;
	struct file *f = NULL;
	bool made;
	int ret;

	ret = open_inode(dirfd, path, flags, mode & 07777, &w, &i, &made);
	if (ret)
		return ret;
	ret = open_checks(i, flags);
	if (!ret && (flags & O_TRUNC) && S_ISREG(i->mode) && !made && (flags & O_ACCMODE) && i->ops->truncate) {
		mutex_lock(&i->lock);
		ret = i->ops->truncate(i, 0);
		mutex_unlock(&i->lock);
	}
	if (!ret) {
		f = file_alloc(NULL, flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC), NULL);
		ret = f ? 0 : -ENOMEM;
	}
	if (!ret) {
		f->inode = inode_get(i);
		f->mode = i->mode;
		if (S_ISDIR(i->mode))
			f->path = kstrdup(w->path);
		if ((i->mode & S_IFMT) == S_IFCHR && !(flags & O_PATH))
			ret = chardev_open(i->rdev, f);
		else if ((i->mode & S_IFMT) == S_IFIFO)
			ret = pipe_open_fifo(i, f);
		else if (i->ops->open)
			ret = i->ops->open(i, f);
		f->flags &= ~O_NOCTTY;	/* only the open cares */
		if (ret)
			file_put(f);
	}
	inode_put(i);
	walk_put(w);
	*out = f;
	return ret;
}

static int create_at(const char *path, u32 mode, u64 rdev, const char *target)
{
	struct walk *w;
	struct inode *dir, *i = NULL;
	int ret = walk_path(AT_FDCWD, path, WALK_PARENT, &w);

	if (ret)
		return ret;
	dir = walk_inode(w);
	if (!w->last[0])
		ret = -EEXIST;
	else if (target ? !dir->ops->symlink : !dir->ops->create)
		ret = -EROFS;
	else {
		mutex_lock(&dir->lock);
		ret = target ? dir->ops->symlink(dir, w->last, target) :
			       dir->ops->create(dir, w->last, mode, rdev, &i);
		mutex_unlock(&dir->lock);
		inode_put(i);
	}
	walk_put(w);
	return ret;
}

int vfs_mkdir(const char *path, u32 mode)
{
	return create_at(path, S_IFDIR | mode, 0, NULL);
}

int vfs_symlink(const char *path, const char *target)
{
	return create_at(path, 0, 0, target);
}

int vfs_mknod(const char *path, u32 mode, u64 rdev)
{
	return create_at(path, mode, rdev, NULL);
}
