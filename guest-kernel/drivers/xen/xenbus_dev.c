/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/xenbus: XenStore for programs, by writing requests and reading replies and watch events; and
 * /dev/xen/xenbus_backend, through which the local xenstored finds this kernel's own ring.
 *
 * Many files share one connection: request numbers are replaced on the way (xenbus.c), and watch tokens
 * get the file's number in front. What a file leaves behind is undone when it is closed.
 *
 * Locks: conn->lock for the queue of bytes to be read.
 */
#include <pv-abi/io/xs_wire.h>
#include "xen.h"
#include "../../kernel/page.h"

struct chunk {
	struct list link;
	size_t len, done;
	u8 data[];
};

struct left {			/* a watch or a transaction to undo */
	struct list link;
	u32 tx_id;		/* 0: a watch */
	size_t len;
	char body[];		/* the watch's "path\0token\0" */
};

struct conn {
	struct xenbus_watch listener;
	struct spinlock lock;
	struct waitq wait;
	struct list out;	/* chunks */
	struct list left;
	struct mutex request_lock;
	size_t have;		/* bytes of the request being written */
	u8 request[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
};

static struct chunk *chunk_create(const struct xsd_sockmsg *h, const void *body)
{
	struct chunk *c = kmalloc(sizeof(*c) + sizeof(*h) + h->len);

