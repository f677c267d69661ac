/* SPDX-License-Identifier: MIT */
/*
 * The 9p file system: the host's folders. [9P2000.L: QEMU hw/9pfs, diod's protocol.md]
 *
 * An inode holds a fid that names its file; nothing is cached, so what the host changes is seen at
 * once. Each open file has a fid of its own, and an inode that is read without one (a program being
 * executed) opens one for itself.
 */
#include "p9.h"
#include "../kernel/lib.h"
#include "../kernel/mm.h"
#include "../kernel/page.h"
#include "../kernel/vfs.h"

#define NO_FID (~0u)
#define GETATTR_BASIC 0x7ffu
#define OPEN_FLAGS (O_ACCMODE | O_TRUNC | O_APPEND | O_DIRECTORY)

struct p9_fs {
	struct p9_channel *channel;
	u32 next_fid;
};

struct p9_node {
	u32 fid;
	u32 read_fid;	/* opened for reading without a file, or NO_FID */
};

static const struct inode_ops p9_ops;

static struct p9_fs *fs_of(struct inode *i)
{
	return i->fs->priv;
}

static u32 fid_of(struct inode *i)
{
	return ((struct p9_node *)i->priv)->fid;
}

static u32 new_fid(struct p9_fs *fs)
{
	return __atomic_add_fetch(&fs->next_fid, 1, __ATOMIC_RELAXED);
}

static struct p9_request *begin(struct inode *i, u8 type)
{
	return p9_begin(fs_of(i)->channel, type);
}

static void clunk(struct p9_fs *fs, u32 fid)
{
	struct p9_request *r = p9_begin(fs->channel, P9_TCLUNK);

	p9_put(r, fid, 4);
	p9_call(r);
	p9_end(r);
}

static int call_and_end(struct p9_request *r)
{
	int ret = p9_call(r);

	p9_end(r);
	return ret;
}

/* A new fid for `name` in fid, or for the same file if name is NULL. */
static int walk(struct p9_fs *fs, u32 fid, const char *name, u32 *out)
{
	struct p9_request *r = p9_begin(fs->channel, P9_TWALK);

	*out = new_fid(fs);
	p9_put(r, fid, 4);
	p9_put(r, *out, 4);
	p9_put(r, name != NULL, 2);
	if (name)
		p9_put_string(r, name);
	return call_and_end(r);
}

static int p9_getattr(struct inode *i)
{
	struct p9_request *r = begin(i, P9_TGETATTR);
	int ret;

	p9_put(r, fid_of(i), 4);
	p9_put(r, GETATTR_BASIC, 8);
	ret = p9_call(r);
	if (!ret) {
		p9_take(r, 8);			/* valid */
		p9_take(r, 5);			/* qid: type, version */
		i->ino = p9_take(r, 8);
		i->mode = p9_take(r, 4);
		i->uid = p9_take(r, 4);
		i->gid = p9_take(r, 4);
		i->nlink = p9_take(r, 8);
		i->rdev = p9_take(r, 8);
		i->size = p9_take(r, 8);
		p9_take(r, 8);			/* block size */
		p9_take(r, 8);			/* blocks */
		i->atime = p9_take(r, 8) * NSEC_PER_SEC;
		i->atime += p9_take(r, 8);
		i->mtime = p9_take(r, 8) * NSEC_PER_SEC;
		i->mtime += p9_take(r, 8);
		i->ctime = p9_take(r, 8) * NSEC_PER_SEC;
		i->ctime += p9_take(r, 8);
	}
	p9_end(r);
	return ret;
}

static struct inode *node_create(struct fs *fs, u32 fid)
{
	struct inode *i = inode_alloc(fs, &p9_ops, 0);
	struct p9_node *n = kmalloc(sizeof(*n));

	if (!i || !n) {
		kfree(i);
		kfree(n);
		clunk(fs->priv, fid);
		return NULL;
	}
	*n = (struct p9_node){ fid, NO_FID };
	i->priv = n;
	return i;
}

static int p9_lookup(struct inode *dir, const char *name, struct inode **out)
{
	u32 fid;
	int ret = walk(fs_of(dir), fid_of(dir), name, &fid);

	if (ret)
		return ret;
	*out = node_create(dir->fs, fid);
	if (!*out)
		return -ENOMEM;
	ret = p9_getattr(*out);
	if (ret)
		inode_put(*out);
	return ret;
}

