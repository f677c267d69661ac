/* SPDX-License-Identifier: MIT */
/* System calls that take paths. The plain form of each is the "at" form at the current directory. */
#include "lib.h"
#include "mm.h"
#include "page.h"
#include "syscall.h"
#include "task.h"
#include "vfs.h"

#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_REMOVEDIR 0x200
#define AT_SYMLINK_FOLLOW 0x400
#define AT_EMPTY_PATH 0x1000

static int walk_user(long dirfd, u64 user_path, unsigned flags, struct walk **w)
{
	char *path = get_user_path(user_path);
	int ret;

	if (IS_ERR(path))
		return PTR_ERR(path);
	ret = walk_path(dirfd, path, flags, w);
	kfree(path);
	return ret;
}

long sys_openat(long dirfd, long user_path, long flags, long mode)
{
	char *path = get_user_path(user_path);
	struct file *f;
	long ret;

	if (IS_ERR(path))
		return PTR_ERR(path);
	ret = file_open(dirfd, path, flags, mode & ~current->fs->umask, &f);
	kfree(path);
	if (ret)
		return ret == -EINTR ? -ERESTARTSYS : ret;
	ret = fd_install(f, 0, flags & O_CLOEXEC);
	if (ret < 0)
		file_put(f);
	return ret;
}

long sys_open(long path, long flags, long mode)
{
	return sys_openat(AT_FDCWD, path, flags, mode);
}

