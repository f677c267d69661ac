/* SPDX-License-Identifier: MIT */
/*
 * tmpfs: files in memory. Also the root (unpacked from the initramfs) and /dev.
 *
 * A directory is a list of entries in the order of their cookies, so reading one while it changes
 * neither repeats nor skips. A file is an array of page frame numbers; private mappings share its pages
 * copy-on-write, shared mappings use them directly.
 *
 * Locks: inode->lock (the caller's job) for directory contents and file size; inode_pages_lock for the
 * arrays, so that a page fault need not sleep on the inode. Next: namei.c.
 */
#include "lib.h"
#include "page.h"
#include "task.h"
#include "vfs.h"

struct entry {
	struct list link;
	u64 cookie;
	struct inode *node;
	u32 hash;
	char name[];
};

struct node {
	/* directory */
	struct list entries;
	u64 last_cookie;
	/* symbolic link */
	char *target;
	/* regular file: page frame numbers, 0 for a hole */
	u32 *frames;
	u32 capacity;
};

static struct spinlock pages_lock = SPINLOCK_INIT(LOCK_INODE);
static const struct inode_ops tmpfs_ops;

static struct node *node_of(struct inode *i)
{
	return i->priv;
}

static struct inode *node_create(struct fs *fs, u32 mode)
{
	struct inode *i = inode_alloc(fs, &tmpfs_ops, mode);

	if (!i)
		return NULL;
	i->priv = kzalloc(sizeof(struct node));
	if (!i->priv) {
		kfree(i);
		return NULL;
	}
	list_init(&node_of(i)->entries);
	return i;
}

static u32 hash_name(const char *s)
{
	u32 h = 5381;

	while (*s)
		h = h * 33 + (u8)*s++;
	return h;
}

static struct entry *find_entry(struct inode *dir, const char *name)
{
	u32 h = hash_name(name);
	struct entry *e;

	list_for_each(e, &node_of(dir)->entries, link)
		if (e->hash == h && !strcmp(e->name, name))
			return e;
	return NULL;
}

static int add_entry(struct inode *dir, const char *name, struct inode *node)
{
	struct entry *e = kmalloc(sizeof(*e) + strlen(name) + 1);

	if (!e)
		return -ENOSPC;
	e->node = inode_get(node);
	e->hash = hash_name(name);
	e->cookie = ++node_of(dir)->last_cookie;
	strlcpy(e->name, name, strlen(name) + 1);
	list_add_tail(&e->link, &node_of(dir)->entries);
	dir->mtime = dir->ctime = wall_clock();
	if (S_ISDIR(node->mode))
		dir->nlink++;
	return 0;
}

static void remove_entry(struct inode *dir, struct entry *e)
{
	struct inode *i = e->node;

	if (S_ISDIR(i->mode))
		dir->nlink--;
	dir->mtime = dir->ctime = wall_clock();
	list_del(&e->link);
	kfree(e);
	inode_put(i);
}

static int tmpfs_lookup(struct inode *dir, const char *name, struct inode **out)
{
	struct entry *e;

	mutex_lock(&dir->lock);
	e = find_entry(dir, name);
	if (e)
		*out = inode_get(e->node);
	mutex_unlock(&dir->lock);
	return e ? 0 : -ENOENT;
}

static int tmpfs_create_node(struct inode *dir, const char *name, u32 mode, u64 rdev, struct inode **out)
{
	struct inode *i;
	int ret;

	if (find_entry(dir, name))
		return -EEXIST;
	i = node_create(dir->fs, mode);
	if (!i)
		return -ENOSPC;
	i->rdev = rdev;
	if (S_ISDIR(mode))
		i->nlink = 2;
	ret = add_entry(dir, name, i);
	if (ret)
		inode_put(i);
	else
		*out = i;
	return ret;
}

static int tmpfs_symlink(struct inode *dir, const char *name, const char *target)
{
	struct inode *i;
	int ret = tmpfs_create_node(dir, name, S_IFLNK | 0777, 0, &i);

	if (ret)
		return ret;
	node_of(i)->target = kstrdup(target);
	i->size = strlen(target);
	inode_put(i);
	return node_of(i)->target ? 0 : -ENOSPC;
}

static int tmpfs_link(struct inode *dir, const char *name, struct inode *node)
{
	int ret;

	if (S_ISDIR(node->mode))
		return -EPERM;
	if (find_entry(dir, name))
		return -EEXIST;
	ret = add_entry(dir, name, node);
	if (!ret)
		node->nlink++;
	return ret;
}

