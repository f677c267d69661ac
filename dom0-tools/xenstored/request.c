/* SPDX-License-Identifier: MIT */
/*
 * One request, from its complete message to its answer. Requests on the store go to exec.c, on the
 * caller's transaction if it names one; the others are here.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "conn.h"
#include "control.h"
#include "domain.h"
#include "exec.h"
#include "main.h"
#include "path.h"
#include "special.h"
#include "transaction.h"

struct request {
	struct conn *conn;
	const struct message *msg;
	struct transaction *transaction;	/* the one that tx_id names, or NULL */
	struct watch *new_watch;		/* to be fired once, after the answer */
};

#define REQUEST_ARGS 3

/* The payload's strings: exactly nr of them, or more if `more`; false if not. */
static bool request_args(const struct request *q, const char *arg[], unsigned int nr, bool more)
{
	const char *rest;
	size_t rest_len;

	return wire_split(q->msg->payload, q->msg->hdr.len, arg, nr, &rest, &rest_len) == nr &&
	       (more || !rest_len);
}

static bool parse_domid(const char *text, uint16_t *domid)
{
	uint64_t n;

	if (!wire_number(text, UINT16_MAX, &n))
		return false;
	*domid = (uint16_t)n;
	return true;
}

static bool request_domid(const struct request *q, uint16_t *domid)
{
	const char *arg[1];

	return request_args(q, arg, 1, false) && parse_domid(arg[0], domid);
}

/* What a client watches, made absolute. The result is as path_absolute()'s. */
static int watch_path(const struct request *q, const char *sent, char path[static PATH_SIZE])
{
	if (!path_is_special(sent))
		return path_absolute(sent, q->conn->who.domid, path);
	if (strlen(sent) > XENSTORE_REL_PATH_MAX)
		return -1;
	strcpy(path, sent);
	return 0;
}

static int request_watch(struct request *q, struct reply *r)
{
	struct conn *c = q->conn;
	char path[PATH_SIZE];
	const char *arg[2];
	int skip, err;

	if (!request_args(q, arg, 2, true))
		return EINVAL;
	skip = watch_path(q, arg[0], path);
	if (skip < 0 || (!c->who.privileged && strlen(path) > quota_limits.path_max))
		return EINVAL;
	if (!c->who.privileged && c->nr_watches >= quota_limits.watches)
		return E2BIG;
	err = watch_add(&c->watches, c, &c->who, path, (size_t)skip, arg[1]);
	if (err)
		return err;
	c->nr_watches++;
	q->new_watch = watch_find(&c->watches, path, arg[1]);
	reply_ok(r);
	return 0;
}

static int request_unwatch(struct request *q, struct reply *r)
{
	char path[PATH_SIZE];
	const char *arg[2];
	struct watch *w;

	if (!request_args(q, arg, 2, true) || watch_path(q, arg[0], path) < 0)
		return EINVAL;
	w = watch_find(&q->conn->watches, path, arg[1]);
	if (!w)
		return ENOENT;
	conn_unwatch(q->conn, w);
	reply_ok(r);
	return 0;
}

static int request_reset_watches(struct request *q, struct reply *r)
{
	conn_drop_state(q->conn);
	reply_ok(r);
	return 0;
}

static struct transaction *find_transaction(const struct conn *c, uint32_t id)
{
	list_for_each(t, &c->transactions, struct transaction, of_conn)
		if (t->id == id)
			return t;
	return NULL;
}

static int request_transaction_start(struct request *q, struct reply *r)
{
	struct conn *c = q->conn;
	struct transaction *t;
	char text[12];

	if (q->transaction)
		return EBUSY;
	if (!c->who.privileged && c->nr_transactions >= quota_limits.transactions)
		return ENOSPC;
	do {
		c->last_transaction++;
	} while (!c->last_transaction || find_transaction(c, c->last_transaction));
	t = transaction_start(&main_store, c->last_transaction);
	if (!t)
		return ENOMEM;
	list_add_tail(&c->transactions, &t->of_conn);
	c->nr_transactions++;
	reply_add(r, text, (size_t)snprintf(text, sizeof(text), "%" PRIu32, t->id) + 1);
	return 0;
}

static int request_transaction_end(struct request *q, struct reply *r)
{
	const char *arg[1];
	int err = 0;

	if (!q->transaction)
		return ENOENT;
	if (!request_args(q, arg, 1, false) || (strcmp(arg[0], "T") && strcmp(arg[0], "F")))
		return EINVAL;
	if (arg[0][0] == 'T')
		err = transaction_commit(q->transaction, &q->conn->who, &main_store);
	transaction_destroy(q->transaction);
	q->conn->nr_transactions--;
	reply_ok(r);
	return err;
}

static int request_introduce(struct request *q, struct reply *r)
{
	uint64_t mfn, port;
	const char *arg[3];
	uint16_t domid;

	if (!request_args(q, arg, 3, true) || !parse_domid(arg[0], &domid) || domid == 0 ||
	    !wire_number(arg[1], UINT64_MAX, &mfn) || !wire_number(arg[2], UINT32_MAX, &port))
		return EINVAL;
	reply_ok(r);
	return domain_introduce(domid, mfn, (uint32_t)port);
}

