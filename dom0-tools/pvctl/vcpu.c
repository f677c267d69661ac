/* SPDX-License-Identifier: MIT */
/* pvctl vcpu-list, vcpu-pin, vcpu-set */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/ctl.h"
#include "verbs.h"

static unsigned int machine_cpus(struct host *host)
{
	struct xen_sysctl_physinfo p;

	return ctl_physinfo(&host->h, &p) ? 1 : p.max_cpu_id + 1;
}

static void print_vcpu(struct host *host, domid_t dom, const char *name, unsigned int v,
		       unsigned int cpus)
{
	struct xen_domctl_getvcpuinfo i;
	struct cpuset hard, soft;
	char text[128];

	if (ctl_vcpu_info(&host->h, dom, v, &i))
		return;
	printf("%-32s %5u %5u", name, dom, v);
	if (!i.online)
		printf("%5c %3c%cp ", '-', '-', '-');
	else
		printf("%5u %3c%c- ", i.cpu, i.running ? 'r' : '-', i.blocked ? 'b' : '-');
	printf("%9.1f  ", (double)i.cpu_time / 1e9);
	memset(&hard, 0, sizeof(hard));
	memset(&soft, 0, sizeof(soft));
	if (!ctl_vcpu_affinity_get(&host->h, dom, v, hard.bits, soft.bits, cpus)) {
		printf("%s / ", cpuset_format(&hard, cpus, text, sizeof(text)));
		printf("%s", cpuset_format(&soft, cpus, text, sizeof(text)));
	}
	printf("\n");
}

static void print_vcpus(struct host *host, const struct xen_domctl_getdomaininfo *i, unsigned int cpus)
{
	char *name = domstore_name(host->xs, i->domain);
	unsigned int v;

	for (v = 0; v <= i->max_vcpu_id; v++)
		print_vcpu(host, i->domain, name ? name : "(null)", v, cpus);
	free(name);
}

int verb_vcpu_list(int argc, char **argv)
{
	struct xen_domctl_getdomaininfo *list = NULL, one;
	struct err e = ERR_INIT;
	int i, status = EXIT_OK;
	unsigned int cpus;
	struct host host;
	domid_t dom;
	long n, k;

	if (host_open_store(&host, &e))
		return complain(&e);
	cpus = machine_cpus(&host);
	printf("%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU", "State", "Time(s)",
	       "Affinity (Hard / Soft)");
	if (argc == 1) {
		n = all_domains(&host, &list, &e);
		for (k = 0; k < n; k++)
			print_vcpus(&host, &list[k], cpus);
		free(list);
		if (n < 0)
			status = complain(&e);
	}
	for (i = 1; i < argc; i++) {
		struct err bad = ERR_INIT;

		if (arg_domain(&host, argv[i], &dom, &bad))
			status = complain(&bad);
		else if (!ctl_domain_info(&host.h, dom, &one))
			print_vcpus(&host, &one, cpus);
	}
	host_close(&host);
	return status;
}

/* "-" leaves an affinity alone. */
static int get_set(const char *arg, struct cpuset *s, unsigned int cpus, struct err *e)
{
	if (cpuset_parse(s, arg) || !cpuset_usable(s, cpus))
		return err_set(e, "CPUs \"%s\": expected \"all\", \"0-3,5\" or \"all,^2\", of the CPUs 0 "
			       "to %u", arg, cpus - 1);
	return 0;
}

static int pin(struct host *host, domid_t dom, int argc, char **argv, struct err *e)
{
	unsigned int cpus = machine_cpus(host), flags = 0, v, first = 0, last;
	struct xen_domctl_getdomaininfo info;
	struct cpuset hard, soft;
	long long n;
	long ret;

	ret = ctl_domain_info(&host->h, dom, &info);
	if (ret)
		return hcall_fail(&host->h, e, ret, "domain %u", dom);
	last = info.max_vcpu_id;
	if (strcmp(argv[2], "all") && strcmp(argv[2], "-")) {
		if (arg_number("vCPU", argv[2], 0, last, &n, e))
			return -1;
		first = last = (unsigned int)n;
	}
	if (strcmp(argv[3], "-")) {
		if (get_set(argv[3], &hard, cpus, e))
			return -1;
		flags |= XEN_VCPUAFFINITY_HARD;
	}
	if (argc > 4 && strcmp(argv[4], "-")) {
		if (get_set(argv[4], &soft, cpus, e))
			return -1;
		flags |= XEN_VCPUAFFINITY_SOFT;
	}
	for (v = first; flags && v <= last; v++) {
		ret = ctl_vcpu_affinity(&host->h, dom, v, flags,
					flags & XEN_VCPUAFFINITY_HARD ? hard.bits : NULL,
					flags & XEN_VCPUAFFINITY_SOFT ? soft.bits : NULL, cpus);
		if (ret)
			return hcall_fail(&host->h, e, ret, "pinning vCPU %u of domain %u", v, dom);
	}
	return 0;
}

int verb_vcpu_pin(int argc, char **argv)
{
	struct err e = ERR_INIT;
	struct host host;
	domid_t dom;
	int ret;

	if (argc > 1 && (!strcmp(argv[1], "-f") || !strcmp(argv[1], "--force"))) {
		argc--;
		argv++;
	}
	if (argc != 4 && argc != 5)
		return complain_usage("vcpu-pin", "expected a domain, a vCPU or all, and CPUs");
	if (open_domain(&host, argv[1], &dom, &e))
		return complain(&e);
	ret = pin(&host, dom, argc, argv, &e);
	host_close(&host);
	return ret ? complain(&e) : EXIT_OK;
}

int verb_vcpu_set(int argc, char **argv)
{
	struct xen_domctl_getdomaininfo info;
	struct err e = ERR_INIT;
	struct host host;
	char path[64];
	unsigned int v;
	long long n;
	domid_t dom;
	int ret;

	if (argc != 3)
		return complain_usage("vcpu-set", "expected a domain and a number of vCPUs");
	if (open_domain(&host, argv[1], &dom, &e))
		return complain(&e);
	ret = ctl_domain_info(&host.h, dom, &info) ? err_set(&e, "domain %u is gone", dom) : 0;
	if (!ret)
		ret = arg_number("vCPUs", argv[2], 1, info.max_vcpu_id + 1, &n, &e);
	for (v = 0; !ret && v <= info.max_vcpu_id; v++) {
		snprintf(path, sizeof(path), "cpu/%u/availability", v);
		ret = domstore_write(host.xs, dom, path, v < n ? "online" : "offline", &e);
	}
	host_close(&host);
	return ret ? complain(&e) : EXIT_OK;
}
