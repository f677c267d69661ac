/* SPDX-License-Identifier: MIT */
/* pvctl info */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "../lib/ctl.h"
#include "verbs.h"

static const char *scheduler_name(long id)
{
	switch (id) {
	case XEN_SCHEDULER_CREDIT: return "credit";
	case XEN_SCHEDULER_CREDIT2: return "credit2";
	case XEN_SCHEDULER_ARINC653: return "arinc653";
	case XEN_SCHEDULER_RTDS: return "rtds";
	case XEN_SCHEDULER_NULL: return "null";
	default: return "unknown";
	}
}

static void item(const char *key, const char *val)
{
	printf("%-22s : %s\n", key, val);
}

static void number(const char *key, unsigned long long val)
{
	printf("%-22s : %llu\n", key, val);
}

static void print_machine(void)
{
	struct utsname u;

	if (uname(&u))
		return;
	item("host", u.nodename);
	item("release", u.release);
	item("version", u.version);
	item("machine", u.machine);
}

static void print_physical(const struct xen_sysctl_physinfo *p)
{
	unsigned int i;

	number("nr_cpus", p->nr_cpus);
	number("max_cpu_id", p->max_cpu_id);
	number("nr_nodes", p->nr_nodes);
	number("cores_per_socket", p->cores_per_socket);
	number("threads_per_core", p->threads_per_core);
	printf("%-22s : %u.%03u\n", "cpu_mhz", p->cpu_khz / 1000, p->cpu_khz % 1000);
	printf("%-22s : ", "hw_caps");
	for (i = 0; i < ARRAY_SIZE(p->hw_cap); i++)
		printf("%s%08x", i ? ":" : "", p->hw_cap[i]);
	printf("\n%-22s :%s%s%s\n", "virt_caps",
	       p->capabilities & XEN_SYSCTL_PHYSCAP_pv ? " pv" : "",
	       p->capabilities & XEN_SYSCTL_PHYSCAP_hvm ? " hvm" : "",
	       p->capabilities & XEN_SYSCTL_PHYSCAP_directio ? " pv_directio" : "");
	number("total_memory", p->total_pages >> 8);
	number("free_memory", (p->free_pages - p->outstanding_pages) >> 8);
	number("sharing_freed_memory", 0);
	number("sharing_used_memory", 0);
	number("outstanding_claims", p->outstanding_pages >> 8);
	number("free_cpus", 0);
}

/* A string of XENVER_*, printed when the hypervisor has it. */
static void print_version_string(struct host *host, const char *key, unsigned int cmd, size_t len)
{
	char buf[1025] = "";

	if (ctl_version(&host->h, cmd, buf, len) >= 0)
		item(key, buf);
}

static void print_hypervisor(struct host *host)
{
	long v = ctl_version(&host->h, XENVER_version, NULL, 0);
	struct xen_compile_info ci;
	char extra[17] = "";
	unsigned long virt_start = 0;

	ctl_version(&host->h, XENVER_extraversion, extra, 16);
	number("xen_major", (unsigned long long)v >> 16);
	number("xen_minor", (unsigned long long)v & 0xffff);
	item("xen_extra", extra);
	printf("%-22s : %ld.%ld%s\n", "xen_version", v >> 16, v & 0xffff, extra);
	print_version_string(host, "xen_caps", XENVER_capabilities, 1024);
	item("xen_scheduler", scheduler_name(ctl_sched_id(&host->h)));
	number("xen_pagesize", PAGE_SIZE);
	ctl_version(&host->h, XENVER_platform_parameters, &virt_start, sizeof(virt_start));
	printf("%-22s : virt_start=0x%lx\n", "platform_params", virt_start);
	print_version_string(host, "xen_changeset", XENVER_changeset, 64);
	print_version_string(host, "xen_commandline", XENVER_commandline, 1024);
	memset(&ci, 0, sizeof(ci));
	ctl_version(&host->h, XENVER_compile_info, &ci, sizeof(ci));
	item("cc_compiler", (const char *)ci.compiler);
	item("cc_compile_by", (const char *)ci.compile_by);
	item("cc_compile_domain", (const char *)ci.compile_domain);
	item("cc_compile_date", (const char *)ci.compile_date);
	item("xend_config_format", "4");
}

int verb_info(int argc, char **argv)
{
	struct xen_sysctl_physinfo p;
	struct err e = ERR_INIT;
	struct host host;
	long ret;

	if (host_open(&host, &e))
		return complain(&e);
	ret = ctl_physinfo(&host.h, &p);
	if (ret) {
		err_sys(&e, (int)-ret, "asking the hypervisor");
		host_close(&host);
		return complain(&e);
	}
	print_machine();
	print_physical(&p);
	print_hypervisor(&host);
	host_close(&host);
	return EXIT_OK;
}
