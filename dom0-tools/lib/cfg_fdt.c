/* SPDX-License-Identifier: MIT */
/* Domain configs as device trees: see cfg_fdt.h. */
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg_fdt.h"
#include "domcfg.h"
#include "strbuf.h"

#define FDT_MAGIC_BYTES "\320\015\376\355"
#define BLOB_SIZE (64 << 10)

int cfg_is_fdt(const uint8_t *data, size_t size)
{
	return size >= 4 && !memcmp(data, FDT_MAGIC_BYTES, 4);
}

struct reader {
	struct cfg *c;
	const char *file;
	const void *fdt;
	struct err *e;
};

static int bad(struct reader *r, int node, const char *what)
{
	char path[128];

	if (fdt_get_path(r->fdt, node, path, sizeof(path)))
		snprintf(path, sizeof(path), "a node");
	return err_set(r->e, "%s: %s: %s", r->file, path, what);
}

/* A property that is one string; NULL when it is missing, "" with a message when it is not one. */
static const char *get_string(struct reader *r, int node, const char *name)
{
	int len;
	const char *s = fdt_getprop(r->fdt, node, name, &len);
	char what[96];

	if (!s)
		return NULL;
	if (len > 0 && !s[len - 1] && strlen(s) == (size_t)len - 1)
		return s;
	snprintf(what, sizeof(what), "%s: expected one string", name);
	bad(r, node, what);
	return "";
}

static int get_cells(struct reader *r, int node, const char *name, int max, uint64_t *val)
{
	char what[96];
	int len, i;
	const fdt32_t *p = fdt_getprop(r->fdt, node, name, &len);

	if (!p)
		return 1;
	if (len % 4 || len < 4 || len > max * 4) {
		snprintf(what, sizeof(what), "%s: %d bytes, expected %s", name, len,
			 max == 1 ? "one cell" : "one or two cells");
		return bad(r, node, what);
	}
	for (*val = 0, i = 0; i < len / 4; i++)
		*val = *val << 32 | fdt32_ld(p + i);
	return 0;
}

static int read_module(struct reader *r, int node)
{
	int ramdisk = !fdt_node_check_compatible(r->fdt, node, "module,ramdisk") ||
		!fdt_node_check_compatible(r->fdt, node, "multiboot,ramdisk");
	int kernel = !fdt_node_check_compatible(r->fdt, node, "module,kernel") ||
		!fdt_node_check_compatible(r->fdt, node, "multiboot,kernel");
	const char *path, *args;

	if (!ramdisk && !kernel)
		return 0;
	path = get_string(r, node, "path");
	if (!path)
		return bad(r, node, "no path (a module-index is for domains that the hypervisor starts "
			   "at boot)");
	cfg_set_string(r->c, kernel ? "kernel" : "ramdisk", path);
	args = get_string(r, node, "bootargs");
	if (args && kernel)
		cfg_set_string(r->c, "cmdline", args);
	return r->e->text[0] ? -1 : 0;
}

/* Strings, each ending with a nul; four such bytes might also be a number, but none that occurs. */
static int is_text(const char *val, int len)
{
	int i;

	for (i = 0; i < len; i++)
		if (val[i] ? val[i] < ' ' || val[i] == 127 : !i && len > 1)
			return 0;
	return len && !val[len - 1];
}

