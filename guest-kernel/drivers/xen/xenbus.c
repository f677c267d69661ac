/* SPDX-License-Identifier: MIT */
/*
 * The kernel's side of XenStore: requests and replies over the ring page, watch events to whoever
 * listens. [pv-abi/io/xs_wire.h]
 *
 * A request waits on a list until a reply with its number comes; a thread reads the ring. In an
 * ordinary domain the ring comes with start_info; in the control domain it is allocated here and served
 * by the local xenstored, once that has mapped it (xenbus_dev.c).
 *
 * Locks: send_lock (sleeping) makes a message contiguous in the ring; bus_lock guards the lists.
 */
#include <pv-abi/io/xs_wire.h>
#include "xen.h"
#include "../../kernel/page.h"

struct request {
	struct list link;
	u32 id;
	bool done;
	u32 type;
	char *body;
	size_t len;
};

struct xenstore_domain_interface *xenbus_ring;
evtchn_port_t xenbus_port;

static struct spinlock bus_lock = SPINLOCK_INIT(LOCK_OBJECT);
static struct mutex send_lock = MUTEX_INIT(send_lock);
static struct waitq ring_wait = WAITQ_INIT(ring_wait);		/* the other side moved */
static struct waitq reply_wait = WAITQ_INIT(reply_wait);
static struct list requests = LIST_INIT(requests);
static struct list listeners = LIST_INIT(listeners);
static u32 last_id;
static bool connected;

bool xenbus_connected(void)
{
	return connected;
}

static void ring_event(void *arg)
{
	wake_all(&ring_wait);
}

static bool ring_wait_until(bool (*ready)(void))
{
	spin_lock(&bus_lock);
	while (!ready())
		wait_locked_uninterruptible(&ring_wait, &bus_lock);
	spin_unlock(&bus_lock);
	return true;
}

static bool can_send(void)
{
	return xenbus_ring->req_prod - READ_ONCE(xenbus_ring->req_cons) < XENSTORE_RING_SIZE;
}

static bool can_receive(void)
{
	return READ_ONCE(xenbus_ring->rsp_prod) != xenbus_ring->rsp_cons;
}

static void ring_send(const void *data, size_t len)
{
	const u8 *p = data;

	while (len) {
		u32 prod, room;

		ring_wait_until(can_send);
		prod = xenbus_ring->req_prod;
		room = XENSTORE_RING_SIZE - (prod - READ_ONCE(xenbus_ring->req_cons));
		for (; room && len; room--, len--)
			xenbus_ring->req[MASK_XENSTORE_IDX(prod++)] = *p++;
		__atomic_store_n(&xenbus_ring->req_prod, prod, __ATOMIC_RELEASE);
		evtchn_send(xenbus_port);
	}
}

static void ring_receive(void *data, size_t len)
{
	u8 *p = data;

	while (len) {
		u32 cons, prod;

		ring_wait_until(can_receive);
		cons = xenbus_ring->rsp_cons;
		prod = __atomic_load_n(&xenbus_ring->rsp_prod, __ATOMIC_ACQUIRE);
		for (; cons != prod && len; len--)
			*p++ = xenbus_ring->rsp[MASK_XENSTORE_IDX(cons++)];
		__atomic_store_n(&xenbus_ring->rsp_cons, cons, __ATOMIC_RELEASE);
		evtchn_send(xenbus_port);
	}
}

/* "path\0token\0": to the listener that the token names. */
static void watch_event(const char *body, size_t len)
{
	const char *token = body + strlen(body) + 1;
	struct xenbus_watch *w;

	if ((size_t)(token - body) >= len)
		return;
	spin_lock(&bus_lock);
	list_for_each(w, &listeners, link) {
		size_t n = strlen(w->token);

		if (!strncmp(token, w->token, n) && token[n] == ':') {
			w->fn(w, body, token + n + 1);
			break;
		}
	}
	spin_unlock(&bus_lock);
}

static void reply(const struct xsd_sockmsg *h, char *body)
{
	struct request *r;

	spin_lock(&bus_lock);
	list_for_each(r, &requests, link) {
		if (r->id != h->req_id)
			continue;
		r->type = h->type;
		r->body = body;
		r->len = h->len;
		r->done = true;
		body = NULL;
		break;
	}
	spin_unlock(&bus_lock);
	kfree(body);
	wake_all(&reply_wait);
}

