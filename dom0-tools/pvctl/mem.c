/* SPDX-License-Identifier: MIT */
/* pvctl mem-set, mem-max */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/ctl.h"
#include "verbs.h"

#define SLACK_KB 1024

/* "64" is megabytes; t, g, m, k and b may follow. */
static int get_kb(const char *arg, uint64_t max_kb, uint64_t *kb, struct err *e)
{
	static const char units[] = "bkmgt";
	unsigned long long v;
	char *stop;
	const char *u;

	errno = 0;
	v = strtoull(arg, &stop, 10);
	u = *stop ? strchr(units, *stop | 32) : units + 2;
	if (errno || stop == arg || *arg == '-' || !u || (*stop && stop[1]))
		goto bad;
	if (u == units)
		v >>= 10;
	else if (v > (1ULL << 40) >> (10 * (u - units - 1)))
		goto bad;
	else
		v <<= 10 * (u - units - 1);
	if (!v || v > max_kb)
		goto bad;
	*kb = v;
	return 0;
bad:
	return err_set(e, "memory \"%s\": expected megabytes (or a number and b, k, m, g or t), up to %llu",
		       arg, (unsigned long long)max_kb >> 10);
}

static int total_kb(struct host *host, uint64_t *kb, struct err *e)
{
	struct xen_sysctl_physinfo p;
	long ret = ctl_physinfo(&host->h, &p);

	*kb = p.total_pages * 4;
	return ret ? hcall_fail(&host->h, e, ret, "asking the hypervisor for its memory") : 0;
}

static int set_limit(struct host *host, domid_t dom, uint64_t kb, struct err *e)
{
	long ret = ctl_max_mem(&host->h, dom, kb + SLACK_KB);

	return ret ? hcall_fail(&host->h, e, ret, "memory limit of domain %u", dom) : 0;
}

static int set_target(struct host *host, domid_t dom, const char *arg, struct err *e)
{
	char *s = domstore_read(host->xs, dom, "memory/static-max"), text[32];
	uint64_t max, kb;

	if (total_kb(host, &max, e))
		return -1;
	if (s)
		max = strtoull(s, NULL, 10);
	free(s);
	if (get_kb(arg, max, &kb, e) || set_limit(host, dom, kb, e))
		return -1;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)kb);
	return domstore_write(host->xs, dom, "memory/target", text, e);
}

static int set_max(struct host *host, domid_t dom, const char *arg, struct err *e)
{
	struct xen_domctl_getdomaininfo info;
	uint64_t max, kb;
	char text[32];

	if (total_kb(host, &max, e) || get_kb(arg, max, &kb, e))
		return -1;
	if (!ctl_domain_info(&host->h, dom, &info) && kb < info.tot_pages * 4)
		return err_set(e, "memory \"%s\": domain %u has %llu MB now: `pvctl mem-set` first", arg,
			       dom, (unsigned long long)info.tot_pages >> 8);
	if (set_limit(host, dom, kb, e))
		return -1;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)kb);
	return domstore_write(host->xs, dom, "memory/static-max", text, e);
}

static int mem_verb(int argc, char **argv, const char *verb,
		    int (*fn)(struct host *, domid_t, const char *, struct err *))
{
	struct err e = ERR_INIT;
	struct host host;
	domid_t dom;
	int ret;

	if (argc != 3)
		return complain_usage(verb, "expected a domain and an amount of memory");
	if (open_domain(&host, argv[1], &dom, &e))
		return complain(&e);
	ret = fn(&host, dom, argv[2], &e);
	host_close(&host);
	return ret ? complain(&e) : EXIT_OK;
}

int verb_mem_set(int argc, char **argv)
{
	return mem_verb(argc, argv, "mem-set", set_target);
}

int verb_mem_max(int argc, char **argv)
{
	return mem_verb(argc, argv, "mem-max", set_max);
}
