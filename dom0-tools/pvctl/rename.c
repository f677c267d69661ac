/* SPDX-License-Identifier: MIT */
/* pvctl rename */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs.h"

static int check_name(struct host *host, const char *name, struct err *e)
{
	struct domcfg_limits lim = { 0 };
	struct cfg c = { 0 };
	struct domcfg d;
	domid_t other;
	int ret;

	/* The config's own rules for a name; the rest of a config is made up. */
	cfg_set_string(&c, "name", name);
	cfg_set_string(&c, "kernel", "x");
	ret = domcfg_check(&d, &c, &lim, e);
	domcfg_free(&d);
	cfg_free(&c);
	if (ret)
		return ret;
	other = host_find_name(host, name);
	if (other != DOMID_NONE)
		return err_set(e, "name \"%s\" is in use by domain %u", name, other);
	return 0;
}

/* The kept config, with the new name, beside the old one. 1: no config is kept (a preserved or a boot domain). */
static int stage_config(domid_t dom, const char *name, struct err *e)
{
	struct cfg c = { 0 };
	char path[256];
	int ret;

	if (access(launch_config_path(dom, path, sizeof(path)), F_OK))
		return 1;
	ret = cfg_parse_file(&c, path, e);
	if (!ret) {
		cfg_set_string(&c, "name", name);
		ret = launch_stage_config(dom, &c, e);
	}
	cfg_free(&c);
	return ret ? -1 : 0;
}

static int rename_domain(struct host *host, domid_t dom, const char *name, struct err *e)
{
	char path[256], *vm;
	int staged;

	if (check_name(host, name, e))
		return -1;
	/* What may fail for want of room comes first: the policies are in that file. */
	staged = stage_config(dom, name, e);
	if (staged < 0)
		return err_wrap(e, "not renamed");
	if (domstore_write(host->xs, dom, "name", name, e)) {
		if (!staged)
			launch_drop_config(dom);
		return -1;
	}
	vm = domstore_read(host->xs, dom, "vm");
	if (vm) {
		snprintf(path, sizeof(path), "%s/name", vm);
		xs_write(host->xs, XBT_NULL, path, name, (unsigned int)strlen(name));
		free(vm);
	}
	return staged ? 0 : launch_commit_config(dom, e);
}

int verb_rename(int argc, char **argv)
{
	struct err e = ERR_INIT;
	struct host host;
	domid_t dom;
	int ret;

	if (argc != 3)
		return complain_usage("rename", "expected a domain and a new name");
	if (open_domain(&host, argv[1], &dom, &e))
		return complain(&e);
	ret = rename_domain(&host, dom, argv[2], &e);
	host_close(&host);
	return ret ? complain(&e) : EXIT_OK;
}