long sys_creat(long path, long mode)
{
	return sys_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

static struct linux_timespec timespec_of(u64 ns)
{
	return (struct linux_timespec){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };
}

static int stat_inode(struct inode *i, u64 addr)
{
	struct linux_stat s = { 0 };

	if (i->ops->getattr) {
		int ret = i->ops->getattr(i);

		if (ret)
			return ret;
	}
	s.dev = i->fs ? i->fs->dev : 0;
	s.ino = i->ino;
	s.nlink = i->nlink;
	s.mode = i->mode;
	s.uid = i->uid;
	s.gid = i->gid;
	s.rdev = i->rdev;
	s.size = i->size;
	s.blksize = PAGE_SIZE;
	s.blocks = (i->size + 511) / 512;
	s.atime = timespec_of(i->atime);
	s.mtime = timespec_of(i->mtime);
	s.ctime = timespec_of(i->ctime);
	return put_user(s, addr);
}

long sys_fstat(long fd, long addr)
{
	struct file *f = fd_get(fd);
	struct linux_stat s = { .nlink = 1, .blksize = PAGE_SIZE };
	long ret;

	if (!f)
		return -EBADF;
	if (f->inode) {
		ret = stat_inode(f->inode, addr);
	} else {
		s.mode = f->mode;
		ret = put_user(s, addr);
	}
	file_put(f);
	return ret;
}

long sys_newfstatat(long dirfd, long path, long addr, long flags)
{
	struct walk *w;
	char first = 1;
	long ret;

	if (flags & AT_EMPTY_PATH && !get_user(first, path) && !first)
		return sys_fstat(dirfd, addr);
	ret = walk_user(dirfd, path, flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0, &w);
	if (ret)
		return ret;
	ret = stat_inode(walk_inode(w), addr);
	walk_put(w);
	return ret;
}

long sys_stat(long path, long addr)
{
	return sys_newfstatat(AT_FDCWD, path, addr, 0);
}

long sys_lstat(long path, long addr)
{
	return sys_newfstatat(AT_FDCWD, path, addr, AT_SYMLINK_NOFOLLOW);
}

long sys_faccessat(long dirfd, long path, long mode)
{
	struct walk *w;
	long ret = walk_user(dirfd, path, 0, &w);

	if (ret)
		return ret;
	if ((mode & 1) && !(walk_inode(w)->mode & 0111))
		ret = -EACCES;	/* even root executes only what somebody may */
	walk_put(w);
	return ret;
}

long sys_access(long path, long mode)
{
	return sys_faccessat(AT_FDCWD, path, mode);
}

/* The parent directory of a path that is about to change, locked. */
static int walk_to_parent(long dirfd, u64 path, struct walk **w)
{
	int ret = walk_user(dirfd, path, WALK_PARENT, w);

	if (ret)
		return ret;
	if (!(*w)->last[0]) {
		walk_put(*w);
		return -EEXIST;
	}
	mutex_lock(&walk_inode(*w)->lock);
	return 0;
}

static void leave_parent(struct walk *w)
{
	mutex_unlock(&walk_inode(w)->lock);
	walk_put(w);
}

static long make_node(long dirfd, u64 path, u32 mode, u64 rdev)
{
	struct inode *i = NULL;
	struct walk *w;
	long ret = walk_to_parent(dirfd, path, &w);

	if (ret)
		return ret;
	ret = walk_inode(w)->ops->create ?
	      walk_inode(w)->ops->create(walk_inode(w), w->last, mode & ~current->fs->umask, rdev, &i) : -EROFS;
	inode_put(i);
	leave_parent(w);
	return ret;
}

long sys_mkdirat(long dirfd, long path, long mode)
{
	return make_node(dirfd, path, S_IFDIR | (mode & 07777), 0);
}

long sys_mkdir(long path, long mode)
{
	return sys_mkdirat(AT_FDCWD, path, mode);
}

long sys_mknodat(long dirfd, long path, long mode, long dev)
{
	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	if (S_ISDIR(mode) || S_ISLNK(mode))
		return -EINVAL;
	return make_node(dirfd, path, mode, dev);
}

long sys_mknod(long path, long mode, long dev)
{
	return sys_mknodat(AT_FDCWD, path, mode, dev);
}

long sys_unlinkat(long dirfd, long path, long flags)
{
	struct walk *w;
	long ret = walk_to_parent(dirfd, path, &w);

	if (ret)
		return ret;
	ret = walk_inode(w)->ops->unlink ?
	      walk_inode(w)->ops->unlink(walk_inode(w), w->last, flags & AT_REMOVEDIR) : -EROFS;
	leave_parent(w);
	return ret;
}

long sys_unlink(long path)
{
	return sys_unlinkat(AT_FDCWD, path, 0);
}

long sys_rmdir(long path)
{
	return sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

long sys_symlinkat(long target, long dirfd, long path)
{
	char *to = get_user_path(target);
	struct walk *w;
	long ret;

	if (IS_ERR(to))
		return PTR_ERR(to);
	ret = walk_to_parent(dirfd, path, &w);
	if (!ret) {
		ret = walk_inode(w)->ops->symlink ? walk_inode(w)->ops->symlink(walk_inode(w), w->last, to) :
						    -EROFS;
		leave_parent(w);
	}
	kfree(to);
	return ret;
}

long sys_symlink(long target, long path)
{
	return sys_symlinkat(target, AT_FDCWD, path);
}

long sys_linkat(long olddir, long oldpath, long newdir, long newpath, long flags)
{
	struct walk *from, *to;
	long ret = walk_user(olddir, oldpath, flags & AT_SYMLINK_FOLLOW ? 0 : WALK_NOFOLLOW, &from);

	if (ret)
		return ret;
	ret = walk_to_parent(newdir, newpath, &to);
	if (!ret) {
		struct inode *dir = walk_inode(to), *i = walk_inode(from);

		ret = i->fs != dir->fs ? -EXDEV : !dir->ops->link ? -EPERM : dir->ops->link(dir, to->last, i);
		leave_parent(to);
	}
	walk_put(from);
	return ret;
}

long sys_link(long old, long new)
{
	return sys_linkat(AT_FDCWD, old, AT_FDCWD, new, 0);
}

long sys_renameat2(long olddir, long oldpath, long newdir, long newpath, long flags)
{
	static struct mutex rename_lock = MUTEX_INIT(rename_lock);	/* one at a time: no deadlock between two directories */
	struct walk *from, *to;
	struct inode *a, *b;
	long ret;

	if (flags)
		return -EINVAL;
	ret = walk_user(olddir, oldpath, WALK_PARENT, &from);
	if (ret)
		return ret;
	ret = walk_user(newdir, newpath, WALK_PARENT, &to);
	if (ret) {
		walk_put(from);
		return ret;
	}
	a = walk_inode(from);
	b = walk_inode(to);
	mutex_lock(&rename_lock);
	mutex_lock(&a->lock);
	if (b != a)
		mutex_lock(&b->lock);
	if (!from->last[0] || !to->last[0])
		ret = -EBUSY;
	else if (a->fs != b->fs)
		ret = -EXDEV;
	else
		ret = a->ops->rename ? a->ops->rename(a, from->last, b, to->last) : -EROFS;
	if (b != a)
		mutex_unlock(&b->lock);
	mutex_unlock(&a->lock);
	mutex_unlock(&rename_lock);
	walk_put(from);
	walk_put(to);
	return ret;
}

long sys_renameat(long olddir, long oldpath, long newdir, long newpath)
{
	return sys_renameat2(olddir, oldpath, newdir, newpath, 0);
}

long sys_rename(long old, long new)
{
	return sys_renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}

long sys_readlinkat(long dirfd, long path, long buf, long size)
{
	char *target = kmalloc(PATH_MAX);
	struct walk *w;
	long ret = target ? walk_user(dirfd, path, WALK_NOFOLLOW, &w) : -ENOMEM;

	if (!ret) {
		struct inode *i = walk_inode(w);

		ret = S_ISLNK(i->mode) && i->ops->readlink ?
		      i->ops->readlink(i, target, min((u64)size, (u64)PATH_MAX)) : -EINVAL;
		if (ret >= 0 && copy_to_user(buf, target, ret))
			ret = -EFAULT;
		walk_put(w);
	}
	kfree(target);
	return ret;
}

long sys_readlink(long path, long buf, long size)
{
	return sys_readlinkat(AT_FDCWD, path, buf, size);
}

static long set_attributes(struct inode *i, const struct iattr *a)
{
	return i->ops->setattr ? i->ops->setattr(i, a) : 0;
}

static long set_by_path(long dirfd, u64 path, unsigned flags, const struct iattr *a)
{
	struct walk *w;
	long ret = walk_user(dirfd, path, flags, &w);

	if (!ret) {
		ret = set_attributes(walk_inode(w), a);
		walk_put(w);
	}
	return ret;
}

static long set_by_fd(long fd, const struct iattr *a)
{
	struct file *f = fd_get(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = f->inode ? set_attributes(f->inode, a) : 0;
	file_put(f);
	return ret;
}

long sys_fchmodat(long dirfd, long path, long mode)
{
	return set_by_path(dirfd, path, 0, &(struct iattr){ .valid = ATTR_MODE, .mode = mode });
}

long sys_chmod(long path, long mode)
{
	return sys_fchmodat(AT_FDCWD, path, mode);
}

long sys_fchmod(long fd, long mode)
{
	return set_by_fd(fd, &(struct iattr){ .valid = ATTR_MODE, .mode = mode });
}

static struct iattr owner(long uid, long gid)
{
	return (struct iattr){ .valid = ((u32)uid != ~0u ? ATTR_UID : 0) | ((u32)gid != ~0u ? ATTR_GID : 0),
			       .uid = uid, .gid = gid };
}

long sys_fchownat(long dirfd, long path, long uid, long gid, long flags)
{
	struct iattr a = owner(uid, gid);

	return set_by_path(dirfd, path, flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0, &a);
}

long sys_chown(long path, long uid, long gid)
{
	return sys_fchownat(AT_FDCWD, path, uid, gid, 0);
}

long sys_lchown(long path, long uid, long gid)
{
	return sys_fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(long fd, long uid, long gid)
{
	struct iattr a = owner(uid, gid);

	return set_by_fd(fd, &a);
}

#define UTIME_NOW 0x3fffffff
#define UTIME_OMIT 0x3ffffffe

long sys_utimensat(long dirfd, long path, long times, long flags)
{
	struct linux_timespec ts[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };
	struct iattr a = { 0 };
	u64 t[2];

	if (times && get_user(ts, times))
		return -EFAULT;
	for (int k = 0; k < 2; k++) {
		t[k] = ts[k].nsec == UTIME_NOW ? wall_clock() : ts[k].sec * NSEC_PER_SEC + ts[k].nsec;
		if (ts[k].nsec != UTIME_OMIT)
			a.valid |= k ? ATTR_MTIME : ATTR_ATIME;
	}
	a.atime = t[0];
	a.mtime = t[1];
	if (!path)
		return set_by_fd(dirfd, &a);
	return set_by_path(dirfd, path, flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0, &a);
}

long sys_utimes(long path, long times)
{
	struct linux_timeval tv[2];
	struct iattr a = { .valid = ATTR_ATIME | ATTR_MTIME, .atime = wall_clock(), .mtime = wall_clock() };

	if (times) {
		if (get_user(tv, times))
			return -EFAULT;
		a.atime = tv[0].sec * NSEC_PER_SEC + tv[0].usec * 1000;
		a.mtime = tv[1].sec * NSEC_PER_SEC + tv[1].usec * 1000;
	}
	return set_by_path(AT_FDCWD, path, 0, &a);
}

long sys_truncate(long path, long size)
{
	long fd = sys_open(path, O_WRONLY, 0), ret;

	if (fd < 0)
		return fd;
	ret = sys_ftruncate(fd, size);
	sys_close(fd);
	return ret;
}

long sys_getcwd(long buf, long size)
{
	size_t n = strlen(current->fs->cwd) + 1;

	if (n > (u64)size)
		return -ERANGE;
	return copy_to_user(buf, current->fs->cwd, n) ? -EFAULT : (long)n;
}

long sys_chdir(long path)
{
	struct walk *w;
	long ret = walk_user(AT_FDCWD, path, 0, &w);

	if (ret)
		return ret;
	if (S_ISDIR(walk_inode(w)->mode))
		strlcpy(current->fs->cwd, w->path, PATH_MAX);
	else
		ret = -ENOTDIR;
	walk_put(w);
	return ret;
}

long sys_fchdir(long fd)
{
	struct file *f = fd_get(fd);
	long ret = -ENOTDIR;

	if (!f)
		return -EBADF;
	if (f->path) {
		strlcpy(current->fs->cwd, f->path, PATH_MAX);
		ret = 0;
	}
	file_put(f);
	return ret;
}

long sys_umask(long mask)
{
	u32 old = current->fs->umask;

	current->fs->umask = mask & 0777;
	return old;
}

static long statfs_inode(struct inode *i, u64 addr)
{
	struct linux_statfs s = { .bsize = PAGE_SIZE, .frsize = PAGE_SIZE, .namelen = NAME_MAX };
	long ret = i->fs && i->fs->statfs ? i->fs->statfs(i->fs, &s) : 0;

	return ret ? ret : put_user(s, addr);
}

long sys_statfs(long path, long addr)
{
	struct walk *w;
	long ret = walk_user(AT_FDCWD, path, 0, &w);

	if (!ret) {
		ret = statfs_inode(walk_inode(w), addr);
		walk_put(w);
	}
	return ret;
}

long sys_fstatfs(long fd, long addr)
{
	struct file *f = fd_get(fd);
	long ret;

	if (!f)
		return -EBADF;
	ret = f->inode ? statfs_inode(f->inode, addr) : -ENOSYS;
	file_put(f);
	return ret;
}