static int may_remove(struct entry *e, bool directory)
{
	struct inode *i = e->node;

	if (directory && !S_ISDIR(i->mode))
		return -ENOTDIR;
	if (!directory && S_ISDIR(i->mode))
		return -EISDIR;
	if (i->mounted)
		return -EBUSY;
	if (S_ISDIR(i->mode) && !list_empty(&node_of(i)->entries))
		return -ENOTEMPTY;
	return 0;
}

static int tmpfs_unlink(struct inode *dir, const char *name, bool directory)
{
	struct entry *e = find_entry(dir, name);
	int ret = e ? may_remove(e, directory) : -ENOENT;

	if (!ret) {
		e->node->nlink -= directory ? 2 : 1;
		remove_entry(dir, e);
	}
	return ret;
}

/* Both directories are locked by the caller. */
static int tmpfs_rename(struct inode *odir, const char *oname, struct inode *ndir, const char *nname)
{
	struct entry *e = find_entry(odir, oname), *old = find_entry(ndir, nname);
	struct inode *i;
	int ret;

	if (!e)
		return -ENOENT;
	i = e->node;
	if (old && old->node == i)
		return 0;
	if (old) {
		ret = may_remove(old, S_ISDIR(i->mode));
		if (ret)
			return ret;
		old->node->nlink--;
		remove_entry(ndir, old);
	}
	ret = add_entry(ndir, nname, i);
	if (!ret)
		remove_entry(odir, e);
	return ret;
}

static int tmpfs_readlink(struct inode *i, char *buf, size_t size)
{
	size_t n = min(i->size, size);

	if (!S_ISLNK(i->mode))
		return -EINVAL;
	memcpy(buf, node_of(i)->target, n);
	return n;
}

static int tmpfs_readdir(struct inode *i, struct file *f, struct dirctx *c)
{
	struct entry *e;

	mutex_lock(&i->lock);
	list_for_each(e, &node_of(i)->entries, link) {
		if (e->cookie + 2 <= c->pos)
			continue;
		if (!c->emit(c, e->name, e->node->ino, e->node->mode >> 12, e->cookie + 2))
			break;
	}
	mutex_unlock(&i->lock);
	return 0;
}

static bool grow(struct node *n, u64 index)
{
	u32 cap = n->capacity ? n->capacity : 8, *a, *old;

	while (cap <= index)
		cap *= 2;
	if (cap == n->capacity)
		return true;
	a = kzalloc(cap * sizeof(u32));
	if (!a)
		return false;
	spin_lock(&pages_lock);
	old = n->frames;
	if (old)
		memcpy(a, old, n->capacity * sizeof(u32));
	n->frames = a;
	n->capacity = cap;
	spin_unlock(&pages_lock);
	kfree(old);
	return true;
}

/* The page at index with a reference, or 0 for a hole. */
static pa_t find_page(struct inode *i, u64 index)
{
	struct node *n = node_of(i);
	pa_t pa = 0;

	spin_lock(&pages_lock);
	if (index < n->capacity && n->frames[index]) {
		pa = (pa_t)n->frames[index] << PAGE_SHIFT;
		page_get(pa);
	}
	spin_unlock(&pages_lock);
	return pa;
}

/* The same, filling a hole. Two who fill one at a time agree on the first. */
static pa_t need_page(struct inode *i, u64 index)
{
	struct node *n = node_of(i);
	pa_t pa = find_page(i, index), mine;

	if (pa || !grow(n, index))
		return pa;
	mine = page_alloc_zero();
	if (!mine)
		return 0;
	spin_lock(&pages_lock);
	if (!n->frames[index])
		n->frames[index] = mine >> PAGE_SHIFT;
	pa = (pa_t)n->frames[index] << PAGE_SHIFT;
	page_get(pa);
	spin_unlock(&pages_lock);
	if (pa != mine)
		page_put(mine);
	return pa;
}

static pa_t tmpfs_get_page(struct inode *i, u64 index)
{
	pa_t pa;

	if (index << PAGE_SHIFT >= i->size)
		return 0;
	pa = find_page(i, index);
	return pa ? pa : need_page(i, index);
}

static ssize_t tmpfs_read(struct inode *i, struct file *f, struct iobuf *io, u64 off)
{
	static const u8 zeros[256];
	ssize_t done = 0;

	while (io->len && off < i->size) {
		u64 in = off & ~PAGE_MASK;
		size_t page_left = min(io->len, PAGE_SIZE - in), n = min(page_left, i->size - off);
		pa_t pa = find_page(i, off >> PAGE_SHIFT);
		int ret;

		if (!pa)
			n = min(n, sizeof(zeros));
		ret = iobuf_put(io, pa ? (u8 *)va(pa) + in : zeros, n);
		if (pa)
			page_put(pa);
		if (ret)
			return done ? done : ret;
		done += n;
		off += n;
	}
	return done;
}

