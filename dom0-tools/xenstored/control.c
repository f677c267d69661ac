/* SPDX-License-Identifier: MIT */
/* CONTROL: see control.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conn.h"
#include "control.h"
#include "domain.h"
#include "main.h"
#include "quota.h"

#define CONTROL_ARGS 3

__attribute__((format(printf, 2, 3)))
static void reply_printf(struct reply *r, const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n > 0)
		reply_add(r, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

struct tally {
	struct ledger owners;
	size_t nodes, bytes;
	const char *broken;
};

static void tally_subtree(struct tally *t, const struct node *n)
{
	size_t childlen = 0;

	t->nodes++;
	t->bytes += sizeof(*n) + strlen(n->name) + 1 + n->cap * sizeof(n->child[0]);
	t->bytes += n->value ? sizeof(*n->value) + n->value->len : 0;
	if (!n->refs || !n->perms->refs || (n->value && !n->value->refs))
		t->broken = "a reference count is 0";
	if (!ledger_add(&t->owners, n->perms->entry[0].domid, 1))
		t->broken = "out of memory";
	for (unsigned int i = 0; i < n->nr; i++) {
		childlen += strlen(n->child[i]->name) + 1;
		tally_subtree(t, n->child[i]);
	}
	if (childlen != n->childlen)
		t->broken = "a directory's length is wrong";
}

/* Counts everything again and compares. */
static int control_check(const char *const arg[], unsigned int nr, struct reply *r)
{
	struct tally t = { .nodes = 0 };

	tally_subtree(&t, main_store.root);
	for (unsigned int i = 0; i < t.owners.nr && !t.broken; i++)
		if ((size_t)t.owners.entry[i].nodes != quota_nodes(t.owners.entry[i].domid))
			t.broken = "a domain's nodes are miscounted";
	ledger_clear(&t.owners);
	reply_printf(r, "%s", t.broken ? t.broken : "OK");
	return 0;
}

static int control_memreport(const char *const arg[], unsigned int nr, struct reply *r)
{
	struct tally t = { .nodes = 0 };
	unsigned int connections = 0, watches = 0, transactions = 0;

	tally_subtree(&t, main_store.root);
	list_for_each(c, &conns, struct conn, of_all) {
		connections++;
		watches += c->nr_watches;
		transactions += c->nr_transactions;
	}
	reply_printf(r, "nodes %zu\nbytes %zu\n", t.nodes, t.bytes);
	reply_printf(r, "connections %u\ndomains %u\n", connections, domain_count());
	reply_printf(r, "watches %u\ntransactions %u\n", watches, transactions);
	for (unsigned int i = 0; i < t.owners.nr; i++)
		reply_printf(r, "nodes of domain %u: %ld\n", t.owners.entry[i].domid,
			     t.owners.entry[i].nodes);
	ledger_clear(&t.owners);
	return 0;
}

static int control_log(const char *const arg[], unsigned int nr, struct reply *r)
{
	if (nr != 2 || (strcmp(arg[1], "on") && strcmp(arg[1], "off")))
		return EINVAL;
	main_tracing = !strcmp(arg[1], "on");
	reply_printf(r, "OK");
	return 0;
}

static int control_print(const char *const arg[], unsigned int nr, struct reply *r)
{
	if (nr != 2)
		return EINVAL;
	say("control: %s", arg[1]);
	reply_printf(r, "OK");
	return 0;
}

/* "quota" lists, "quota NAME VALUE" sets. */
static int control_quota(const char *const arg[], unsigned int nr, struct reply *r)
{
	size_t *limit;
	uint64_t value;

	if (nr == 1) {
#define X(name, default, what) reply_printf(r, "%-18s %8zu  %s\n", #name, quota_limits.name, what);
		QUOTA_LIMITS(X)
#undef X
		return 0;
	}
	limit = nr == 3 ? quota_limit_find(arg[1]) : NULL;
	if (!limit || !wire_number(arg[2], UINT32_MAX, &value))
		return EINVAL;
	*limit = (size_t)value;
	reply_printf(r, "OK");
	return 0;
}

static int control_help(const char *const arg[], unsigned int nr, struct reply *r);

static const struct {
	const char *name;
	int (*run)(const char *const arg[], unsigned int nr, struct reply *r);
	const char *help;
} control_table[] = {
	{ "check", control_check, "count everything again and compare" },
	{ "help", control_help, "this list" },
	{ "log", control_log, "on|off: trace requests and answers" },
	{ "memreport", control_memreport, "what there is, and how much" },
	{ "print", control_print, "TEXT: a line to the log" },
	{ "quota", control_quota, "[NAME VALUE]: show or set a limit" },
};

#define CONTROL_NR (sizeof(control_table) / sizeof(control_table[0]))

static int control_help(const char *const arg[], unsigned int nr, struct reply *r)
{
	for (size_t i = 0; i < CONTROL_NR; i++)
		reply_printf(r, "%-10s %s\n", control_table[i].name, control_table[i].help);
	return 0;
}

int control_request(const char *payload, size_t len, struct reply *r)
{
	const char *arg[CONTROL_ARGS], *rest;
	size_t rest_len;
	unsigned int nr = wire_split(payload, len, arg, CONTROL_ARGS, &rest, &rest_len);
	int err;

	if (!nr || rest_len)
		return EINVAL;
	for (size_t i = 0; i < CONTROL_NR; i++) {
		if (strcmp(arg[0], control_table[i].name))
			continue;
		err = control_table[i].run(arg, nr, r);
		reply_add(r, "", 1);
		return err;
	}
	return EINVAL;
}
