/* SPDX-License-Identifier: MIT */
/* pvctl list */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/ctl.h"
#include "../lib/strbuf.h"
#include "verbs.h"

static void print_domain(struct host *host, const struct xen_domctl_getdomaininfo *i, int verbose)
{
	unsigned int reason = i->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
	int shutdown = !!(i->flags & XEN_DOMINF_shutdown);
	char *name = domstore_name(host->xs, i->domain);
	char uuid[37];

	printf("%-40s %5d %5lu %5d     %c%c%c%c%c%c  %8.1f", name ? name : "(null)", i->domain,
	       (unsigned long)((i->tot_pages + i->outstanding_pages) >> 8), (int)i->nr_online_vcpus,
	       i->flags & XEN_DOMINF_running ? 'r' : '-', i->flags & XEN_DOMINF_blocked ? 'b' : '-',
	       i->flags & XEN_DOMINF_paused ? 'p' : '-', shutdown ? 's' : '-',
	       shutdown && reason == SHUTDOWN_crash ? 'c' : '-',
	       i->flags & XEN_DOMINF_dying ? 'd' : '-', (double)i->cpu_time / 1e9);
	if (verbose) {
		printf(" %s", uuid_format(i->handle, uuid));
		if (shutdown)
			printf(" %8x", reason);
		else
			printf(" %8s", "-");
		printf(" %16s", "-");
	}
	printf("\n");
	free(name);
}

/* The kept config of one domain; of those that something else created, what the hypervisor knows. */
static void print_long(struct host *host, struct strbuf *b, const struct xen_domctl_getdomaininfo *i)
{
	char *name = domstore_name(host->xs, i->domain);
	struct domcfg_limits lim = { 0 };
	struct err e = ERR_INIT;
	struct cfg c = { 0 };
	struct domcfg d;
	char path[256];

	memset(&d, 0, sizeof(d));
	launch_config_path(i->domain, path, sizeof(path));
	if (access(path, R_OK))
		strncat(path, ".preserved", sizeof(path) - strlen(path) - 1);
	if (cfg_parse_file(&c, path, &e) || domcfg_check(&d, &c, &lim, &e)) {
		domcfg_free(&d);
		memset(&d, 0, sizeof(d));
		d.vcpus = d.maxvcpus = i->nr_online_vcpus;
		d.memory = (long long)(i->tot_pages >> 8);
		d.maxmem = d.memory;
		d.weight = d.cap = -1;
	}
	/* It may have been renamed since. */
	free(d.name);
	d.name = name ? name : strdup("(unknown)");
	memcpy(d.uuid, i->handle, sizeof(d.uuid));
	config_json(b, &d, i->domain, 4);
	domcfg_free(&d);
	cfg_free(&c);
}

static void print_all(struct host *host, const struct xen_domctl_getdomaininfo *list, long n,
		      int longform, int verbose)
{
	struct strbuf b = STRBUF_INIT;
	long i;

	if (longform) {
		strbuf_add(&b, "[\n");
		for (i = 0; i < n; i++) {
			strbuf_add(&b, "    ");
			print_long(host, &b, &list[i]);
			strbuf_add(&b, i + 1 < n ? ",\n" : "\n");
		}
		printf("%s]\n", b.s);
		strbuf_free(&b);
		return;
	}
	printf("Name                                        ID   Mem VCPUs\tState\tTime(s)");
	if (verbose)
		printf("   UUID                            Reason-Code\tSecurity Label");
	printf("\n");
	for (i = 0; i < n; i++)
		print_domain(host, &list[i], verbose);
}

/* Only the domains named. */
static long pick(struct host *host, char **names, int nr, struct xen_domctl_getdomaininfo **list,
		 struct err *e)
{
	domid_t dom;
	int i;

	*list = calloc((size_t)nr, sizeof(**list));
	for (i = 0; *list && i < nr; i++) {
		long ret;

		if (arg_domain(host, names[i], &dom, e))
			return -1;
		ret = ctl_domain_info(&host->h, dom, *list + i);
		if (ret)
			return hcall_fail(&host->h, e, ret, "domain %s", names[i]);
	}
	return nr;
}

int verb_list(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "long", 0, NULL, 'l' }, { "verbose", 0, NULL, 'v' }, { "help", 0, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	struct xen_domctl_getdomaininfo *list = NULL;
	int longform = 0, verbose = 0, opt;
	struct err e = ERR_INIT;
	struct host host;
	long n;

	while ((opt = getopt_long(argc, argv, "lvh", longs, NULL)) != -1) {
		if (opt == 'l')
			longform = 1;
		else if (opt == 'v')
			verbose = 1;
		else if (opt == 'h' || opt == '?')
			return complain_usage("list", "%s", opt == 'h' ? "help" : "unknown option");
	}
	if (host_open_store(&host, &e))
		return complain(&e);
	if (optind < argc)
		n = pick(&host, argv + optind, argc - optind, &list, &e);
	else
		n = all_domains(&host, &list, &e);
	if (n >= 0)
		print_all(&host, list, n, longform, verbose);
	free(list);
	host_close(&host);
	return n < 0 ? complain(&e) : EXIT_OK;
}
