/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/evtchn: event channels for programs. Each open file owns the ports it binds; a port that
 * fires is masked and its number can be read; writing the number unmasks it.
 *
 * What fired waits in a list through the ports themselves, not in a ring: a port is in it once at most, and
 * there is room for every port that could be bound, so none can be masked without its program learning of it.
 *
 * Locks: user->lock for the file's two lists (taken by the event handler).
 */
#include "xen.h"
#include "../../kernel/page.h"

struct user {
	struct spinlock lock;
	struct waitq wait;
	struct list ports;
	struct list fired;	/* not read yet, oldest first */
};

struct port {
	struct list link;
	struct list fired;	/* in user->fired, or alone */
	struct user *user;
	evtchn_port_t number;
	bool masked;		/* it fired, and waits for the program's write */
};

static void port_event(void *arg)
{
	struct port *p = arg;
	struct user *u = p->user;

	evtchn_mask(p->number);
	spin_lock(&u->lock);
	p->masked = true;
	if (list_empty(&p->fired))
		list_add_tail(&p->fired, &u->fired);
	spin_unlock(&u->lock);
	wake_all(&u->wait);
}

static struct port *find_port(struct user *u, evtchn_port_t number)
{
	struct port *p;

	list_for_each(p, &u->ports, link)
		if (p->number == number)
			return p;
	return NULL;
}

/* A port that was opened for the program; it is closed again if it cannot be watched. */
static long add_port(struct user *u, evtchn_port_t number)
{
	struct port *p = kzalloc(sizeof(*p));

	if (!p)
		goto err_close;
	p->user = u;
	p->number = number;
	list_init(&p->fired);
	spin_lock(&u->lock);
	list_add_tail(&p->link, &u->ports);
	spin_unlock(&u->lock);
	if (!evtchn_bind(number, 0, port_event, p))
		return number;
	spin_lock(&u->lock);
	list_del(&p->link);
	spin_unlock(&u->lock);
	kfree(p);
err_close:
	evtchn_release(number);
	return -ENOMEM;
}

/* A port that is in no list of ports any more. Its handler may still put it among those that fired, until released. */
static void close_port(struct user *u, struct port *p)
{
	evtchn_release(p->number);
	spin_lock(&u->lock);
	list_del(&p->fired);
	spin_unlock(&u->lock);
	kfree(p);
}

static ssize_t evtchn_read(struct file *f, struct iobuf *io)
{
	struct user *u = f->priv;
	u32 chunk[64];
	unsigned n = 0;
	int ret = 0;

	if (io->len < sizeof(u32))
		return 0;
	spin_lock(&u->lock);
	while (list_empty(&u->fired) && !ret)
		ret = f->flags & O_NONBLOCK ? -EAGAIN : wait_locked(&u->wait, &u->lock, 0);
	while (!ret && !list_empty(&u->fired) && n < ARRAY_SIZE(chunk) && (n + 1) * sizeof(u32) <= io->len) {
		struct port *p = list_first(&u->fired, struct port, fired);

		list_del(&p->fired);
		chunk[n++] = p->number;
	}
	spin_unlock(&u->lock);
	if (ret)
		return ret;
	return iobuf_put(io, chunk, n * sizeof(u32)) ? -EFAULT : (ssize_t)(n * sizeof(u32));
}

static ssize_t evtchn_write(struct file *f, struct iobuf *io)
{
	struct user *u = f->priv;
	ssize_t done = 0;

	while (io->len >= sizeof(u32)) {
		struct port *p;
		bool mine = false;
		u32 number;

		if (iobuf_get(io, &number, sizeof(number)))
			return done ? done : -EFAULT;
		spin_lock(&u->lock);
		p = find_port(u, number);
		if (p && p->masked) {
			p->masked = false;
			mine = true;
		}
		spin_unlock(&u->lock);
		if (mine)
			evtchn_unmask(number);
		done += sizeof(number);
	}
	return done;
}