static int p9_create_node(struct inode *dir, const char *name, u32 mode, u64 rdev, struct inode **out)
{
	struct p9_request *r;
	int ret;

	if (S_ISDIR(mode)) {
		r = begin(dir, P9_TMKDIR);
		p9_put(r, fid_of(dir), 4);
		p9_put_string(r, name);
		p9_put(r, mode & 07777, 4);
		p9_put(r, 0, 4);
		ret = call_and_end(r);
	} else if (S_ISREG(mode)) {
		u32 fid;	/* lcreate turns the directory's fid into the open file's: use a copy */

		ret = walk(fs_of(dir), fid_of(dir), NULL, &fid);
		if (ret)
			return ret;
		r = begin(dir, P9_TLCREATE);
		p9_put(r, fid, 4);
		p9_put_string(r, name);
		p9_put(r, O_RDWR | O_CREAT | O_EXCL, 4);
		p9_put(r, mode & 07777, 4);
		p9_put(r, 0, 4);
		ret = call_and_end(r);
		clunk(fs_of(dir), fid);
	} else {
		return -EPERM;
	}
	return ret ? ret : p9_lookup(dir, name, out);
}

static int p9_symlink(struct inode *dir, const char *name, const char *target)
{
	struct p9_request *r = begin(dir, P9_TSYMLINK);

	p9_put(r, fid_of(dir), 4);
	p9_put_string(r, name);
	p9_put_string(r, target);
	p9_put(r, 0, 4);
	return call_and_end(r);
}

static int p9_link(struct inode *dir, const char *name, struct inode *node)
{
	struct p9_request *r = begin(dir, P9_TLINK);

	p9_put(r, fid_of(dir), 4);
	p9_put(r, fid_of(node), 4);
	p9_put_string(r, name);
	return call_and_end(r);
}

static int p9_unlink(struct inode *dir, const char *name, bool directory)
{
	struct p9_request *r = begin(dir, P9_TUNLINKAT);

	p9_put(r, fid_of(dir), 4);
	p9_put_string(r, name);
	p9_put(r, directory ? 0x200 : 0, 4);
	return call_and_end(r);
}

static int p9_rename(struct inode *odir, const char *oname, struct inode *ndir, const char *nname)
{
	struct p9_request *r = begin(odir, P9_TRENAMEAT);

	p9_put(r, fid_of(odir), 4);
	p9_put_string(r, oname);
	p9_put(r, fid_of(ndir), 4);
	p9_put_string(r, nname);
	return call_and_end(r);
}

static int p9_readlink(struct inode *i, char *buf, size_t size)
{
	struct p9_request *r = begin(i, P9_TREADLINK);
	int ret;

	p9_put(r, fid_of(i), 4);
	ret = p9_call(r);
	if (!ret) {
		ret = min((size_t)p9_take(r, 2), size);
		memcpy(buf, r->rx + r->at, ret);
	}
	p9_end(r);
	return ret;
}

/* An open fid for the inode. */
static int open_fid(struct inode *i, u32 flags, u32 *fid)
{
	struct p9_request *r;
	int ret = walk(fs_of(i), fid_of(i), NULL, fid);

	if (ret)
		return ret;
	r = begin(i, P9_TLOPEN);
	p9_put(r, *fid, 4);
	p9_put(r, flags & OPEN_FLAGS, 4);
	ret = call_and_end(r);
	if (ret)
		clunk(fs_of(i), *fid);
	return ret;
}

static void p9_file_release(struct file *f)
{
	clunk(fs_of(f->inode), f->dir_private);
}

static const struct file_ops p9_file_ops = { .release = p9_file_release };

static int p9_open(struct inode *i, struct file *f)
{
	u32 fid;
	int ret = open_fid(i, f->flags, &fid);

	if (ret)
		return ret;
	f->dir_private = fid;
	f->ops = &p9_file_ops;
	return 0;
}

