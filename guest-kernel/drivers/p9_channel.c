/* SPDX-License-Identifier: MIT */
/*
 * virtio-9p channels: each device is a file tree of the host, known by its mount tag. Requests have
 * their own buffers, so several can be in flight and user memory may be touched while one is held (a
 * fault there may need another).
 *
 * Locks: channel->lock, taken by the interrupt.
 */
#include "p9.h"
#include "virtio.h"
#include "../kernel/errno.h"
#include "../kernel/lib.h"
#include "../kernel/mm.h"
#include "../kernel/page.h"
#include "../kernel/task.h"

#define MAX_REQUESTS 6

struct p9_channel {
	struct p9_channel *next;
	struct virtio_device *dev;
	struct virtq *queue;
	struct spinlock lock;
	struct waitq wait;
	struct p9_request *free;
	unsigned created;
	char tag[32];
};

static struct p9_channel *channels;

struct p9_channel *p9_channel_find(const char *tag)
{
	struct p9_channel *c = channels;

	while (c && strcmp(c->tag, tag))
		c = c->next;
	return c;
}

static void p9_interrupt(struct virtio_device *d)
{
	struct p9_channel *c = d->priv;
	struct p9_request *r;
	u32 len;

	spin_lock(&c->lock);
	while ((r = virtq_get(c->queue, &len))) {
		r->end = min(len, P9_MSIZE);
		r->done = true;
	}
	spin_unlock(&c->lock);
	wake_all(&c->wait);
}

static struct p9_request *request_create(struct p9_channel *c)
{
	struct p9_request *r = kzalloc(sizeof(*r));

	if (!r || !(r->tx = kmalloc(P9_MSIZE)) || !(r->rx = kmalloc(P9_MSIZE))) {
		if (r)
			kfree(r->tx);
		kfree(r);
		return NULL;
	}
	r->channel = c;
	return r;
}

struct p9_request *p9_begin(struct p9_channel *c, u8 type)
{
	struct p9_request *r;

	spin_lock(&c->lock);
	while (!c->free) {
		if (c->created < MAX_REQUESTS) {
			u16 tag = c->created++;

			spin_unlock(&c->lock);
			r = request_create(c);
			spin_lock(&c->lock);
			if (r) {
				r->tag = tag;
				r->next = c->free;
				c->free = r;
				continue;
			}
			c->created--;
		}
		wait_locked_uninterruptible(&c->wait, &c->lock);
	}
	r = c->free;
	c->free = r->next;
	spin_unlock(&c->lock);
	r->at = 0;
	r->done = false;
	p9_put(r, 0, 4);
	p9_put(r, type, 1);
	p9_put(r, type == P9_TVERSION ? 0xffff : r->tag, 2);
	return r;
}

void p9_put(struct p9_request *r, u64 v, unsigned bytes)
{
	memcpy(r->tx + r->at, &v, bytes);
	r->at += bytes;
}

void p9_put_string(struct p9_request *r, const char *s)
{
	size_t n = strlen(s);

	p9_put(r, n, 2);
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
	struct p9_channel *c = r->channel;
	struct virtio_buffer b[2] = { { r->tx, r->at }, { r->rx, P9_MSIZE } };
	u8 type;

	memcpy(r->tx, &r->at, 4);
	spin_lock(&c->lock);
	while (virtq_add(c->queue, b, 1, 1, r))
		wait_locked_uninterruptible(&c->wait, &c->lock);
	virtq_kick(c->queue);
	while (!r->done)
		wait_locked_uninterruptible(&c->wait, &c->lock);
	spin_unlock(&c->lock);
	if (r->end < 7)
		return -EIO;
	type = r->rx[4];
	r->at = 7;
	if (type == P9_RLERROR) {
		u32 error = p9_take(r, 4);

		return error && error < 4096 ? -(int)error : -EIO;
	}
	return type == r->tx[4] + 1 ? 0 : -EIO;
}

void p9_end(struct p9_request *r)
{
	struct p9_channel *c = r->channel;

	spin_lock(&c->lock);
	r->next = c->free;
	c->free = r;
	spin_unlock(&c->lock);
	wake_all(&c->wait);
}

void p9_found(const struct pci_device *pci)
{
	struct p9_channel *c = kzalloc(sizeof(*c));
	u32 features;
	unsigned n;

	if (!c || !(c->dev = virtio_create(pci, 1, &features))) {
		kfree(c);
		return;
	}
	spin_init(&c->lock, LOCK_OBJECT);
	waitq_init(&c->wait);
	c->dev->priv = c;
	c->dev->interrupt = p9_interrupt;
	c->queue = virtq_create(c->dev, 0);
	n = virtio_config16(c->dev, 0);
	for (unsigned i = 0; i < n && i + 1 < sizeof(c->tag); i++)
		c->tag[i] = virtio_config8(c->dev, 2 + i);
	if (!c->queue || virtio_start(c->dev)) {
		kfree(c);
		return;
	}
	c->next = channels;
	channels = c;
}
