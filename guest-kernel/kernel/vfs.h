/* SPDX-License-Identifier: MIT */
/* Files: inodes, open files, descriptors, paths, mounts. */
#ifndef GUEST_KERNEL_KERNEL_VFS_H
#define GUEST_KERNEL_KERNEL_VFS_H

#include "lock.h"
#include "abi.h"

struct inode;
struct file;
struct vma;
struct waitq;

/* A buffer that is read into or written from: user memory, or the kernel's own. */
struct iobuf {
	u64 base;
	size_t len;	/* left */
	bool user;
};
/* Moves n bytes (at most io->len) and advances; 0 or -EFAULT. */
int iobuf_put(struct iobuf *io, const void *src, size_t n);
int iobuf_get(struct iobuf *io, void *dst, size_t n);

struct iattr {
	u32 valid;	/* ATTR_... */
	u32 mode, uid, gid;
	u64 atime, mtime;
};
#define ATTR_MODE 1
#define ATTR_UID 2
#define ATTR_GID 4
#define ATTR_ATIME 8
#define ATTR_MTIME 16

/* Collects directory entries; emit returns false when there is no more room. */
struct dirctx {
	u64 pos;	/* cookie of the last entry emitted */
	bool (*emit)(struct dirctx *c, const char *name, u64 ino, unsigned type, u64 next_pos);
};

/*
 * All but lookup and readdir may be NULL: -EPERM or nothing. Names are single components. An inode
 * returned through `out` carries a reference.
 */
struct inode_ops {
	int (*lookup)(struct inode *dir, const char *name, struct inode **out);
	int (*create)(struct inode *dir, const char *name, u32 mode, u64 rdev, struct inode **out);
	int (*symlink)(struct inode *dir, const char *name, const char *target);
	int (*link)(struct inode *dir, const char *name, struct inode *node);
	int (*unlink)(struct inode *dir, const char *name, bool directory);
	int (*rename)(struct inode *odir, const char *oname, struct inode *ndir, const char *nname);
	int (*readlink)(struct inode *i, char *buf, size_t size);	/* length */
	int (*readdir)(struct inode *i, struct file *f, struct dirctx *c);
	int (*truncate)(struct inode *i, u64 size);
	int (*setattr)(struct inode *i, const struct iattr *a);
	int (*getattr)(struct inode *i);	/* brings the fields up to date */
	int (*open)(struct inode *i, struct file *f);
	ssize_t (*read)(struct inode *i, struct file *f, struct iobuf *io, u64 off);
	ssize_t (*write)(struct inode *i, struct file *f, struct iobuf *io, u64 off);
	/* A page of the file's own, with a reference, for mapping; NULL past the end. */
	pa_t (*get_page)(struct inode *i, u64 index);
	void (*release)(struct inode *i);	/* the last reference is gone; frees it */
};

struct fs;

struct inode {
	const struct inode_ops *ops;
	struct fs *fs;
	u64 ino;
	u32 mode, nlink, uid, gid;
	u64 size, rdev;
	u64 atime, mtime, ctime;	/* nanoseconds since 1970 */
	int refs;
	struct mutex lock;		/* contents of directories, size and order of writes */
	struct inode *mounted;		/* the root mounted on this directory */
	void *socket;			/* listening AF_UNIX socket, or a FIFO's pipe */
	void *priv;
};

struct fs {
	const char *type;
	const char *source;
	u64 dev;
	struct inode *root;
	int (*statfs)(struct fs *fs, struct linux_statfs *s);
	void *priv;
};

struct mount {
	struct list link;
	struct fs *fs;
	struct inode *on;	/* NULL for the root */
	char *path;
	unsigned flags;
};

struct polltable;

struct file_ops {
	ssize_t (*read)(struct file *f, struct iobuf *io);
	ssize_t (*write)(struct file *f, struct iobuf *io);
	unsigned (*poll)(struct file *f, struct polltable *pt);
	long (*ioctl)(struct file *f, unsigned cmd, u64 arg);
	int (*mmap)(struct file *f, struct vma *v);
	void (*release)(struct file *f);
};