static int reading_fid(struct inode *i, struct file *f, u32 *fid)
{
	struct p9_node *n = i->priv;
	int ret = 0;

	if (f) {
		*fid = f->dir_private;
		return 0;
	}
	if (n->read_fid == NO_FID) {
		u32 mine, none = NO_FID;

		ret = open_fid(i, O_RDONLY, &mine);
		if (!ret && !__atomic_compare_exchange_n(&n->read_fid, &none, mine, false, __ATOMIC_SEQ_CST,
							 __ATOMIC_SEQ_CST))
			clunk(fs_of(i), mine);
	}
	*fid = n->read_fid;
	return ret;
}

static ssize_t p9_read(struct inode *i, struct file *f, struct iobuf *io, u64 off)
{
	ssize_t done = 0;
	u32 fid;
	int ret = reading_fid(i, f, &fid);

	while (io->len && !ret) {
		struct p9_request *r = begin(i, P9_TREAD);
		u32 want = min(io->len, (size_t)(P9_MSIZE - P9_HEADER)), n;

		p9_put(r, fid, 4);
		p9_put(r, off, 8);
		p9_put(r, want, 4);
		ret = p9_call(r);
		n = ret ? 0 : min((u32)p9_take(r, 4), want);
		if (n)
			ret = iobuf_put(io, r->rx + P9_HEADER, n);
		p9_end(r);
		if (ret || !n)
			break;
		done += n;
		off += n;
		if (n < want)
			break;
	}
	return done ? done : ret;
}

static ssize_t p9_write(struct inode *i, struct file *f, struct iobuf *io, u64 off)
{
	ssize_t done = 0;
	int ret = 0;

	while (io->len && !ret) {
		struct p9_request *r = begin(i, P9_TWRITE);
		u32 n = min(io->len, (size_t)(P9_MSIZE - 32)), written = 0;

		p9_put(r, f->dir_private, 4);
		p9_put(r, off, 8);
		p9_put(r, n, 4);
		ret = iobuf_get(io, r->tx + r->at, n);
		r->at += n;
		if (!ret)
			ret = p9_call(r);
		if (!ret)
			written = min((u32)p9_take(r, 4), n);
		p9_end(r);
		if (ret)
			break;
		done += written;
		off += written;
		if (written < n)
			break;
	}
	if (done && off > i->size)
		i->size = off;
	return done ? done : ret;
}

/* Our positions are the server's cookies plus 2; 0 to 2 are "." and ".." of the caller's making. */
static int p9_readdir(struct inode *i, struct file *f, struct dirctx *c)
{
	bool more = true;
	int ret = 0;

	while (more && !ret) {
		struct p9_request *r = begin(i, P9_TREADDIR);
		u32 end;

		p9_put(r, f->dir_private, 4);
		p9_put(r, c->pos <= 2 ? 0 : c->pos - 2, 8);
		p9_put(r, 8192, 4);
		ret = p9_call(r);
		end = ret ? 0 : p9_take(r, 4) + P9_HEADER;
		if (!ret && end > r->end)
			ret = -EIO;
		more = !ret && end > P9_HEADER;
		while (more && r->at < end) {
			char name[NAME_MAX + 1];
			u64 ino, cookie;
			unsigned type, n;

			p9_take(r, 5);
			ino = p9_take(r, 8);
			cookie = p9_take(r, 8);
			type = p9_take(r, 1);
			n = p9_take(r, 2);
			if (n > NAME_MAX || r->at + n > end) {
				ret = -EIO;
				break;
			}
			memcpy(name, r->rx + r->at, n);
			name[n] = 0;
			r->at += n;
			if (!strcmp(name, ".") || !strcmp(name, ".."))
				c->pos = cookie + 2;
			else
				more = c->emit(c, name, ino, type, cookie + 2);
		}
		p9_end(r);
	}
	return ret;
}

#define SET_MODE 1
#define SET_UID 2
#define SET_GID 4
#define SET_SIZE 8
#define SET_ATIME 0x10
#define SET_MTIME 0x20
#define SET_ATIME_VALUE 0x80
#define SET_MTIME_VALUE 0x100

static int send_setattr(struct inode *i, u32 valid, const struct iattr *a, u64 size)
{
	struct p9_request *r = begin(i, P9_TSETATTR);

	p9_put(r, fid_of(i), 4);
	p9_put(r, valid, 4);
	p9_put(r, a->mode, 4);
	p9_put(r, a->uid, 4);
	p9_put(r, a->gid, 4);
	p9_put(r, size, 8);
	p9_put(r, a->atime / NSEC_PER_SEC, 8);
	p9_put(r, a->atime % NSEC_PER_SEC, 8);
	p9_put(r, a->mtime / NSEC_PER_SEC, 8);
	p9_put(r, a->mtime % NSEC_PER_SEC, 8);
	return call_and_end(r);
}