	if (c) {
		c->len = sizeof(*h) + h->len;
		c->done = 0;
		memcpy(c->data, h, sizeof(*h));
		memcpy(c->data + sizeof(*h), body, h->len);
	}
	return c;
}

static void queue_chunk(struct conn *x, struct chunk *c)
{
	if (!c)
		return;
	spin_lock(&x->lock);
	list_add_tail(&c->link, &x->out);
	spin_unlock(&x->lock);
	wake_all(&x->wait);
}

/* From the xenbus thread, with its lock held. */
static void conn_event(struct xenbus_watch *w, const char *path, const char *token)
{
	struct conn *x = container_of(w, struct conn, listener);
	size_t n = strlen(path) + 1, k = strlen(token) + 1;
	struct xsd_sockmsg h = { .type = XS_WATCH_EVENT, .len = n + k };
	struct chunk *c = kmalloc(sizeof(*c) + sizeof(h) + n + k);

	if (!c)
		return;
	c->len = sizeof(h) + n + k;
	c->done = 0;
	memcpy(c->data, &h, sizeof(h));
	memcpy(c->data + sizeof(h), path, n);
	memcpy(c->data + sizeof(h) + n, token, k);
	queue_chunk(x, c);
}

static void remember(struct conn *x, u32 tx_id, const char *body, size_t len)
{
	struct left *l = kmalloc(sizeof(*l) + len);

	if (!l)
		return;
	l->tx_id = tx_id;
	l->len = len;
	memcpy(l->body, body, len);
	list_add_tail(&l->link, &x->left);
}

static void forget(struct conn *x, u32 tx_id, const char *body, size_t len)
{
	struct left *l, *next;

	list_for_each_safe(l, next, &x->left, link) {
		if (l->tx_id != tx_id || (!tx_id && (l->len != len || memcmp(l->body, body, len))))
			continue;
		list_del(&l->link);
		kfree(l);
		return;
	}
}

/* "path\0token\0" with the file's name in front of the token; the length, or 0 if it is malformed. */
static size_t watch_body(struct conn *x, const char *in, size_t len, char *out, size_t size)
{
	size_t n = strnlen(in, len) + 1, k;

	if (n >= len || in[len - 1] || len + 24 > size)
		return 0;
	memcpy(out, in, n);
	k = snprintf(out + n, size - n, "%s:%s", x->listener.token, in + n);
	return n + k + 1;
}

static void process(struct conn *x)
{
	struct xsd_sockmsg h;
	char *body = (char *)x->request + sizeof(h), *answer, *changed = NULL;
	size_t len;
	ssize_t n;
	u32 type;

	memcpy(&h, x->request, sizeof(h));
	len = h.len;
	if (h.type == XS_WATCH || h.type == XS_UNWATCH) {
		changed = kmalloc(XENSTORE_PAYLOAD_MAX + 64);
		len = changed ? watch_body(x, body, len, changed, XENSTORE_PAYLOAD_MAX + 64) : 0;
		body = changed;
	}
	if (changed && !len)
		n = -EINVAL;
	else
		n = xenbus_exchange(h.type, h.tx_id, body, len, &answer, &type);
	if (n < 0) {
		static const char *const names[] = { "EIO", "EINVAL" };
		const char *name = names[n == -EINVAL];

		h.type = XS_ERROR;
		h.len = strlen(name) + 1;
		queue_chunk(x, chunk_create(&h, name));
		kfree(changed);
		return;
	}
	if (type != XS_ERROR) {
		if (h.type == XS_WATCH)
			remember(x, 0, body, len);
		else if (h.type == XS_UNWATCH)
			forget(x, 0, body, len);
		else if (h.type == XS_TRANSACTION_START)
			remember(x, strtoul(answer, NULL), "", 0);
		else if (h.type == XS_TRANSACTION_END)
			forget(x, h.tx_id, "", 0);
	}
	h.type = type;
	h.len = n;
	queue_chunk(x, chunk_create(&h, answer));
	kfree(answer);
	kfree(changed);
}

static ssize_t xenbus_file_write(struct file *f, struct iobuf *io)
{
	struct conn *x = f->priv;
	struct xsd_sockmsg h;
	ssize_t total = io->len;
	int ret = 0;

	mutex_lock(&x->request_lock);
	while (io->len && !ret) {
		size_t want = sizeof(h), n;

		if (x->have >= sizeof(h)) {
			memcpy(&h, x->request, sizeof(h));
			want += h.len;
		}
		if (want > sizeof(x->request)) {
			x->have = 0;
			ret = -EINVAL;
			break;
		}
		n = min(want - x->have, io->len);
		if (iobuf_get(io, x->request + x->have, n)) {
			ret = -EFAULT;
			break;
		}
		x->have += n;
		if (x->have < sizeof(h))
			break;
		memcpy(&h, x->request, sizeof(h));
		if (x->have == sizeof(h) + h.len) {
			process(x);
			x->have = 0;
		}
	}
	mutex_unlock(&x->request_lock);
	return ret ? ret : total;
}

static ssize_t xenbus_file_read(struct file *f, struct iobuf *io)
{
	struct conn *x = f->priv;
	ssize_t done = 0;
	int ret = 0;

	while (io->len && !ret) {
		struct chunk *c = NULL;

		spin_lock(&x->lock);
		while (list_empty(&x->out) && !done && !ret)
			ret = f->flags & O_NONBLOCK ? -EAGAIN : wait_locked(&x->wait, &x->lock, 0);
		if (!ret && !list_empty(&x->out)) {
			c = list_first(&x->out, struct chunk, link);
			list_del(&c->link);
		}
		spin_unlock(&x->lock);
		if (!c)
			break;
		size_t n = min(c->len - c->done, io->len);

		ret = iobuf_put(io, c->data + c->done, n);
		if (!ret) {
			c->done += n;
			done += n;
		}
		if (c->done < c->len) {
			spin_lock(&x->lock);
			list_add(&c->link, &x->out);
			spin_unlock(&x->lock);
		} else {
			kfree(c);
		}
	}
	return done ? done : ret;
}

static unsigned xenbus_file_poll(struct file *f, struct polltable *pt)
{
	struct conn *x = f->priv;
	unsigned ev = POLLOUT | POLLWRNORM;

	poll_wait(pt, &x->wait);
	spin_lock(&x->lock);
	if (!list_empty(&x->out))
		ev |= POLLIN | POLLRDNORM;
	spin_unlock(&x->lock);
	return ev;
}

static void xenbus_file_release(struct file *f)
{
	struct conn *x = f->priv;

	while (!list_empty(&x->left)) {
		struct left *l = list_first(&x->left, struct left, link);

		list_del(&l->link);
		if (l->tx_id)
			xenbus_post(XS_TRANSACTION_END, l->tx_id, "F", 2);
		else
			xenbus_post(XS_UNWATCH, 0, l->body, l->len);
		kfree(l);
	}
	xenbus_remove_listener(&x->listener);
	while (!list_empty(&x->out)) {
		struct chunk *c = list_first(&x->out, struct chunk, link);

		list_del(&c->link);
		kfree(c);
	}
	kfree(x);
}

static const struct file_ops xenbus_ops = {
	.read = xenbus_file_read,
	.write = xenbus_file_write,
	.poll = xenbus_file_poll,
	.release = xenbus_file_release,
};

static int xenbus_open(struct file *f, void *arg)
{
	static int number;
	struct conn *x;

	if (!xenbus_connected())
		return -ENXIO;
	x = kzalloc(sizeof(*x));
	if (!x)
		return -ENOMEM;
	spin_init(&x->lock, LOCK_OBJECT2);
	waitq_init(&x->wait);
	mutex_init(&x->request_lock);
	list_init(&x->out);
	list_init(&x->left);
	snprintf(x->listener.token, sizeof(x->listener.token), "f%d", atomic_inc(&number));
	x->listener.fn = conn_event;
	xenbus_add_listener(&x->listener);
	f->ops = &xenbus_ops;
	f->priv = x;
	return 0;
}

/* XENBUS_BACKEND_EVTCHN: the port that xenstored is to bind to. */
static long backend_ioctl(struct file *f, unsigned cmd, u64 arg)
{
	return IOC_KEY(cmd) == KEY('B', 0) ? (long)xenbus_port : -ENOTTY;
}

static int backend_mmap(struct file *f, struct vma *v)
{
	struct mm *mm = current->mm;
	u64 *slot;

	if (v->end - v->start != PAGE_SIZE || v->offset)
		return -EINVAL;
	slot = pt_slot(mm, v->start, true);
	if (!slot)
		return -ENOMEM;
	page_get(pa(xenbus_ring));
	mm->rss++;
	plat_pte_set(mm, v->start, slot, plat_pte_make(pa(xenbus_ring), PTE_P | PTE_U | PTE_W | PTE_A | PTE_D | PTE_NX));
	plat_pte_flush(mm);
	xenbus_server_arrived();
	return 0;
}

static const struct file_ops backend_ops = { .ioctl = backend_ioctl, .mmap = backend_mmap };

static struct chardev devices[] = {
	{ .major = XEN_MAJOR, .minor = 63, .name = "xen/xenbus", .open = xenbus_open, .mode = 0600 },
	{ .major = XEN_MAJOR, .minor = 64, .name = "xen/xenbus_backend", .ops = &backend_ops, .mode = 0600 },
};

void xenbus_dev_init(void)
{
	chardev_add(&devices[0]);
	if (boot_info.control_domain)
		chardev_add(&devices[1]);
}