static void xenbus_thread(void *arg)
{
	for (;;) {
		struct xsd_sockmsg h;
		char *body;

		ring_receive(&h, sizeof(h));
		if (h.len > XENSTORE_PAYLOAD_MAX) {
			printk("xenbus: a message of %u bytes; giving up on the store\n", h.len);
			return;
		}
		body = kmalloc(h.len + 1);
		if (!body)
			panic("xenbus: no memory");
		ring_receive(body, h.len);
		body[h.len] = 0;
		if (h.type == XS_WATCH_EVENT) {
			watch_event(body, h.len);
			kfree(body);
		} else {
			reply(&h, body);
		}
	}
}

ssize_t xenbus_exchange(u32 type, u32 tx_id, const void *body, size_t len, char **out, u32 *out_type)
{
	struct request r = { 0 };
	struct xsd_sockmsg h = { .type = type, .tx_id = tx_id, .len = len };

	if (!connected)
		return -ENODEV;
	if (len > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	mutex_lock(&send_lock);
	spin_lock(&bus_lock);
	h.req_id = r.id = ++last_id;
	list_add_tail(&r.link, &requests);
	spin_unlock(&bus_lock);
	ring_send(&h, sizeof(h));
	ring_send(body, len);
	mutex_unlock(&send_lock);

	spin_lock(&bus_lock);
	while (!r.done)
		wait_locked_uninterruptible(&reply_wait, &bus_lock);
	list_del(&r.link);
	spin_unlock(&bus_lock);
	*out = r.body;
	*out_type = r.type;
	return r.len;
}

static int error_number(const char *name)
{
	static const struct { const char *name; int number; } known[] = {
		{ "EINVAL", EINVAL }, { "EACCES", EACCES }, { "EEXIST", EEXIST }, { "EISDIR", EISDIR },
		{ "ENOENT", ENOENT }, { "ENOMEM", ENOMEM }, { "ENOSPC", ENOSPC }, { "EIO", EIO },
		{ "ENOTEMPTY", ENOTEMPTY }, { "ENOSYS", ENOSYS }, { "EROFS", EROFS }, { "EBUSY", EBUSY },
		{ "EAGAIN", EAGAIN }, { "EISCONN", EISCONN }, { "E2BIG", E2BIG }, { "EPERM", EPERM },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i].name, name))
			return known[i].number;
	return EINVAL;
}

ssize_t xenbus_request(u32 type, u32 tx_id, const void *body, size_t len, char **out)
{
	char *answer;
	u32 answer_type;
	ssize_t n = xenbus_exchange(type, tx_id, body, len, &answer, &answer_type);

	if (n < 0)
		return n;
	if (answer_type == XS_ERROR)
		n = -error_number(answer);
	if (n >= 0 && out)
		*out = answer;
	else
		kfree(answer);
	return n;
}

char *xenbus_read(const char *path)
{
	char *value = NULL;

	return xenbus_request(XS_READ, 0, path, strlen(path) + 1, &value) < 0 ? NULL : value;
}

int xenbus_write(const char *path, const char *value)
{
	char body[256];
	size_t n = strlen(path) + 1, k = strlen(value);
	ssize_t ret;

	if (n + k > sizeof(body))
		return -E2BIG;
	memcpy(body, path, n);
	memcpy(body + n, value, k);
	ret = xenbus_request(XS_WRITE, 0, body, n + k, NULL);
	return ret < 0 ? ret : 0;
}

void xenbus_add_listener(struct xenbus_watch *w)
{
	spin_lock(&bus_lock);
	list_add_tail(&w->link, &listeners);
	spin_unlock(&bus_lock);
}

void xenbus_remove_listener(struct xenbus_watch *w)
{
	spin_lock(&bus_lock);
	list_del(&w->link);
	spin_unlock(&bus_lock);
}

int xenbus_watch(struct xenbus_watch *w, const char *path)
{
	char body[256];
	int n;
	ssize_t ret;

	xenbus_add_listener(w);
	n = snprintf(body, sizeof(body), "%s%c%s:", path, 0, w->token) + 1;
	ret = xenbus_request(XS_WATCH, 0, body, n, NULL);
	if (ret < 0)
		xenbus_remove_listener(w);
	return ret < 0 ? ret : 0;
}

static void start(void)
{
	evtchn_bind(xenbus_port, 0, ring_event, NULL);
	connected = true;
	kthread_create("xenbus", xenbus_thread, NULL);
}

/* The local xenstored has mapped the ring. */
void xenbus_server_arrived(void)
{
	if (!connected)
		start();
}

void xenbus_init(void)
{
	if (boot_info.control_domain) {
		struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };

		xenbus_ring = va(page_alloc_zero());
		if (HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &a))
			panic("xenbus: no event channel");
		xenbus_port = a.port;
	} else if (start_info->store_mfn) {
		xenbus_ring = mfn_to_virt(start_info->store_mfn);
		xenbus_port = start_info->store_evtchn;
		start();
	}
}
