/* SPDX-License-Identifier: MIT */
/* pvctl sched-credit: weights and caps, of the credit scheduler or of credit2. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/ctl.h"
#include "verbs.h"

static int get(struct host *host, long sched, domid_t dom, struct xen_domctl_scheduler_op *op,
	       struct err *e)
{
	long ret;

	memset(op, 0, sizeof(*op));
	op->sched_id = (uint32_t)sched;
	op->cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	ret = ctl_sched_domain(&host->h, dom, op);
	return ret ? hcall_fail(&host->h, e, ret, "scheduling of domain %u", dom) : 0;
}

static int print_one(struct host *host, long sched, domid_t dom, struct err *e)
{
	struct xen_domctl_scheduler_op op;
	char *name;

	if (get(host, sched, dom, &op, e))
		return -1;
	name = domstore_name(host->xs, dom);
	printf("%-33s %4d %6d %4d\n", name ? name : "(null)", dom, op.u.credit.weight, op.u.credit.cap);
	free(name);
	return 0;
}

static int print_all(struct host *host, long sched, struct err *e)
{
	struct xen_domctl_getdomaininfo *list = NULL;
	long n = all_domains(host, &list, e), i;
	int ret = n < 0 ? -1 : 0;

	printf("Cpupool Pool-0:\n%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
	for (i = 0; !ret && i < n; i++)
		ret = print_one(host, sched, list[i].domain, e);
	free(list);
	return ret;
}

static int set(struct host *host, long sched, domid_t dom, long long weight, long long cap,
	       struct err *e)
{
	struct xen_domctl_scheduler_op op;
	long ret;

	if (get(host, sched, dom, &op, e))
		return -1;
	if (weight >= 0)
		op.u.credit.weight = (uint16_t)weight;
	if (cap >= 0)
		op.u.credit.cap = (uint16_t)cap;
	op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	ret = ctl_sched_domain(&host->h, dom, &op);
	return ret ? hcall_fail(&host->h, e, ret, "scheduling of domain %u", dom) : 0;
}

static int run(struct host *host, const char *domain, const char *weight, const char *cap,
	       struct err *e)
{
	long sched = ctl_sched_id(&host->h);
	long long w = -1, c = -1;
	domid_t dom;

	if (sched != XEN_SCHEDULER_CREDIT && sched != XEN_SCHEDULER_CREDIT2)
		return err_set(e, "the scheduler has no weights (its id is %ld)", sched);
	if (!domain)
		return print_all(host, sched, e);
	if (arg_domain(host, domain, &dom, e) ||
	    (weight && arg_number("weight", weight, 1, 65535, &w, e)) ||
	    (cap && arg_number("cap", cap, 0, 100 * DOMCFG_MAX_VCPUS, &c, e)))
		return -1;
	if (w >= 0 || c >= 0)
		return set(host, sched, dom, w, c, e);
	printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
	return print_one(host, sched, dom, e);
}

int verb_sched_credit(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "domain", 1, NULL, 'd' }, { "weight", 1, NULL, 'w' }, { "cap", 1, NULL, 'c' },
		{ "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 }
	};
	const char *domain = NULL, *weight = NULL, *cap = NULL;
	struct err e = ERR_INIT;
	struct host host;
	int opt, ret;

	while ((opt = getopt_long(argc, argv, "d:w:c:h", longs, NULL)) != -1) {
		if (opt == 'd')
			domain = optarg;
		else if (opt == 'w')
			weight = optarg;
		else if (opt == 'c')
			cap = optarg;
		else
			return complain_usage("sched-credit", "%s", opt == 'h' ? "help" :
					      "unknown option");
	}
	if ((weight || cap) && !domain)
		return complain_usage("sched-credit", "must specify a domain");
	if (host_open_store(&host, &e))
		return complain(&e);
	ret = run(&host, domain, weight, cap, &e);
	host_close(&host);
	return ret ? complain(&e) : EXIT_OK;
}
