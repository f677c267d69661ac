/* SPDX-License-Identifier: MIT */
/* Names that are events: see special.h. */
#include <errno.h>
#include <string.h>

#include "conn.h"
#include "exec.h"
#include "special.h"

static struct special {
	const char *name;
	struct perms *perms;
} special_table[] = {
	{ SPECIAL_INTRODUCE, NULL },
	{ SPECIAL_RELEASE, NULL },
};

#define SPECIAL_NR (sizeof(special_table) / sizeof(special_table[0]))

bool special_init(void)
{
	for (size_t i = 0; i < SPECIAL_NR; i++) {
		special_table[i].perms = perms_alloc(1);
		if (!special_table[i].perms)
			return false;
	}
	return true;
}

static struct special *special_find(const char *name)
{
	for (size_t i = 0; i < SPECIAL_NR; i++)
		if (!strcmp(special_table[i].name, name))
			return &special_table[i];
	return NULL;
}

void special_fire(const char *name)
{
	struct special *s = special_find(name);

	watch_fire_special(s->name, s->perms, conn_send_event);
}

void special_forget_domain(uint16_t domid)
{
	for (size_t i = 0; i < SPECIAL_NR; i++) {
		struct perms *left = perms_forget(special_table[i].perms, domid);

		/* Without memory nobody but the control domain hears of it any more. */
		if (!left) {
			special_table[i].perms->nr = 1;
			special_table[i].perms->entry[0] = (struct perm){ 0 };
			continue;
		}
		perms_put(special_table[i].perms);
		special_table[i].perms = left;
	}
}

int special_get_perms(const struct caller *who, const char *name, struct reply *r)
{
	struct special *s = special_find(name);

	if (!s)
		return ENOENT;
	if (!perms_allow(s->perms, who, ACCESS_READ))
		return EACCES;
	exec_reply_perms(s->perms, r);
	return 0;
}

int special_set_perms(const struct caller *who, const char *name, struct perms *perms)
{
	struct special *s = special_find(name);

	if (!s)
		return ENOENT;
	if (!who->privileged)
		return EACCES;
	perms_put(s->perms);
	s->perms = perms_get(perms);
	return 0;
}
