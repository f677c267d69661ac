/* SPDX-License-Identifier: MIT */
/*
 * virtio-serial with several ports: byte streams to the host, /dev/vport0 to /dev/vport7. A port named
 * "paravane.N" is vportN. [Virtio 1.1, 5.3]
 *
 * Port 0 and the control queues are numbered first, so port n > 0 has queues 2n+2 (in) and 2n+3 (out).
 * As in Linux, reading from a port whose host side is closed gives end of file.
 *
 * Locks: one for the device, taken by its interrupt.
 */
#include "virtio.h"
#include "../kernel/lib.h"
#include "../kernel/mm.h"
#include "../kernel/page.h"
#include "../kernel/task.h"
#include "../kernel/vfs.h"

#define FEATURE_MULTIPORT 2
#define PORTS 32
#define IN_BUFFERS 4
#define CONTROL_BUFFERS 16

enum { DEVICE_READY, DEVICE_ADD, DEVICE_REMOVE, PORT_READY, CONSOLE_PORT, RESIZE, PORT_OPEN, PORT_NAME };

struct control {
	u32 id;
	u16 event, value;
};

struct in_buffer {
	struct list link;
	u32 len, done;
	u8 *data;	/* a page */
};

struct port {
	unsigned id;
	struct virtq *in, *out;
	struct list filled;		/* in_buffers with data */
	struct waitq wait;
	bool host_open, out_busy;
	int opens;
	u8 *out_data;			/* a page */
	struct chardev node;
	char name[16];
	bool named;
};

static struct virtio_device *dev;
static struct virtq *control_in, *control_out;
static struct port *ports[PORTS];
static struct spinlock lock = SPINLOCK_INIT(LOCK_OBJECT);
static struct waitq setup_wait = WAITQ_INIT(setup_wait);
static u32 to_add;			/* ports announced, not set up yet */
static u32 to_name;			/* ports that have a name, but no node */

static void send_control(unsigned id, unsigned event, unsigned value)
{
	struct control *c = kmalloc(sizeof(*c));
	void *done;
	u32 len;

	while ((done = virtq_get(control_out, &len)))
		kfree(done);
	if (!c)
		return;
	*c = (struct control){ id, event, value };
	if (virtq_add(control_out, &(struct virtio_buffer){ c, sizeof(*c) }, 1, 0, c))
		kfree(c);
	else
		virtq_kick(control_out);
}

/* Under the lock, in the interrupt: what needs memory is left to the thread. */
static void handle_control(const struct control *c, size_t len)
{
	struct port *p = c->id < PORTS ? ports[c->id] : NULL;

	if (c->event == DEVICE_ADD && c->id < PORTS) {
		to_add |= 1u << c->id;
	} else if (p && c->event == PORT_OPEN) {
		p->host_open = c->value;
	} else if (p && c->event == PORT_NAME && len > sizeof(*c)) {
		const char *name = (const char *)(c + 1);
		size_t n = len - sizeof(*c);

		if (n > 9 && !strncmp(name, "paravane.", 9)) {
			snprintf(p->name, sizeof(p->name), "vport%c", name[9]);
			to_name |= 1u << c->id;
		}
	}
}

static void serial_interrupt(struct virtio_device *d)
{
	struct control *c;
	u32 len;

	spin_lock(&lock);
	while ((c = virtq_get(control_in, &len))) {
		handle_control(c, len);
		virtq_add(control_in, &(struct virtio_buffer){ c, 64 }, 0, 1, c);
	}
	virtq_kick(control_in);
	for (unsigned i = 0; i < PORTS; i++) {
		struct port *p = ports[i];
		struct in_buffer *b;

		if (!p)
			continue;
		while ((b = virtq_get(p->in, &len))) {
			b->len = len;
			b->done = 0;
			list_add_tail(&b->link, &p->filled);
		}
		if (p->out_busy && virtq_get(p->out, &len))
			p->out_busy = false;
		wake_all(&p->wait);
	}
	spin_unlock(&lock);
	wake_all(&setup_wait);
}

static const struct file_ops port_ops;

static int port_open(struct file *f, void *arg)
{
	struct port *p = arg;

	spin_lock(&lock);
	if (!p->opens++)
		send_control(p->id, PORT_OPEN, 1);
	spin_unlock(&lock);
	f->ops = &port_ops;
	f->priv = p;
	return 0;
}

static void port_release(struct file *f)
{
	struct port *p = f->priv;

	spin_lock(&lock);
	if (!--p->opens)
		send_control(p->id, PORT_OPEN, 0);
	spin_unlock(&lock);
}

/* Under the lock: a buffer that has been read goes back to the device. */
static void give_back(struct port *p, struct in_buffer *b)
{
	list_del(&b->link);
	virtq_add(p->in, &(struct virtio_buffer){ b->data, PAGE_SIZE }, 0, 1, b);
	virtq_kick(p->in);
}