static ssize_t tmpfs_write(struct inode *i, struct file *f, struct iobuf *io, u64 off)
{
	ssize_t done = 0;

	while (io->len) {
		u64 in = off & ~PAGE_MASK;
		size_t n = min(io->len, PAGE_SIZE - in);
		pa_t pa = off >> PAGE_SHIFT < 1u << 20 ? need_page(i, off >> PAGE_SHIFT) : 0;
		int ret = pa ? iobuf_get(io, (u8 *)va(pa) + in, n) : -ENOSPC;

		if (pa)
			page_put(pa);
		if (ret)
			return done ? done : ret;
		done += n;
		off += n;
		if (off > i->size)
			i->size = off;
	}
	i->mtime = wall_clock();
	return done;
}

static int tmpfs_truncate(struct inode *i, u64 size)
{
	struct node *n = node_of(i);
	u64 first = page_up(size) >> PAGE_SHIFT;

	if (!S_ISREG(i->mode))
		return -EINVAL;
	if (size > (4ull << 30))
		return -EFBIG;
	for (u64 k = first; k < n->capacity; k++) {
		u32 frame;

		spin_lock(&pages_lock);
		frame = n->frames[k];
		n->frames[k] = 0;
		spin_unlock(&pages_lock);
		if (frame)
			page_put((pa_t)frame << PAGE_SHIFT);
	}
	if (size < i->size && (size & ~PAGE_MASK)) {
		pa_t pa = find_page(i, size >> PAGE_SHIFT);

		if (pa) {
			memset((u8 *)va(pa) + (size & ~PAGE_MASK), 0, PAGE_SIZE - (size & ~PAGE_MASK));
			page_put(pa);
		}
	}
	i->size = size;
	i->mtime = wall_clock();
	return 0;
}

static int tmpfs_setattr(struct inode *i, const struct iattr *a)
{
	if (a->valid & ATTR_MODE)
		i->mode = (i->mode & S_IFMT) | (a->mode & 07777);
	if (a->valid & ATTR_UID)
		i->uid = a->uid;
	if (a->valid & ATTR_GID)
		i->gid = a->gid;
	if (a->valid & ATTR_ATIME)
		i->atime = a->atime;
	if (a->valid & ATTR_MTIME)
		i->mtime = a->mtime;
	i->ctime = wall_clock();
	return 0;
}

static void tmpfs_release(struct inode *i)
{
	struct node *n = node_of(i);

	if (S_ISREG(i->mode))
		tmpfs_truncate(i, 0);
	while (!list_empty(&n->entries))
		remove_entry(i, list_first(&n->entries, struct entry, link));
	kfree(n->frames);
	kfree(n->target);
	kfree(n);
	kfree(i);
}

static int tmpfs_statfs(struct fs *fs, struct linux_statfs *s)
{
	s->type = 0x01021994;
	s->blocks = page_total_count();
	s->bfree = s->bavail = page_free_count();
	return 0;
}

static const struct inode_ops tmpfs_ops = {
	.lookup = tmpfs_lookup,
	.create = tmpfs_create_node,
	.symlink = tmpfs_symlink,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rename = tmpfs_rename,
	.readlink = tmpfs_readlink,
	.readdir = tmpfs_readdir,
	.truncate = tmpfs_truncate,
	.setattr = tmpfs_setattr,
	.read = tmpfs_read,
	.write = tmpfs_write,
	.get_page = tmpfs_get_page,
	.release = tmpfs_release,
};

struct fs *tmpfs_create(const char *type)
{
	struct fs *fs = kzalloc(sizeof(*fs));

	if (!fs)
		return NULL;
	fs->type = fs->source = type;
	fs->dev = inode_number() + 16;
	fs->statfs = tmpfs_statfs;
	fs->root = node_create(fs, S_IFDIR | 0755);
	if (fs->root)
		fs->root->nlink = 2;
	return fs->root ? fs : NULL;
}

struct file *tmpfs_unnamed(u64 size)
{
	struct file *f = file_alloc(NULL, O_RDWR, NULL);

	if (!f)
		return NULL;
	f->inode = node_create(root_fs, S_IFREG | 0600);
	if (!f->inode) {
		file_put(f);
		return NULL;
	}
	f->mode = f->inode->mode;
	f->inode->size = size;
	return f;
}
