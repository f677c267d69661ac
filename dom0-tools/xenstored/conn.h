/* SPDX-License-Identifier: MIT */
/*
 * A connection: a client's byte streams in and out, with the watches and transactions it owns.
 *
 * It knows nothing of sockets and rings but the transport's functions. Memory that an
 * unprivileged client can make it use is bounded: requests are not taken in while too many answers
 * wait to be fetched, equal watch events are queued once, and when too many different ones wait
 * the watch is only marked; its path is reported when there is room again ("look again").
 *
 * Connections are destroyed at one place, conn_reap(), so that a pointer to one stays good until the
 * main loop comes round.
 */
#ifndef XENSTORED_CONN_H
#define XENSTORED_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../lib/list.h"
#include "perms.h"
#include "watch.h"
#include "wire.h"

struct conn;

struct transport {
	/* Bytes moved, 0 when none can be now, -1 when the stream is broken. */
	long (*read)(struct conn *c, void *data, size_t len);
	long (*write)(struct conn *c, const void *data, size_t len);
	/* A turn of reading or writing is over: the other side may be woken. */
	void (*flush)(struct conn *c);
	/* The client broke the protocol (XENSTORE_ERROR_…). */
	void (*fail)(struct conn *c, unsigned int error);
	void (*close)(struct conn *c);
};

struct conn {
	struct list of_all;
	struct caller who;
	const struct transport *transport;
	int fd;				/* of a socket's connection */
	struct domain *domain;		/* of a ring's connection */

	struct message in;
	bool drained;			/* in this turn, nothing more to read */
	struct list out;		/* of struct outgoing */
	unsigned int nr_answers, nr_events;

	struct list watches;
	unsigned int nr_watches;
	struct list transactions;
	unsigned int nr_transactions;
	uint32_t last_transaction;

	bool ready;			/* there may be more to do without an event from outside */
	bool lost;			/* memory ran out: something was not said */
	bool failed;			/* ignored until it is reset or closed */
	bool dead;			/* to be destroyed by conn_reap() */
};

extern struct list conns;

void conn_init(void);
struct conn *conn_new(const struct transport *t, struct caller who);

/* Whether requests are taken in at present. */
bool conn_listens(const struct conn *c);

/* Takes in requests, up to a fair number, and writes out what is queued. */
void conn_run(struct conn *c);

void conn_send(struct conn *c, const struct xsd_sockmsg *hdr, const void *payload);
void conn_send_event(struct watch *w, const char *path);

/* Removes a watch, with its events that are still queued. */
void conn_unwatch(struct conn *c, struct watch *w);

/* Removes watches and transactions, as RESET_WATCHES does; conn_reset() also drops the streams. */
void conn_drop_state(struct conn *c);
void conn_reset(struct conn *c);

/* Looks after the transactions of domains: old ones let go of their versions of the store. */
void conn_age_transactions(const struct view *store);

void conn_fail(struct conn *c, unsigned int error);
void conn_reap(void);

/* Answers the complete request in c->in (request.c). */
void request_handle(struct conn *c);

#endif
