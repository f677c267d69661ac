/* SPDX-License-Identifier: MIT */
/* Introduced domains: see domain.h. */
#include <errno.h>
#include <stdlib.h>

#include <pv-abi/grant_table.h>

#include "../lib/peer.h"
#include "domain.h"
#include "main.h"
#include "ring.h"
#include "special.h"

struct domain {
	struct list of_all;
	uint16_t domid;
	uint64_t mfn;
	uint32_t port;		/* ours */
	bool shut_down;		/* @releaseDomain told of it */
	bool reported;		/* it may break its ring as often as it likes: one line in the log */
	struct xenstore_domain_interface *ring;
	struct conn *conn;
};

static struct list domains;

void domain_init(void)
{
	list_init(&domains);
}

static struct domain *domain_find(uint16_t domid)
{
	list_for_each(d, &domains, struct domain, of_all)
		if (d->domid == domid)
			return d;
	return NULL;
}

static long transport_read(struct conn *c, void *data, size_t len)
{
	return ring_read(c->domain->ring, data, len);
}

static long transport_write(struct conn *c, const void *data, size_t len)
{
	return ring_write(c->domain->ring, data, len);
}

static void transport_flush(struct conn *c)
{
	peer_notify(c->domain->port);
}

/* The domain stays introduced, and may ask for a reconnection; its other traffic is ignored. */
static void transport_fail(struct conn *c, unsigned int error)
{
	if (!c->domain->reported)
		say("domain %u broke the protocol (%u): ignored", c->who.domid, error);
	c->domain->reported = true;
	ring_set_error(c->domain->ring, error);
	conn_drop_state(c);
	peer_notify(c->domain->port);
}

static void transport_close(struct conn *c)
{
	free(c->domain);	/* page and port went with domain_destroy() */
}

static const struct transport ring_transport = {
	transport_read, transport_write, transport_flush, transport_fail, transport_close,
};

static struct domain *domain_new(uint16_t domid, struct xenstore_domain_interface *ring,
				 uint32_t port)
{
	struct domain *d = calloc(1, sizeof(*d));
	struct caller who = { .domid = domid, .target = -1, .privileged = domid == 0 };

	if (!d)
		return NULL;
	d->conn = conn_new(&ring_transport, who);
	if (!d->conn) {
		free(d);
		return NULL;
	}
	d->domid = domid;
	d->ring = ring;
	d->port = port;
	d->conn->domain = d;
	d->conn->ready = true;
	list_add_tail(&domains, &d->of_all);
	return d;
}

/* Introduced again: the page must be the same, the event channel is a new one. */
static int domain_rebind(struct domain *d, uint64_t mfn, uint32_t remote_port)
{
	int port;

	if (d->mfn != mfn)
		return EINVAL;
	port = peer_bind(d->domid, remote_port);
	if (port < 0)
		return EINVAL;
	peer_unbind(d->port);
	d->port = (uint32_t)port;
	d->conn->ready = true;
	return 0;
}

int domain_introduce(uint16_t domid, uint64_t mfn, uint32_t remote_port)
{
	struct domain *d = domain_find(domid);
	void *ring;
	int port, err;

	if (!peer_present())
		return ENOSYS;
	if (d) {
		err = domain_rebind(d, mfn, remote_port);
		if (!err)
			special_fire(SPECIAL_INTRODUCE);
		return err;
	}
	if (peer_state(domid) != PEER_ALIVE)
		return ENOENT;
	ring = peer_map(domid, GNTTAB_RESERVED_XENSTORE, mfn);
	if (!ring) {
		say("domain %u: cannot map its ring, frame %llu", domid, (unsigned long long)mfn);
		return EINVAL;
	}
	port = peer_bind(domid, remote_port);
	if (port < 0) {
		say("domain %u: cannot bind its event channel %u", domid, remote_port);
		err = EINVAL;
		goto err_map;
	}
	d = domain_new(domid, ring, (uint32_t)port);
	if (!d) {
		err = ENOMEM;
		goto err_bind;
	}
	d->mfn = mfn;
	ring_init(ring);
	peer_notify(d->port);
	special_fire(SPECIAL_INTRODUCE);
	return 0;

err_bind:
	peer_unbind((uint32_t)port);
err_map:
	peer_unmap(ring);
	return err;
}

void domain_introduce_own(void)
{
	struct err e = ERR_INIT;
	uint32_t port;
	void *ring = peer_map_own_store(&port, &e);
	struct domain *d;

	if (!ring && e.text[0])
		say("this domain's own kernel is not served: %s", e.text);
	if (!ring)
		return;
	d = domain_new(0, ring, port);
	if (!d) {
		say("no memory for the control domain's ring");
		return;
	}
	peer_notify(d->port);
}

static void domain_destroy(struct domain *d)
{
	uint16_t domid = d->domid;

	list_del(&d->of_all);
	d->conn->dead = true;
	/* Its watches must not fire for what follows. */
	conn_drop_state(d->conn);
	/* Whoever introduces it anew in the next request needs the port. */
	peer_unbind(d->port);
	peer_unmap(d->ring);
	list_for_each(c, &conns, struct conn, of_all)
		if (c->who.target == domid)
			c->who.target = -1;
	main_forget_domain(domid);
	special_fire(SPECIAL_RELEASE);
}

int domain_release(uint16_t domid)
{
	struct domain *d = domain_find(domid);

	if (!d)
		return ENOENT;
	if (domid == 0)
		return EINVAL;
	domain_destroy(d);
	return 0;
}

int domain_resume(uint16_t domid)
{
	struct domain *d = domain_find(domid);

	if (!d)
		return ENOENT;
	d->shut_down = false;
	return 0;
}

int domain_set_target(uint16_t domid, uint16_t target)
{
	struct domain *d = domain_find(domid);

	if (!d || !domain_find(target))
		return ENOENT;
	d->conn->who.target = target;
	return 0;
}

bool domain_is_introduced(uint16_t domid)
{
	return domid == 0 || domain_find(domid);
}

unsigned int domain_count(void)
{
	unsigned int n = 0;

	list_for_each(d, &domains, struct domain, of_all)
		n++;
	return n;
}

void domain_event(uint32_t port)
{
	list_for_each(d, &domains, struct domain, of_all) {
		if (d->port != port)
			continue;
		if (ring_wants_reconnect(d->ring)) {
			conn_reset(d->conn);
			ring_reconnect(d->ring);
			peer_notify(port);
		}
		d->conn->ready = !d->conn->failed;
		return;
	}
}

void domain_check_all(void)
{
	bool tell = false;

	list_for_each_safe(d, &domains, struct domain, of_all) {
		if (d->domid == 0)
			continue;
		switch (peer_state(d->domid)) {
		case PEER_GONE:
			domain_destroy(d);
			break;
		case PEER_SHUT_DOWN:
			tell |= !d->shut_down;
			d->shut_down = true;
			break;
		case PEER_ALIVE:
			break;
		}
	}
	if (tell)
		special_fire(SPECIAL_RELEASE);
}
