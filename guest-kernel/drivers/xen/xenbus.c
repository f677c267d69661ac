/* SPDX-License-Identifier: MIT */
/*
 * The kernel's side of XenStore: requests and replies over the ring page, watch events to whoever
 * listens. [pv-abi/io/xs_wire.h]
 *
 * A request waits on a list until a reply with its number comes; a thread reads the ring. What does not fit
 * into the ring at once follows when the other side has made room, in the event's handler, so a task that is
 * killed while it waits leaves whole messages behind it, whether the store lives or not. In an ordinary domain the ring comes with start_info; in the control domain it is allocated here and served
 * by the local xenstored, once that has mapped it (xenbus_dev.c).
 *
 * Locks: bus_lock guards the lists and the ring's request side.
 */
#include <pv-abi/io/xs_wire.h>
#include "xen.h"
#include "../../kernel/page.h"

struct request {
	struct list link;		/* those without a reply */
	struct list unsent;		/* those not yet whole in the ring, in order */
	u32 id;
	bool done, abandoned;		/* abandoned: nobody waits for the reply, which ends it */
	u32 type;			/* the reply */
	char *body;
	size_t len;
	size_t size, sent;
	u8 message[];
};

struct xenstore_domain_interface *xenbus_ring;
evtchn_port_t xenbus_port;

static struct spinlock bus_lock = SPINLOCK_INIT(LOCK_OBJECT);
static struct waitq ring_wait = WAITQ_INIT(ring_wait);		/* the thread that reads */
static struct waitq reply_wait = WAITQ_INIT(reply_wait);
static struct list requests = LIST_INIT(requests);
static struct list sending = LIST_INIT(sending);
static struct list listeners = LIST_INIT(listeners);
static u32 last_id;
static bool connected;

bool xenbus_connected(void)
{
	return connected;
}

/* With bus_lock: as much of what is to be sent as there is room for. */
static void ring_send(void)
{
	bool sent = false;

	while (!list_empty(&sending)) {
		struct request *r = list_first(&sending, struct request, unsent);
		u32 prod = xenbus_ring->req_prod, used = prod - READ_ONCE(xenbus_ring->req_cons);

		if (used >= XENSTORE_RING_SIZE)
			break;
		for (; used < XENSTORE_RING_SIZE && r->sent < r->size; used++)
			xenbus_ring->req[MASK_XENSTORE_IDX(prod++)] = r->message[r->sent++];
		__atomic_store_n(&xenbus_ring->req_prod, prod, __ATOMIC_RELEASE);
		sent = true;
		if (r->sent == r->size)
			list_del(&r->unsent);
	}
	if (sent)
		evtchn_send(xenbus_port);
}

/* The other side moved. */
static void ring_event(void *arg)
{
	spin_lock(&bus_lock);
	ring_send();
	spin_unlock(&bus_lock);
	wake_all(&ring_wait);
}

static void ring_wait_for_data(void)
{
	spin_lock(&bus_lock);
	while (READ_ONCE(xenbus_ring->rsp_prod) == xenbus_ring->rsp_cons)
		wait_locked_uninterruptible(&ring_wait, &bus_lock);
	spin_unlock(&bus_lock);
}

static void ring_receive(void *data, size_t len)
{
	u8 *p = data;

	while (len) {
		u32 cons, prod;

		ring_wait_for_data();
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
	struct request *r, *over = NULL;

	spin_lock(&bus_lock);
	list_for_each(r, &requests, link) {
		if (r->id != h->req_id || r->sent < r->size)
			continue;
		list_del(&r->link);
		if (r->abandoned) {
			over = r;
			break;
		}
		r->type = h->type;
		r->body = body;
		r->len = h->len;
		r->done = true;
		body = NULL;
		break;
	}
	spin_unlock(&bus_lock);
	kfree(over);
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

static struct request *request_create(u32 type, u32 tx_id, const void *body, size_t len)
{
	struct xsd_sockmsg h = { .type = type, .tx_id = tx_id, .len = len };
	struct request *r = kmalloc(sizeof(*r) + sizeof(h) + len);

	if (!r)
		return NULL;
	*r = (struct request){ .size = sizeof(h) + len };
	memcpy(r->message + sizeof(h), body, len);
	spin_lock(&bus_lock);
	h.req_id = r->id = ++last_id;
	spin_unlock(&bus_lock);
	memcpy(r->message, &h, sizeof(h));
	return r;
}

/* With bus_lock. */
static void request_send(struct request *r)
{
	list_add_tail(&r->link, &requests);
	list_add_tail(&r->unsent, &sending);
	ring_send();
}

/* With bus_lock: its task is being killed. True if nothing refers to it any more. */
static bool request_abandon(struct request *r)
{
	if (r->sent) {
		r->abandoned = true;
		return false;
	}
	list_del(&r->link);
	list_del(&r->unsent);
	return true;
}

ssize_t xenbus_exchange(u32 type, u32 tx_id, const void *body, size_t len, char **out, u32 *out_type)
{
	struct request *r;
	ssize_t ret = 0;
	bool ours = true;

	if (!connected)
		return -ENODEV;
	if (len > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	r = request_create(type, tx_id, body, len);
	if (!r)
		return -ENOMEM;
	spin_lock(&bus_lock);
	request_send(r);
	while (!r->done && !ret)
		ret = wait_locked_killable(&reply_wait, &bus_lock);
	if (!r->done)
		ours = request_abandon(r);
	spin_unlock(&bus_lock);
	if (ours && r->done) {
		*out = r->body;
		*out_type = r->type;
		ret = r->len;
	}
	if (ours)
		kfree(r);
	return ret;
}

void xenbus_post(u32 type, u32 tx_id, const void *body, size_t len)
{
	struct request *r = connected ? request_create(type, tx_id, body, len) : NULL;

	if (!r)
		return;
	r->abandoned = true;
	spin_lock(&bus_lock);
	request_send(r);
	spin_unlock(&bus_lock);
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