struct file {
	int refs;
	u32 flags;		/* O_... */
	u32 mode;		/* S_IF..., for files without an inode */
	u64 pos;
	const struct file_ops *ops;	/* NULL: the inode's read and write */
	struct inode *inode;
	char *path;		/* absolute, for directories */
	void *priv;
	u64 dir_private;
};

#define MAX_FDS 256

struct files {
	int refs;
	struct spinlock lock;
	struct file *fd[MAX_FDS];
	u64 cloexec[MAX_FDS / 64];
};

struct fs_context {
	char cwd[PATH_MAX];
	u32 umask;
};

/* file.c */
struct file *file_alloc(const struct file_ops *ops, u32 flags, void *priv);
void file_get(struct file *f);
void file_put(struct file *f);
struct file *fd_get(int fd);		/* with a reference, or NULL */
int fd_install(struct file *f, int from, bool cloexec);	/* consumes the reference on success */
struct files *files_create(void);
struct files *files_copy(struct files *old);
void files_put(struct files *f);
void files_close_on_exec(struct files *f);
ssize_t file_read(struct file *f, struct iobuf *io);
ssize_t file_write(struct file *f, struct iobuf *io);
ssize_t file_read_kernel(struct file *f, void *buf, size_t n, u64 off);
ssize_t inode_read_kernel(struct inode *i, void *buf, size_t n, u64 off);

/* inode.c */
struct inode *inode_alloc(struct fs *fs, const struct inode_ops *ops, u32 mode);
struct inode *inode_get(struct inode *i);
void inode_put(struct inode *i);
u64 inode_number(void);

/* namei.c: paths. A walk remembers each directory on the way, so ".." needs no parent pointers. */
#define WALK_DEPTH 24
struct walk {
	struct inode *stack[WALK_DEPTH];
	int depth;
	int links;
	char path[PATH_MAX];	/* canonical, of the top of the stack */
	char last[NAME_MAX + 1]; /* WALK_PARENT: the component not walked; "" if the path has none */
	bool trailing_slash;
};
#define WALK_PARENT 1
#define WALK_NOFOLLOW 2
#define AT_FDCWD (-100)
/* 0 and *out to be given to walk_put(), or an error. */
int walk_path(int dirfd, const char *path, unsigned flags, struct walk **out);
void walk_put(struct walk *w);
static inline struct inode *walk_inode(struct walk *w)
{
	return w->stack[w->depth - 1];
}
int file_open(int dirfd, const char *path, u32 flags, u32 mode, struct file **out);
int vfs_mkdir(const char *path, u32 mode);
int vfs_symlink(const char *path, const char *target);
int vfs_mknod(const char *path, u32 mode, u64 rdev);

/* mount.c */
extern struct list mounts;
extern struct fs *root_fs;
int mount_fs(const char *path, struct fs *fs, unsigned flags);
struct fs *tmpfs_create(const char *type);
/* A file that is in no directory. */
struct file *tmpfs_unnamed(u64 size);
struct fs *procfs_create(void);
struct fs *p9_create(const char *tag);
struct fs *devfs_get(void);

/* chardev.c: devices by number. */
struct chardev {
	struct list link;
	u32 major, minor;
	const char *name;	/* below /dev */
	const struct file_ops *ops;
	int (*open)(struct file *f, void *arg);	/* may be NULL */
	void *arg;
	u32 mode;
};
void chardev_add(struct chardev *d);
void chardev_remove(struct chardev *d);
int chardev_open(u64 rdev, struct file *f);
void devices_init(void);

/* pipe.c */
int pipe_open_fifo(struct inode *i, struct file *f);

/* poll.c */
#define POLL_WAITERS 3
struct polltable {
	struct waiter *waiters;
	unsigned count, size;
};
/* Called by a file's poll function for each queue that its events come from. pt may be NULL. */
void poll_wait(struct polltable *pt, struct waitq *wq);

/* cpio.c */
int initramfs_unpack(const u8 *data, size_t size);

#endif