static void add_property(struct strbuf *b, const char *name, const char *val, int len)
{
	int pos;

	/* By way of the text form, so that lists need no second way in. */
	strbuf_printf(b, "%s = ", name);
	if (len == 4 && !is_text(val, len)) {
		strbuf_printf(b, "%ld\n", (long)(int32_t)fdt32_ld((const fdt32_t *)(const void *)val));
		return;
	}
	if (strlen(val) + 1 < (size_t)len)
		strbuf_add(b, "[ ");
	for (pos = 0; pos < len; pos += (int)strlen(val + pos) + 1) {
		const char *p;

		strbuf_add(b, pos ? ", \"" : "\"");
		for (p = val + pos; *p; p++)
			strbuf_printf(b, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
		strbuf_add(b, "\"");
	}
	strbuf_add(b, strlen(val) + 1 < (size_t)len ? " ]\n" : "\n");
}

static int read_config_node(struct reader *r, int node)
{
	struct strbuf b = STRBUF_INIT;
	int prop, len, ret = 0;

	fdt_for_each_property_offset(prop, r->fdt, node) {
		const char *name, *val = fdt_getprop_by_offset(r->fdt, prop, &name, &len);

		if (!val || (len != 4 && (len <= 0 || val[len - 1]))) {
			ret = bad(r, node, "expected properties of one cell or of strings");
			break;
		}
		add_property(&b, name, val, len);
	}
	if (!ret && b.len)
		ret = cfg_parse(r->c, r->file, b.s, b.len, r->e);
	strbuf_free(&b);
	return ret;
}

static int read_domain(struct reader *r, int node)
{
	const char *name = get_string(r, node, "domain-name");
	const uint8_t *uuid;
	char text[37];
	uint64_t val;
	int len, sub, ret;

	if (!name)
		name = fdt_get_name(r->fdt, node, NULL);
	if (name)
		cfg_set_string(r->c, "name", name);
	ret = get_cells(r, node, "memory", 2, &val);
	if (!ret)
		cfg_set_number(r->c, "memory", (long long)(val >> 10));
	if (ret >= 0)
		ret = get_cells(r, node, "cpus", 1, &val);
	if (!ret)
		cfg_set_number(r->c, "vcpus", (long long)val);
	if (ret < 0 || r->e->text[0])
		return -1;
	uuid = fdt_getprop(r->fdt, node, "domain-uuid", &len);
	if (uuid && len != 16)
		return bad(r, node, "domain-uuid: expected 16 bytes");
	if (uuid)
		cfg_set_string(r->c, "uuid", uuid_format(uuid, text));
	fdt_for_each_subnode(sub, r->fdt, node) {
		const char *n = fdt_get_name(r->fdt, sub, NULL);

		if (n && !strcmp(n, "config") ? read_config_node(r, sub) : read_module(r, sub))
			return -1;
	}
	return 0;
}

int cfg_from_fdt(struct cfg *c, const char *file, const uint8_t *data, size_t size, struct err *e)
{
	struct reader r = { .c = c, .file = file, .fdt = data, .e = e };
	int ret = size < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED : fdt_check_header(data), node, next;
	size_t i;

	if (!ret && fdt_totalsize(data) > size)
		return err_set(e, "%s: broken device tree: truncated, %zu of %u bytes", file, size,
			       fdt_totalsize(data));
	if (ret)
		return err_set(e, "%s: broken device tree: %s", file, fdt_strerror(ret));
	/* libfdt reads the structure block by cells, without a look at where it begins. */
	if (fdt_off_dt_struct(data) % 4)
		return err_set(e, "%s: broken device tree: structure block at 0x%x is not aligned", file,
			       fdt_off_dt_struct(data));
	node = fdt_node_offset_by_compatible(data, -1, "xen,domain");
	if (node < 0 && node != -FDT_ERR_NOTFOUND)
		return err_set(e, "%s: broken device tree: %s", file, fdt_strerror(node));
	if (node < 0)
		return err_set(e, "%s: no node with compatible = \"xen,domain\"", file);
	next = fdt_node_offset_by_compatible(data, node, "xen,domain");
	if (next >= 0)
		return bad(&r, next, "a second domain: expected one in a config");
	if (next != -FDT_ERR_NOTFOUND)
		return err_set(e, "%s: broken device tree: %s", file, fdt_strerror(next));
	ret = read_domain(&r, node);
	for (i = 0; i < c->nr; i++) {
		free(c->entries[i].file);
		c->entries[i].file = strdup(file);
		c->entries[i].line = 0;
	}
	return ret;
}

/* --- writing --- */

struct writer {
	void *fdt;
	int failed;
};

static void check(struct writer *w, int ret)
{
	if (ret && !w->failed)
		w->failed = ret;
}

static void put_module(struct writer *w, const struct cfg *c, const char *node, const char *key,
		       const char *args)
{
	const struct cfg_entry *en = cfg_find(c, key);
	char compatible[32];

	if (!en || en->value.type != CFG_STRING)
		return;
	check(w, fdt_begin_node(w->fdt, node));
	snprintf(compatible, sizeof(compatible), "module,%s", node);
	check(w, fdt_property_string(w->fdt, "compatible", compatible));
	check(w, fdt_property_string(w->fdt, "path", en->value.str));
	if (args)
		check(w, fdt_property_string(w->fdt, "bootargs", args));
	check(w, fdt_end_node(w->fdt));
}

/* Keys that have a place of their own in the binding. */
static int has_place(const char *key)
{
	static const char *const keys[] = { "name", "memory", "vcpus", "uuid", "kernel", "ramdisk",
					    "cmdline", "root", "extra" };
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i], key))
			return 1;
	return 0;
}

static void put_value(struct writer *w, const char *key, const struct cfg_value *v)
{
	struct strbuf b = STRBUF_INIT;
	size_t i;

	if (v->type == CFG_NUMBER) {
		check(w, fdt_property_u32(w->fdt, key, (uint32_t)v->num));
		return;
	}
	if (v->type == CFG_STRING) {
		check(w, fdt_property_string(w->fdt, key, v->str));
		return;
	}
	for (i = 0; i < v->nr_items; i++)
		if (v->items[i].type != CFG_LIST)
			strbuf_add_mem(&b, v->items[i].str, strlen(v->items[i].str) + 1);
	check(w, fdt_property(w->fdt, key, b.s ? b.s : "", (int)b.len));
	strbuf_free(&b);
}

