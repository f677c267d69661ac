/* SPDX-License-Identifier: MIT */
/* Connections: see conn.h. */
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "transaction.h"

/* Requests that one connection may have answered before it is the next one's turn. */
#define CONN_FAIR_SHARE 16

/* Even a privileged client that never reads must not use up all memory. */
#define CONN_PRIVILEGED_ANSWERS 256
#define CONN_PRIVILEGED_EVENTS 4096

struct outgoing {
	struct list of_conn;
	struct watch *event;	/* an event's watch, only to be compared */
	size_t len, sent;
	char data[];
};

struct list conns;

void conn_init(void)
{
	list_init(&conns);
}

struct conn *conn_new(const struct transport *t, struct caller who)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->transport = t;
	c->who = who;
	c->fd = -1;
	list_init(&c->out);
	list_init(&c->watches);
	list_init(&c->transactions);
	list_add_tail(&conns, &c->of_all);
	return c;
}

static void outgoing_free(struct conn *c, struct outgoing *o)
{
	if (o->event)
		c->nr_events--;
	else
		c->nr_answers--;
	list_del(&o->of_conn);
	free(o);
}

static struct outgoing *outgoing_new(struct conn *c, const struct xsd_sockmsg *hdr)
{
	struct outgoing *o = malloc(sizeof(*o) + sizeof(*hdr) + hdr->len);

	if (!o) {
		/*
		 * An answer that cannot be given would leave the client waiting for ever. This may
		 * be in the middle of a walk over watches: the connection fails at its next turn.
		 */
		c->lost = c->ready = true;
		return NULL;
	}
	o->event = NULL;
	o->len = sizeof(*hdr) + hdr->len;
	o->sent = 0;
	memcpy(o->data, hdr, sizeof(*hdr));
	list_add_tail(&c->out, &o->of_conn);
	c->ready = true;
	return o;
}

void conn_send(struct conn *c, const struct xsd_sockmsg *hdr, const void *payload)
{
	struct outgoing *o;

	if (c->failed || c->dead)
		return;
	o = outgoing_new(c, hdr);
	if (!o)
		return;
	memcpy(o->data + sizeof(*hdr), payload, hdr->len);
	c->nr_answers++;
}

static bool event_is_queued(const struct conn *c, const struct watch *w, const char *path)
{
	list_for_each(o, &c->out, struct outgoing, of_conn)
		if (o->event == w && !o->sent && !strcmp(o->data + sizeof(struct xsd_sockmsg), path))
			return true;
	return false;
}

void conn_send_event(struct watch *w, const char *path)
{
	struct conn *c = w->owner;
	const char *seen = watch_event_path(w, path);
	size_t path_len = strlen(seen) + 1, token_len = strlen(w->token) + 1;
	size_t limit = c->who.privileged ? CONN_PRIVILEGED_EVENTS : quota_limits.events;
	struct xsd_sockmsg hdr = { .type = XS_WATCH_EVENT, .len = (uint32_t)(path_len + token_len) };
	struct outgoing *o;

	if (c->failed || c->dead || event_is_queued(c, w, seen))
		return;
	if (c->nr_events >= limit || hdr.len > XENSTORE_PAYLOAD_MAX) {
		w->missed = hdr.len <= XENSTORE_PAYLOAD_MAX;
		return;
	}
	o = outgoing_new(c, &hdr);
	if (!o)
		return;
	o->event = w;
	memcpy(o->data + sizeof(hdr), seen, path_len);
	memcpy(o->data + sizeof(hdr) + path_len, w->token, token_len);
	c->nr_events++;
}

/* There is room again: those who missed something are told where to look. */
static void conn_send_missed(struct conn *c)
{
	list_for_each(w, &c->watches, struct watch, of_owner) {
		if (w->missed) {
			w->missed = false;
			conn_send_event(w, w->path);
		}
	}
}

/* Copies what is queued, as far as there is room, so that many answers cost one write. */
static size_t conn_gather(const struct conn *c, char *data, size_t size)
{
	size_t len = 0;

	list_for_each(o, &c->out, struct outgoing, of_conn) {
		size_t n = o->len - o->sent;

		if (n > size - len)
			n = size - len;
		memcpy(data + len, o->data + o->sent, n);
		len += n;
		if (len == size)
			break;
	}
	return len;
}