static ssize_t port_read(struct file *f, struct iobuf *io)
{
	struct port *p = f->priv;
	u8 chunk[512];
	ssize_t done = 0;
	int ret = 0;

	while (io->len && !ret) {
		size_t n = 0;

		spin_lock(&lock);
		while (list_empty(&p->filled) && !done && p->host_open && !ret)
			ret = f->flags & O_NONBLOCK ? -EAGAIN : wait_locked(&p->wait, &lock, 0);
		if (!ret && !list_empty(&p->filled)) {
			struct in_buffer *b = list_first(&p->filled, struct in_buffer, link);

			n = min(io->len, (size_t)(b->len - b->done));
			n = min(n, sizeof(chunk));
			memcpy(chunk, b->data + b->done, n);
			b->done += n;
			if (b->done == b->len)
				give_back(p, b);
		}
		spin_unlock(&lock);
		if (!n)
			break;
		ret = iobuf_put(io, chunk, n);
		done += n;
	}
	return done ? done : ret;
}

static ssize_t port_write(struct file *f, struct iobuf *io)
{
	struct port *p = f->priv;
	u8 *bounce = kmalloc(PAGE_SIZE);
	ssize_t done = 0;
	int ret = bounce ? 0 : -ENOMEM;

	while (io->len && !ret) {
		size_t n = min(io->len, PAGE_SIZE);

		ret = iobuf_get(io, bounce, n);
		spin_lock(&lock);
		while ((p->out_busy || !p->host_open) && !ret)
			ret = f->flags & O_NONBLOCK ? -EAGAIN : wait_locked(&p->wait, &lock, 0);
		if (!ret) {
			memcpy(p->out_data, bounce, n);
			p->out_busy = true;
			virtq_add(p->out, &(struct virtio_buffer){ p->out_data, n }, 1, 0, p);
			virtq_kick(p->out);
			done += n;
		}
		spin_unlock(&lock);
	}
	kfree(bounce);
	return done ? done : ret;
}

static unsigned port_poll(struct file *f, struct polltable *pt)
{
	struct port *p = f->priv;
	unsigned ev = 0;

	poll_wait(pt, &p->wait);
	spin_lock(&lock);
	if (!list_empty(&p->filled))
		ev |= POLLIN | POLLRDNORM;
	if (!p->host_open)
		ev |= POLLHUP;
	else if (!p->out_busy)
		ev |= POLLOUT | POLLWRNORM;
	spin_unlock(&lock);
	return ev;
}

static const struct file_ops port_ops = {
	.read = port_read,
	.write = port_write,
	.poll = port_poll,
	.release = port_release,
};

static void add_port(unsigned id)
{
	struct port *p = kzalloc(sizeof(*p));

	if (!p || !(p->in = virtq_create(dev, id ? 2 * id + 2 : 0)) ||
	    !(p->out = virtq_create(dev, id ? 2 * id + 3 : 1)) || !(p->out_data = kmalloc(PAGE_SIZE))) {
		printk("virtio-serial: port %u cannot be set up\n", id);
		return;
	}
	p->id = id;
	list_init(&p->filled);
	waitq_init(&p->wait);
	for (int i = 0; i < IN_BUFFERS; i++) {
		struct in_buffer *b = kzalloc(sizeof(*b));

		b->data = kmalloc(PAGE_SIZE);
		list_init(&b->link);
		virtq_add(p->in, &(struct virtio_buffer){ b->data, PAGE_SIZE }, 0, 1, b);
	}
	virtq_kick(p->in);
	spin_lock(&lock);
	ports[id] = p;
	send_control(id, PORT_READY, 1);
	spin_unlock(&lock);
}

static void name_port(struct port *p)
{
	if (p->named)
		return;
	p->named = true;
	p->node = (struct chardev){ .major = 240, .minor = p->id, .name = p->name, .open = port_open, .arg = p,
				    .mode = 0600 };
	chardev_add(&p->node);
}

static void setup_thread(void *arg)
{
	for (;;) {
		u32 add, name;

		spin_lock(&lock);
		while (!to_add && !to_name)
			wait_locked_uninterruptible(&setup_wait, &lock);
		add = to_add;
		name = to_name;
		to_add = to_name = 0;
		spin_unlock(&lock);
		for (unsigned i = 0; i < PORTS; i++) {
			if (add >> i & 1)
				add_port(i);
			if (name >> i & 1)
				name_port(ports[i]);
		}
	}
}

/*
 * The programs that use the ports start soon after: wait until the host has named those it has, which
 * takes a round trip each, or for a short while.
 */
static void wait_for_names(void)
{
	u64 end = plat_clock() + 200000000;

	while (plat_clock() < end) {
		unsigned added = 0, named = 0;

		for (unsigned i = 1; i < PORTS; i++) {
			added += ports[i] != NULL;
			named += ports[i] && ports[i]->named;
		}
		if (added && added == named && !to_add)
			return;
		sleep_until(plat_clock() + 2000000);
	}
}

void vserial_found(const struct pci_device *pci)
{
	u32 features;

	dev = virtio_create(pci, FEATURE_MULTIPORT, &features);
	if (!dev || !(features & FEATURE_MULTIPORT))
		return;
	dev->interrupt = serial_interrupt;
	control_in = virtq_create(dev, 2);
	control_out = virtq_create(dev, 3);
	if (!control_in || !control_out)
		return;
	for (int i = 0; i < CONTROL_BUFFERS; i++) {
		void *b = kmalloc(64);

		virtq_add(control_in, &(struct virtio_buffer){ b, 64 }, 0, 1, b);
	}
	virtio_start(dev);
	kthread_create("vserial", setup_thread, NULL);
	virtq_kick(control_in);
	spin_lock(&lock);
	send_control(0, DEVICE_READY, 1);
	spin_unlock(&lock);
	wait_for_names();
}
