/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: xenstored's message parser, requests, transactions and watches with any bytes.
 *
 * The input is a stream as a domain would send it; the first byte's low bit says whether its sender is
 * privileged. Transactions are ended by their sender, watches fire after each request, and at the end
 * everything must be accounted for.
 *
 *	make fuzz F=xenstored-requests [FUZZ_SECONDS=60]
 *
 * LINK: dom0-tools/xenstored/transaction.c dom0-tools/xenstored/exec.c dom0-tools/xenstored/wire.c
 * LINK: dom0-tools/xenstored/store.c dom0-tools/xenstored/node.c dom0-tools/xenstored/perms.c
 * LINK: dom0-tools/xenstored/path.c dom0-tools/xenstored/quota.c dom0-tools/xenstored/watch.c
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-tools/xenstored/path.h"
#include "dom0-tools/xenstored/transaction.h"
#include "dom0-tools/xenstored/watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct view store;
static struct caller who;
static struct list watches;

static void hear(struct watch *w, const char *path)
{
	if (strncmp(path, w->path, strlen(w->path)) || strlen(path) < w->skip)
		abort();
}

static size_t count_nodes(const struct node *n, uint16_t owner)
{
	size_t count = n->perms->entry[0].domid == owner;

	for (unsigned int i = 0; i < n->nr; i++)
		count += count_nodes(n->child[i], owner);
	return count;
}

static void add_watch(const struct message *m)
{
	const char *arg[2], *rest;
	char path[PATH_SIZE];
	size_t rest_len;
	int skip;

	if (wire_split(m->payload, m->hdr.len, arg, 2, &rest, &rest_len) < 2)
		return;
	skip = path_absolute(arg[0], who.domid, path);
	if (skip >= 0)
		watch_add(&watches, NULL, &who, path, (size_t)skip, arg[1]);
}

/* One complete request; *t is the only transaction there is. */
static void serve(const struct message *m, struct transaction **t)
{
	static struct reply r;
	uint32_t type = m->hdr.type % XS_TYPE_COUNT;

	if (type == XS_TRANSACTION_START && !*t) {
		*t = transaction_start(&store, 1);
	} else if (type == XS_TRANSACTION_END && *t) {
		if (m->payload[0] == 'T')
			transaction_commit(*t, &who, &store);
		transaction_destroy(*t);
		*t = NULL;
	} else if (type == XS_WATCH) {
		add_watch(m);
	} else if (exec_knows(type) && m->hdr.tx_id % 2 && *t) {
		transaction_request(*t, &who, type, m->payload, m->hdr.len, &store, &r);
	} else if (exec_knows(type)) {
		exec_request(&store, &who, type, m->payload, m->hdr.len, &r);
	}
	if (r.len > XENSTORE_PAYLOAD_MAX)
		abort();
	ledger_settle(&store.ledger);
	watch_fire_changes(&store, hear);
	view_drop_changes(&store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct caller dom0 = { 0, -1, true };
	static struct message m;
	struct transaction *t = NULL;
	struct perms *home = perms_alloc(1);

	if (!size || !home)
		goto out;
	who = (struct caller){ data[0] & 1 ? 0 : 1, -1, data[0] & 1 };
	quota_init();
	watch_init();
	list_init(&watches);
	view_init(&store);
	home->entry[0].domid = 1;
	store_mkdir(&store, &dom0, "/local/domain/1");
	store_set_perms(&store, &dom0, "/local/domain/1", home);
	ledger_settle(&store.ledger);
	view_drop_changes(&store);
	message_reset(&m);
	for (data++, size--; size;) {
		enum message_state state;
		char *where;
		size_t n = message_room(&m, &where);

		n = n < size ? n : size;
		memcpy(where, data, n);
		message_add(&m, n);
		data += n;
		size -= n;
		while ((state = message_check(&m)) == MESSAGE_COMPLETE) {
			serve(&m, &t);
			message_next(&m);
		}
		if (state == MESSAGE_TOO_LONG)
			break;
	}
	if (t)
		transaction_destroy(t);
	for (uint16_t owner = 0; owner < 2; owner++)
		if (count_nodes(store.root, owner) != quota_nodes(owner))
			abort();
	list_for_each_safe(w, &watches, struct watch, of_owner)
		watch_remove(w);
	view_destroy(&store);
out:
	perms_put(home);
	return 0;
}