static void conn_written(struct conn *c, size_t n)
{
	while (n) {
		struct outgoing *o = list_entry(c->out.next, struct outgoing, of_conn);
		size_t part = o->len - o->sent < n ? o->len - o->sent : n;

		o->sent += part;
		n -= part;
		if (o->sent == o->len)
			outgoing_free(c, o);
	}
}

static bool conn_write_out(struct conn *c)
{
	static char data[2 * XENSTORE_PAYLOAD_MAX];
	bool wrote = false;

	while (!list_empty(&c->out)) {
		size_t len = conn_gather(c, data, sizeof(data));
		long n = c->transport->write(c, data, len);

		if (n < 0) {
			conn_fail(c, XENSTORE_ERROR_RINGIDX);
			return wrote;
		}
		conn_written(c, (size_t)n);
		wrote |= n > 0;
		if ((size_t)n < len)
			return wrote;
		if (list_empty(&c->out))
			conn_send_missed(c);
	}
	return wrote;
}

bool conn_listens(const struct conn *c)
{
	size_t limit = c->who.privileged ? CONN_PRIVILEGED_ANSWERS : quota_limits.outstanding;

	return !c->failed && !c->dead && c->nr_answers < limit;
}

/* Reads until a request is complete (true) or there are no more bytes. */
static bool conn_read_request(struct conn *c, bool *progress)
{
	for (;;) {
		enum message_state state = message_check(&c->in);
		size_t room;
		char *where;
		long n;

		if (state == MESSAGE_TOO_LONG)
			conn_fail(c, XENSTORE_ERROR_PROTO);
		if (state != MESSAGE_PARTIAL)
			return state == MESSAGE_COMPLETE;
		/* Less than there was room for: that was all. More will be announced. */
		if (c->drained)
			return false;
		room = message_room(&c->in, &where);
		n = c->transport->read(c, where, room);
		if (n < 0) {
			conn_fail(c, XENSTORE_ERROR_RINGIDX);
			return false;
		}
		c->drained = (size_t)n < room;
		*progress |= n > 0;
		message_add(&c->in, (size_t)n);
	}
}

/* True when requests may be left: it was enough for this turn, or answers are in the way. */
static bool conn_take_requests(struct conn *c, bool *progress)
{
	for (unsigned int i = 0; i < CONN_FAIR_SHARE && conn_listens(c); i++) {
		if (!conn_read_request(c, progress))
			return false;
		request_handle(c);
		message_next(&c->in);
	}
	return true;
}

void conn_run(struct conn *c)
{
	bool progress = false, more;

	c->drained = false;
	if (c->lost)
		conn_fail(c, XENSTORE_ERROR_COMM);
	more = conn_take_requests(c, &progress);

	if (!c->failed && !c->dead)
		progress |= conn_write_out(c);
	c->ready = more && conn_listens(c);
	if (progress && !c->dead)
		c->transport->flush(c);
}

void conn_unwatch(struct conn *c, struct watch *w)
{
	list_for_each_safe(o, &c->out, struct outgoing, of_conn)
		if (o->event == w && !o->sent)
			outgoing_free(c, o);
	watch_remove(w);
	c->nr_watches--;
}

void conn_drop_state(struct conn *c)
{
	list_for_each_safe(w, &c->watches, struct watch, of_owner)
		conn_unwatch(c, w);
	list_for_each_safe(t, &c->transactions, struct transaction, of_conn)
		transaction_destroy(t);
	c->nr_transactions = 0;
}

void conn_age_transactions(const struct view *store)
{
	list_for_each(c, &conns, struct conn, of_all) {
		if (c->who.privileged)
			continue;
		list_for_each(t, &c->transactions, struct transaction, of_conn)
			transaction_age(t, store);
	}
}

void conn_reset(struct conn *c)
{
	conn_drop_state(c);
	list_for_each_safe(o, &c->out, struct outgoing, of_conn)
		outgoing_free(c, o);
	message_reset(&c->in);
	c->failed = c->lost = false;
}

void conn_fail(struct conn *c, unsigned int error)
{
	if (c->failed || c->dead)
		return;
	c->failed = true;
	c->transport->fail(c, error);
}

void conn_reap(void)
{
	list_for_each_safe(c, &conns, struct conn, of_all) {
		if (!c->dead)
			continue;
		conn_reset(c);
		c->transport->close(c);
		list_del(&c->of_all);
		free(c);
	}
}
