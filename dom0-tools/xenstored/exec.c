/* SPDX-License-Identifier: MIT */
/* Requests on a version of the store: see exec.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "exec.h"
#include "path.h"

struct call {
	struct view *view;
	const struct caller *who;
	char path[PATH_SIZE];
	const char *rest;	/* what follows the path */
	size_t rest_len;
};

static int exec_read(struct call *c, struct reply *r)
{
	struct node *n;
	int err = store_read(c->view, c->who, c->path, &n);

	if (!err && n->value)
		reply_add(r, n->value->data, n->value->len);
	return err;
}

static int exec_directory(struct call *c, struct reply *r)
{
	struct node *n;
	int err = store_read(c->view, c->who, c->path, &n);

	if (err)
		return err;
	if (n->childlen > sizeof(r->payload))
		return E2BIG;
	for (unsigned int i = 0; i < n->nr; i++)
		reply_add(r, n->child[i]->name, strlen(n->child[i]->name) + 1);
	return 0;
}

/* As many whole names as fit from a byte offset on; an empty name ends the list. */
static int exec_directory_part(struct call *c, struct reply *r)
{
	char gen[24];
	size_t at = 0;
	uint64_t from;
	struct node *n;
	int err;

	if (!c->rest_len || c->rest[c->rest_len - 1] || !wire_number(c->rest, UINT32_MAX, &from))
		return EINVAL;
	err = store_read(c->view, c->who, c->path, &n);
	if (err)
		return err;
	reply_add(r, gen, (size_t)snprintf(gen, sizeof(gen), "%" PRIu64, n->gen) + 1);
	for (unsigned int i = 0; i < n->nr; i++) {
		size_t len = strlen(n->child[i]->name) + 1;

		if (at >= from) {
			if (r->len + len >= sizeof(r->payload))
				return 0;
			reply_add(r, n->child[i]->name, len);
		} else if (at + len > from) {
			return EINVAL;		/* in the middle of a name */
		}
		at += len;
	}
	reply_add(r, "", 1);
	return 0;
}

static int exec_get_perms(struct call *c, struct reply *r)
{
	struct node *n;
	int err = store_read(c->view, c->who, c->path, &n);

	if (!err)
		exec_reply_perms(n->perms, r);
	return err;
}

static int exec_write(struct call *c, struct reply *r)
{
	reply_ok(r);
	return store_write(c->view, c->who, c->path, c->rest, c->rest_len);
}

static int exec_mkdir(struct call *c, struct reply *r)
{
	reply_ok(r);
	return store_mkdir(c->view, c->who, c->path);
}

static int exec_rm(struct call *c, struct reply *r)
{
	reply_ok(r);
	return store_rm(c->view, c->who, c->path);
}

static int exec_set_perms(struct call *c, struct reply *r)
{
	int err;
	struct perms *perms = exec_parse_perms(c->rest, c->rest_len, &err);

	if (!perms)
		return err;
	reply_ok(r);
	err = store_set_perms(c->view, c->who, c->path, perms);
	perms_put(perms);
	return err;
}

static const struct {
	int (*exec)(struct call *c, struct reply *r);
	bool path_only;		/* nothing may follow the path */
} exec_table[XS_TYPE_COUNT] = {
	[XS_READ]           = { exec_read, true },
	[XS_DIRECTORY]      = { exec_directory, true },
	[XS_DIRECTORY_PART] = { exec_directory_part, false },
	[XS_GET_PERMS]      = { exec_get_perms, true },
	[XS_WRITE]          = { exec_write, false },
	[XS_MKDIR]          = { exec_mkdir, true },
	[XS_RM]             = { exec_rm, true },
	[XS_SET_PERMS]      = { exec_set_perms, false },
};

bool exec_knows(uint32_t type)
{
	return type < XS_TYPE_COUNT && exec_table[type].exec;
}

void exec_request(struct view *v, const struct caller *who, uint32_t type,
		  const char *payload, size_t len, struct reply *r)
{
	struct call c = { .view = v, .who = who };
	const char *sent;
	int err = EINVAL;

	r->err = 0;
	r->len = 0;
	if (wire_split(payload, len, &sent, 1, &c.rest, &c.rest_len) == 1 &&
	    !(exec_table[type].path_only && c.rest_len) &&
	    path_absolute(sent, who->domid, c.path) >= 0 &&
	    (who->privileged || strlen(c.path) <= quota_limits.path_max))
		err = exec_table[type].exec(&c, r);
	if (err)
		r->err = err;
}

struct perms *exec_parse_perms(const char *rest, size_t len, int *err)
{
	struct perms *p;
	unsigned int nr = 0;

	*err = EINVAL;
	for (size_t i = 0; i < len; i++)
		nr += !rest[i];
	if (!nr || rest[len - 1])
		return NULL;
	p = perms_alloc(nr);
	if (!p) {
		*err = ENOMEM;
		return NULL;
	}
	for (unsigned int i = 0; i < nr; i++, rest += strlen(rest) + 1) {
		if (!perm_parse(rest, &p->entry[i])) {
			perms_put(p);
			return NULL;
		}
	}
	return p;
}

void exec_reply_perms(const struct perms *p, struct reply *r)
{
	char text[PERM_TEXT_MAX];

	for (unsigned int i = 0; i < p->nr; i++)
		if (!reply_add(r, text, perm_format(p->entry[i], text)))
			return;
}