static unsigned evtchn_poll(struct file *f, struct polltable *pt)
{
	struct user *u = f->priv;
	unsigned ev = POLLOUT | POLLWRNORM;

	poll_wait(pt, &u->wait);
	spin_lock(&u->lock);
	if (!list_empty(&u->fired))
		ev |= POLLIN | POLLRDNORM;
	spin_unlock(&u->lock);
	return ev;
}

static long bind_virq(struct user *u, u64 arg)
{
	struct evtchn_bind_virq b = { 0 };
	int ret;

	if (get_user(b.virq, arg))
		return -EFAULT;
	ret = HYPERVISOR_event_channel_op(EVTCHNOP_bind_virq, &b);
	return ret ? ret : add_port(u, b.port);
}

static long bind_interdomain(struct user *u, u64 arg)
{
	struct evtchn_bind_interdomain b = { 0 };
	u32 a[2];
	int ret;

	if (copy_from_user(a, arg, sizeof(a)))
		return -EFAULT;
	b.remote_dom = a[0];
	b.remote_port = a[1];
	ret = HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &b);
	return ret ? ret : add_port(u, b.local_port);
}

static long bind_unbound(struct user *u, u64 arg)
{
	struct evtchn_alloc_unbound b = { .dom = DOMID_SELF };
	u32 dom;
	int ret;

	if (get_user(dom, arg))
		return -EFAULT;
	b.remote_dom = dom;
	ret = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &b);
	return ret ? ret : add_port(u, b.port);
}

/* Unbind and notify only reach the file's own ports. */
static long on_port(struct user *u, u64 arg, bool unbind)
{
	struct port *p;
	u32 number;

	if (get_user(number, arg))
		return -EFAULT;
	spin_lock(&u->lock);
	p = find_port(u, number);
	if (p && unbind)
		list_del(&p->link);
	spin_unlock(&u->lock);
	if (!p)
		return -ENOTCONN;
	if (unbind)
		close_port(u, p);
	else
		evtchn_send(number);
	return 0;
}

static long evtchn_ioctl(struct file *f, unsigned cmd, u64 arg)
{
	struct user *u = f->priv;

	switch (IOC_KEY(cmd)) {
	case KEY('E', 0):
		return bind_virq(u, arg);
	case KEY('E', 1):
		return bind_interdomain(u, arg);
	case KEY('E', 2):
		return bind_unbound(u, arg);
	case KEY('E', 3):
	case KEY('E', 4):
		return on_port(u, arg, IOC_KEY(cmd) == KEY('E', 3));
	case KEY('E', 5):
		spin_lock(&u->lock);
		while (!list_empty(&u->fired))
			list_del(u->fired.next);
		spin_unlock(&u->lock);
		return 0;
	}
	return -ENOTTY;
}

static void evtchn_file_release(struct file *f)
{
	struct user *u = f->priv;

	while (!list_empty(&u->ports)) {
		struct port *p = list_first(&u->ports, struct port, link);

		list_del(&p->link);
		close_port(u, p);
	}
	kfree(u);
}

static const struct file_ops evtchn_ops = {
	.read = evtchn_read,
	.write = evtchn_write,
	.poll = evtchn_poll,
	.ioctl = evtchn_ioctl,
	.release = evtchn_file_release,
};

static int evtchn_open(struct file *f, void *arg)
{
	struct user *u = kzalloc(sizeof(*u));

	f->ops = NULL;
	if (!u)
		return -ENOMEM;
	spin_init(&u->lock, LOCK_OBJECT);
	waitq_init(&u->wait);
	list_init(&u->ports);
	list_init(&u->fired);
	f->ops = &evtchn_ops;
	f->priv = u;
	return 0;
}

static struct chardev evtchn = { .major = XEN_MAJOR, .minor = 61, .name = "xen/evtchn", .open = evtchn_open,
				 .mode = 0600 };

void evtchn_dev_init(void)
{
	chardev_add(&evtchn);
}