static int p9_setattr(struct inode *i, const struct iattr *a)
{
	u32 valid = 0;

	valid |= a->valid & ATTR_MODE ? SET_MODE : 0;
	valid |= a->valid & ATTR_UID ? SET_UID : 0;
	valid |= a->valid & ATTR_GID ? SET_GID : 0;
	valid |= a->valid & ATTR_ATIME ? SET_ATIME | SET_ATIME_VALUE : 0;
	valid |= a->valid & ATTR_MTIME ? SET_MTIME | SET_MTIME_VALUE : 0;
	return send_setattr(i, valid, a, 0);
}

static int p9_truncate(struct inode *i, u64 size)
{
	int ret = send_setattr(i, SET_SIZE, &(struct iattr){ 0 }, size);

	if (!ret)
		i->size = size;
	return ret;
}

static void p9_release(struct inode *i)
{
	struct p9_node *n = i->priv;

	clunk(fs_of(i), n->fid);
	if (n->read_fid != NO_FID)
		clunk(fs_of(i), n->read_fid);
	kfree(n);
	kfree(i);
}

static int p9_statfs(struct fs *fs, struct linux_statfs *s)
{
	struct p9_request *r = p9_begin(((struct p9_fs *)fs->priv)->channel, P9_TSTATFS);
	int ret;

	p9_put(r, fid_of(fs->root), 4);
	ret = p9_call(r);
	if (!ret) {
		s->type = p9_take(r, 4);
		s->bsize = s->frsize = p9_take(r, 4);
		s->blocks = p9_take(r, 8);
		s->bfree = p9_take(r, 8);
		s->bavail = p9_take(r, 8);
		s->files = p9_take(r, 8);
		s->ffree = p9_take(r, 8);
	}
	p9_end(r);
	return ret;
}

static const struct inode_ops p9_ops = {
	.lookup = p9_lookup,
	.create = p9_create_node,
	.symlink = p9_symlink,
	.link = p9_link,
	.unlink = p9_unlink,
	.rename = p9_rename,
	.readlink = p9_readlink,
	.readdir = p9_readdir,
	.truncate = p9_truncate,
	.setattr = p9_setattr,
	.getattr = p9_getattr,
	.open = p9_open,
	.read = p9_read,
	.write = p9_write,
	.release = p9_release,
};

static int attach(struct p9_fs *fs, u32 fid)
{
	struct p9_request *r = p9_begin(fs->channel, P9_TVERSION);
	int ret;

	p9_put(r, P9_MSIZE, 4);
	p9_put_string(r, "9P2000.L");
	ret = p9_call(r);
	if (!ret && (p9_take(r, 4) != P9_MSIZE || p9_take(r, 2) != 8))
		ret = -EPROTONOSUPPORT;
	p9_end(r);
	if (ret)
		return ret;
	r = p9_begin(fs->channel, P9_TATTACH);
	p9_put(r, fid, 4);
	p9_put(r, NO_FID, 4);
	p9_put_string(r, "root");
	p9_put_string(r, "");
	p9_put(r, 0, 4);
	return call_and_end(r);
}

struct fs *p9_create(const char *tag)
{
	struct p9_channel *c = p9_channel_find(tag);
	struct fs *fs = kzalloc(sizeof(*fs));
	struct p9_fs *p = kzalloc(sizeof(*p));
	int ret = c ? -ENOMEM : -ENOENT;

	if (c && fs && p) {
		p->channel = c;
		fs->priv = p;
		ret = attach(p, new_fid(p));
	}
	if (!ret) {
		fs->type = fs->source = "9p";
		fs->dev = inode_number() + 16;
		fs->statfs = p9_statfs;
		fs->root = node_create(fs, 1);
		ret = fs->root ? p9_getattr(fs->root) : -ENOMEM;
	}
	if (!ret)
		return fs;
	kfree(p);
	kfree(fs);
	return ERR_PTR(ret);
}
