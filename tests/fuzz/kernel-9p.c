/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: the guest kernel's 9p client and a server that answers anything. The first byte names
 * what is done; then come the answers, each behind two bytes of length.
 *
 * CFLAGS: -w
 * LINK: tests/fuzz/hv-support.c
 */
#include <string.h>

#include "fuzz.h"
#define strtoul kernel_strtoul
#include "guest-kernel/drivers/p9.c"
#include "guest-kernel/kernel/errno.h"

static const u8 *answers;
static size_t answers_len;
static struct p9_request request;
static u8 tx[P9_MSIZE], *rx;

void *kmalloc(size_t n) { return malloc(n); }
void *kzalloc(size_t n) { return calloc(1, n); }
void kfree(void *p) { free(p); }
u64 inode_number(void) { return 1; }
struct p9_channel *p9_channel_find(const char *tag) { return NULL; }

struct inode *inode_alloc(struct fs *fs, const struct inode_ops *ops, u32 mode)
{
	struct inode *i = calloc(1, sizeof(*i));

	i->fs = fs;
	i->ops = ops;
	i->refs = 1;
	return i;
}

void inode_put(struct inode *i)
{
	i->ops->release(i);
}

int iobuf_put(struct iobuf *io, const void *src, size_t n)
{
	MUST(n <= io->len);
	memcpy((void *)io->base, src, n);
	io->base += n;
	io->len -= n;
	return 0;
}

int iobuf_get(struct iobuf *io, void *dst, size_t n)
{
	MUST(n <= io->len);
	memcpy(dst, (void *)io->base, n);
	io->base += n;
	io->len -= n;
	return 0;
}

struct p9_request *p9_begin(struct p9_channel *c, u8 type)
{
	request = (struct p9_request){ .tx = tx, .rx = rx, .at = 7 };
	tx[4] = type;
	return &request;
}

/* As in p9_channel.c, which speaks to virtio as well. */
void p9_put(struct p9_request *r, u64 v, unsigned bytes)
{
	MUST(r->at + bytes <= P9_MSIZE);
	memcpy(r->tx + r->at, &v, bytes);
	r->at += bytes;
}

void p9_put_string(struct p9_request *r, const char *s)
{
	size_t n = strlen(s);

	p9_put(r, n, 2);
	MUST(r->at + n <= P9_MSIZE);
	memcpy(r->tx + r->at, s, n);
	r->at += n;
}

u64 p9_take(struct p9_request *r, unsigned bytes)
{
	u64 v = 0;

	if (r->at + bytes <= r->end)
		memcpy(&v, r->rx + r->at, bytes);
	r->at += bytes;
	return v;
}

int p9_call(struct p9_request *r)
{
	size_t n = 0;

	if (answers_len >= 2) {
		n = answers[0] | answers[1] << 8;
		answers += 2;
		answers_len -= 2;
		n = n < answers_len ? n : answers_len;
		memcpy(r->rx, answers, n);
		answers += n;
		answers_len -= n;
	}
	r->end = n;
	r->at = 7;
	if (n < 7)
		return -EIO;
	/* The largest answer: as if the server had filled the whole buffer. */
	if (r->rx[0] == 0xff)
		r->end = P9_MSIZE;
	if (r->rx[4] == P9_RLERROR) {
		u32 error = p9_take(r, 4);

		return error && error < 4096 ? -(int)error : -EIO;
	}
	return 0;
}

void p9_end(struct p9_request *r)
{
}

static bool emit(struct dirctx *c, const char *name, u64 ino, unsigned type, u64 next)
{
	MUST(strlen(name) <= NAME_MAX);
	c->pos = next;
	return ino != 9;
}

static void use(struct inode *root, u8 what)
{
	static char buf[P9_MSIZE * 2];
	struct iobuf io = { .base = (u64)buf, .len = sizeof(buf) };
	struct dirctx c = { .emit = emit };
	struct linux_statfs st;
	struct inode *i;
	struct file f = { .inode = root };
	int ret;

	switch (what % 8) {
	case 0:
		if (!p9_lookup(root, "name", &i))
			inode_put(i);
		break;
	case 1:
		p9_getattr(root);
		break;
	case 2:
		ret = p9_readlink(root, buf, 4096);
		MUST(ret <= 4096);
		break;
	case 3:
		p9_read(root, &f, &io, 0);
		break;
	case 4:
		p9_write(root, &f, &io, 0);
		break;
	case 5:
		p9_readdir(root, &f, &c);
		break;
	case 6:
		p9_statfs(root->fs, &st);
		break;
	default:
		if (!p9_create_node(root, "name", S_IFREG | 0644, 0, &i))
			inode_put(i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct p9_fs p = { 0 };
	struct fs fs = { .priv = &p };

	if (!size)
		return 0;
	rx = malloc(P9_MSIZE);
	memset(rx, 0x20, P9_MSIZE);
	answers = data + 1;
	answers_len = size - 1;
	fs.root = node_create(&fs, 1);
	use(fs.root, data[0]);
	inode_put(fs.root);
	free(rx);
	return 0;
}