static int request_release(struct request *q, struct reply *r)
{
	uint16_t domid;

	reply_ok(r);
	return request_domid(q, &domid) ? domain_release(domid) : EINVAL;
}

static int request_resume(struct request *q, struct reply *r)
{
	uint16_t domid;

	reply_ok(r);
	return request_domid(q, &domid) ? domain_resume(domid) : EINVAL;
}

static int request_set_target(struct request *q, struct reply *r)
{
	uint16_t domid, target;
	const char *arg[2];

	if (!request_args(q, arg, 2, false) || !parse_domid(arg[0], &domid) ||
	    !parse_domid(arg[1], &target))
		return EINVAL;
	reply_ok(r);
	return domain_set_target(domid, target);
}

static int request_get_domain_path(struct request *q, struct reply *r)
{
	char home[PATH_HOME_SIZE];
	uint16_t domid;

	if (!request_domid(q, &domid))
		return EINVAL;
	reply_add(r, home, path_home(domid, home) + 1);
	return 0;
}

static int request_is_introduced(struct request *q, struct reply *r)
{
	uint16_t domid;

	if (!request_domid(q, &domid))
		return EINVAL;
	reply_add(r, domain_is_introduced(domid) ? "T" : "F", 2);
	return 0;
}

static int request_control(struct request *q, struct reply *r)
{
	return control_request(q->msg->payload, q->msg->hdr.len, r);
}

/* GET_PERMS and SET_PERMS on "@…". */
static int request_special_perms(struct request *q, struct reply *r)
{
	const struct caller *who = &q->conn->who;
	const char *name, *rest;
	struct perms *perms;
	size_t rest_len;
	int err;

	if (!wire_split(q->msg->payload, q->msg->hdr.len, &name, 1, &rest, &rest_len))
		return EINVAL;
	if (q->msg->hdr.type == XS_GET_PERMS)
		return special_get_perms(who, name, r);
	perms = exec_parse_perms(rest, rest_len, &err);
	if (!perms)
		return err;
	reply_ok(r);
	err = special_set_perms(who, name, perms);
	perms_put(perms);
	return err;
}

static const struct {
	int (*handle)(struct request *q, struct reply *r);
	bool privileged;
	bool in_transaction;	/* tx_id means something */
} request_table[XS_TYPE_COUNT] = {
	[XS_CONTROL]              = { request_control, true, false },
	[XS_WATCH]                = { request_watch, false, false },
	[XS_UNWATCH]              = { request_unwatch, false, false },
	[XS_RESET_WATCHES]        = { request_reset_watches, false, false },
	[XS_TRANSACTION_START]    = { request_transaction_start, false, true },
	[XS_TRANSACTION_END]      = { request_transaction_end, false, true },
	[XS_INTRODUCE]            = { request_introduce, true, false },
	[XS_RELEASE]              = { request_release, true, false },
	[XS_RESUME]               = { request_resume, true, false },
	[XS_SET_TARGET]           = { request_set_target, true, false },
	[XS_GET_DOMAIN_PATH]      = { request_get_domain_path, false, false },
	[XS_IS_DOMAIN_INTRODUCED] = { request_is_introduced, false, false },
};

static int request_dispatch(struct request *q, struct reply *r)
{
	const struct message *m = q->msg;
	uint32_t type = m->hdr.type;
	bool exec = exec_knows(type);

	if (!exec && (type >= XS_TYPE_COUNT || !request_table[type].handle))
		return ENOSYS;
	if (m->hdr.tx_id && (exec || request_table[type].in_transaction)) {
		q->transaction = find_transaction(q->conn, m->hdr.tx_id);
		if (!q->transaction)
			return ENOENT;
	}
	if ((type == XS_GET_PERMS || type == XS_SET_PERMS) && path_is_special(m->payload))
		return request_special_perms(q, r);
	if (!exec) {
		if (request_table[type].privileged && !q->conn->who.privileged)
			return EACCES;
		return request_table[type].handle(q, r);
	}
	if (q->transaction)
		transaction_request(q->transaction, &q->conn->who, type, m->payload, m->hdr.len,
				    &main_store, r);
	else
		exec_request(&main_store, &q->conn->who, type, m->payload, m->hdr.len, r);
	return r->err;
}

void request_handle(struct conn *c)
{
	static struct reply reply;
	struct request q = { .conn = c, .msg = &c->in };
	struct xsd_sockmsg hdr = c->in.hdr;
	int err;

	trace_request(c, &c->in);
	reply.err = 0;
	reply.len = 0;
	err = request_dispatch(&q, &reply);
	if (err || reply.err) {
		const char *name = wire_error_name(err ? err : reply.err);

		hdr.type = XS_ERROR;
		reply.len = 0;
		reply.err = 0;
		reply_add(&reply, name, strlen(name) + 1);
	}
	trace_reply(c, &reply);
	hdr.len = (uint32_t)reply.len;
	conn_send(c, &hdr, reply.payload);
	/* Events come after the answer to what caused them. */
	main_store_changed();
	if (q.new_watch)
		conn_send_event(q.new_watch, q.new_watch->path);
}