static void put_domain(struct writer *w, const struct cfg *c, const struct domcfg *d)
{
	char *args = domcfg_cmdline(d);
	size_t i;

	check(w, fdt_begin_node(w->fdt, d->name));
	check(w, fdt_property_string(w->fdt, "compatible", "xen,domain"));
	check(w, fdt_property_string(w->fdt, "domain-name", d->name));
	if (d->uuid_given)
		check(w, fdt_property(w->fdt, "domain-uuid", d->uuid, 16));
	check(w, fdt_property_u32(w->fdt, "cpus", (uint32_t)d->vcpus));
	check(w, fdt_property_u64(w->fdt, "memory", (uint64_t)d->memory << 10));
	put_module(w, c, "kernel", "kernel", args);
	put_module(w, c, "ramdisk", "ramdisk", NULL);
	check(w, fdt_begin_node(w->fdt, "config"));
	for (i = 0; i < c->nr; i++)
		if (!has_place(c->entries[i].key) &&
		    (c->entries[i].value.type != CFG_LIST || c->entries[i].value.nr_items))
			put_value(w, c->entries[i].key, &c->entries[i].value);
	check(w, fdt_end_node(w->fdt));
	check(w, fdt_end_node(w->fdt));
	free(args);
}

uint8_t *cfg_to_fdt(const struct cfg *c, size_t *size, struct err *e)
{
	struct domcfg_limits lim = { 0 };
	struct writer w = { 0 };
	struct domcfg d;
	int bad_config = domcfg_check(&d, c, &lim, e);

	if (bad_config)
		goto err;
	w.fdt = calloc(1, BLOB_SIZE);
	if (!w.fdt) {
		err_sys(e, ENOMEM, "device tree");
		goto err;
	}
	check(&w, fdt_create(w.fdt, BLOB_SIZE));
	check(&w, fdt_finish_reservemap(w.fdt));
	check(&w, fdt_begin_node(w.fdt, ""));
	check(&w, fdt_begin_node(w.fdt, "chosen"));
	check(&w, fdt_begin_node(w.fdt, "hypervisor"));
	check(&w, fdt_property_string(w.fdt, "compatible", "hypervisor,xen"));
	put_domain(&w, c, &d);
	check(&w, fdt_end_node(w.fdt));
	check(&w, fdt_end_node(w.fdt));
	check(&w, fdt_end_node(w.fdt));
	check(&w, fdt_finish(w.fdt));
	if (w.failed) {
		err_set(e, "device tree: %s", fdt_strerror(w.failed));
		goto err;
	}
	domcfg_free(&d);
	*size = fdt_totalsize(w.fdt);
	return w.fdt;
err:
	free(w.fdt);
	domcfg_free(&d);
	return NULL;
}

static void print_property(struct strbuf *b, const char *name, const char *val, int len)
{
	int i, text = is_text(val, len);

	strbuf_printf(b, "%s = ", name);
	if (text) {
		for (i = 0; i < len; i++) {
			if (!i || !val[i - 1])
				strbuf_add(b, i ? ", \"" : "\"");
			if (!val[i])
				strbuf_add_char(b, '"');
			else
				strbuf_printf(b, val[i] == '"' || val[i] == '\\' ? "\\%c" : "%c", val[i]);
		}
	} else if (len % 4 || !strcmp(name, "domain-uuid")) {
		strbuf_add_char(b, '[');
		for (i = 0; i < len; i++)
			strbuf_printf(b, "%s%02x", i ? " " : "", (uint8_t)val[i]);
		strbuf_add_char(b, ']');
	} else {
		strbuf_add_char(b, '<');
		for (i = 0; i < len; i += 4)
			strbuf_printf(b, "%s0x%x", i ? " " : "",
				      fdt32_ld((const fdt32_t *)(const void *)(val + i)));
		strbuf_add_char(b, '>');
	}
	strbuf_add(b, ";\n");
}

static void print_node(struct strbuf *b, const void *fdt, int node, int depth)
{
	const char *name = fdt_get_name(fdt, node, NULL);
	int prop, sub, len;

	strbuf_printf(b, "%.*s%s {\n", depth, "\t\t\t\t\t\t\t\t", name && *name ? name : "/");
	fdt_for_each_property_offset(prop, fdt, node) {
		const char *key, *val = fdt_getprop_by_offset(fdt, prop, &key, &len);

		strbuf_printf(b, "%.*s", depth + 1, "\t\t\t\t\t\t\t\t");
		if (val)
			print_property(b, key, val, len);
	}
	fdt_for_each_subnode(sub, fdt, node)
		print_node(b, fdt, sub, depth + 1);
	strbuf_printf(b, "%.*s};\n", depth, "\t\t\t\t\t\t\t\t");
}

char *cfg_to_dts(const struct cfg *c, struct err *e)
{
	struct strbuf b = STRBUF_INIT;
	uint8_t *blob;
	size_t size;

	blob = cfg_to_fdt(c, &size, e);
	if (!blob)
		return NULL;
	strbuf_add(&b, "/dts-v1/;\n\n");
	print_node(&b, blob, 0, 0);
	free(blob);
	return strbuf_take(&b);
}
