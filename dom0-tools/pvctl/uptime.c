/* SPDX-License-Identifier: MIT */
/* pvctl uptime */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../lib/ctl.h"
#include "verbs.h"

/* Seconds since the domain was created; the control domain's own since it booted. */
static long long age(struct host *host, domid_t dom)
{
	struct timespec ts;
	char path[128], *vm, *start = NULL;
	unsigned int len;
	long long t;

	if (!dom) {
		clock_gettime(CLOCK_MONOTONIC, &ts);
		return ts.tv_sec;
	}
	vm = domstore_read(host->xs, dom, "vm");
	if (vm) {
		snprintf(path, sizeof(path), "%s/start_time", vm);
		start = xs_read(host->xs, XBT_NULL, path, &len);
	}
	free(vm);
	if (!start)
		return -1;
	t = (long long)time(NULL) - strtoll(start, NULL, 10);
	free(start);
	return t < 0 ? 0 : t;
}

static char *format(long long s, char *buf, size_t size)
{
	long long days = s / 86400;

	if (s < 0)
		snprintf(buf, size, "unknown");
	else if (days)
		snprintf(buf, size, "%lld day%s, %2lld:%02lld:%02lld", days, days > 1 ? "s" : "",
			 s / 3600 % 24, s / 60 % 60, s % 60);
	else
		snprintf(buf, size, "%2lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
	return buf;
}

static void print_one(struct host *host, domid_t dom, int brief)
{
	char *name = domstore_name(host->xs, dom), buf[64], clock[16];
	time_t now = time(NULL);
	struct tm tm;

	format(age(host, dom), buf, sizeof(buf));
	if (brief) {
		gmtime_r(&now, &tm);
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
		printf(" %s up %s,  %s (%u)\n", clock, buf, name ? name : "(null)", dom);
	} else {
		printf("%-33s %4d %s\n", name ? name : "(null)", dom, buf);
	}
	free(name);
}

int verb_uptime(int argc, char **argv)
{
	int brief = argc > 1 && (!strcmp(argv[1], "-s") || !strcmp(argv[1], "--short"));
	struct xen_domctl_getdomaininfo *list = NULL;
	int i = 1 + brief, status = EXIT_OK;
	struct err e = ERR_INIT;
	struct host host;
	domid_t dom;
	long n, k;

	if (host_open_store(&host, &e))
		return complain(&e);
	if (!brief)
		printf("%-33s %4s %s\n", "Name", "ID", "Uptime");
	if (i == argc) {
		n = all_domains(&host, &list, &e);
		for (k = 0; k < n; k++)
			print_one(&host, list[k].domain, brief);
		free(list);
		if (n < 0)
			status = complain(&e);
	}
	for (; i < argc; i++) {
		struct err bad = ERR_INIT;

		if (arg_domain(&host, argv[i], &dom, &bad))
			status = complain(&bad);
		else
			print_one(&host, dom, brief);
	}
	host_close(&host);
	return status;
}
