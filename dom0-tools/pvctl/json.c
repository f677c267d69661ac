/* SPDX-License-Identifier: MIT */
/* A domain's config as JSON, with xl's names. */
#include <stdio.h>
#include <stdlib.h>

#include "../lib/strbuf.h"
#include "verbs.h"

static void line(struct strbuf *b, int indent, const char *text)
{
	strbuf_printf(b, "%*s%s\n", indent, "", text);
}

static void string_item(struct strbuf *b, int indent, const char *key, const char *val)
{
	if (!val)
		return;
	strbuf_printf(b, "%*s\"%s\": ", indent, "", key);
	strbuf_add_json(b, val);
	strbuf_add(b, ",\n");
}

static void number_item(struct strbuf *b, int indent, const char *key, long long val)
{
	strbuf_printf(b, "%*s\"%s\": %lld,\n", indent, "", key, val);
}

static const char *action(long long a)
{
	static char name[4][24];
	static unsigned int next;
	char *s = name[next++ % 4];
	size_t i;

	/* xl's enum spells them with underscores */
	for (i = 0; dom_action_names[a][i] && i < sizeof(name[0]) - 1; i++)
		s[i] = (char)(dom_action_names[a][i] == '-' ? '_' : dom_action_names[a][i]);
	s[i] = 0;
	return s;
}

void config_json(struct strbuf *b, const struct domcfg *d, domid_t dom, int in)
{
	char uuid[37], *cmdline = domcfg_cmdline(d);
	long long i;

	line(b, 0, "{");
	if (dom != DOMID_NONE)
		number_item(b, in + 4, "domid", dom);
	line(b, in + 4, "\"config\": {");
	line(b, in + 8, "\"c_info\": {");
	string_item(b, in + 12, "type", dom_type_names[d->type]);
	string_item(b, in + 12, "name", d->name);
	strbuf_printf(b, "%*s\"uuid\": \"%s\"\n", in + 12, "", uuid_format(d->uuid, uuid));
	line(b, in + 8, "},");
	line(b, in + 8, "\"b_info\": {");
	number_item(b, in + 12, "max_vcpus", d->maxvcpus);
	strbuf_printf(b, "%*s\"avail_vcpus\": [", in + 12, "");
	for (i = 0; i < d->vcpus; i++)
		strbuf_printf(b, "%s%lld", i ? ", " : "", i);
	strbuf_add(b, "],\n");
	number_item(b, in + 12, "max_memkb", d->maxmem * 1024);
	number_item(b, in + 12, "target_memkb", d->memory * 1024);
	if (d->weight >= 0 || d->cap >= 0) {
		line(b, in + 12, "\"sched_params\": {");
		if (d->weight >= 0)
			strbuf_printf(b, "%*s\"weight\": %lld%s\n", in + 16, "", d->weight,
				      d->cap >= 0 ? "," : "");
		if (d->cap >= 0)
			strbuf_printf(b, "%*s\"cap\": %lld\n", in + 16, "", d->cap);
		line(b, in + 12, "},");
	}
	string_item(b, in + 12, "kernel", d->kernel);
	string_item(b, in + 12, "cmdline", cmdline);
	string_item(b, in + 12, "ramdisk", d->ramdisk);
	strbuf_printf(b, "%*s\"type.%s\": {\n", in + 12, "", dom_type_names[d->type]);
	if (d->type == DOM_HVM)
		strbuf_printf(b, "%*s\"virt\": \"%s\"\n", in + 16, "", dom_virt_names[d->virt]);
	line(b, in + 12, "}");
	line(b, in + 8, "},");
	string_item(b, in + 8, "on_poweroff", action(d->on_poweroff));
	string_item(b, in + 8, "on_reboot", action(d->on_reboot));
	string_item(b, in + 8, "on_watchdog", action(d->on_watchdog));
	strbuf_printf(b, "%*s\"on_crash\": \"%s\"\n", in + 8, "", action(d->on_crash));
	line(b, in + 4, "}");
	strbuf_printf(b, "%*s}", in, "");
	free(cmdline);
}
