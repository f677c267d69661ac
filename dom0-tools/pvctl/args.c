/* SPDX-License-Identifier: MIT */
/* Arguments that name domains and numbers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/ctl.h"
#include "verbs.h"

int arg_number(const char *what, const char *arg, long long min, long long max, long long *n,
	       struct err *e)
{
	char *stop;

	errno = 0;
	*n = strtoll(arg, &stop, 0);
	if (*arg && !*stop && !errno && *n >= min && *n <= max)
		return 0;
	return err_set(e, "%s \"%s\": expected a number from %lld to %lld", what, arg, min, max);
}

int arg_domain(struct host *host, const char *arg, domid_t *dom, struct err *e)
{
	struct xen_domctl_getdomaininfo info;
	char *stop;
	unsigned long id = strtoul(arg, &stop, 10);
	long ret;

	if (*arg && !*stop) {
		*dom = (domid_t)id;
		ret = id < DOMID_FIRST_RESERVED ? ctl_domain_info(&host->h, *dom, &info) : -ESRCH;
		if (!ret)
			return 0;
		if (ret == -ESRCH)
			return err_set(e, "no domain %s: `pvctl list` shows the domains", arg);
		return hcall_fail(&host->h, e, ret, "domain %s", arg);
	}
	if (!host->xs)
		return err_set(e, "\"%s\" is not a domain id", arg);
	*dom = host_find_name(host, arg);
	if (*dom != DOMID_NONE)
		return 0;
	return err_set(e, "no domain named \"%s\": `pvctl list` shows the domains", arg);
}

int open_domain(struct host *host, const char *arg, domid_t *dom, struct err *e)
{
	if (host_open_store(host, e))
		return -1;
	if (!arg_domain(host, arg, dom, e))
		return 0;
	host_close(host);
	return -1;
}

long all_domains(struct host *host, struct xen_domctl_getdomaininfo **list, struct err *e)
{
	struct xen_domctl_getdomaininfo *all = NULL;
	size_t nr = 0;
	domid_t first = 0;

	for (;;) {
		struct xen_domctl_getdomaininfo *more;
		long n;

		more = realloc(all, (nr + SHOW_DOMAINS) * sizeof(*all));
		if (!more) {
			free(all);
			return err_sys(e, ENOMEM, "the list of domains");
		}
		all = more;
		n = ctl_domain_list(&host->h, first, all + nr, SHOW_DOMAINS);
		if (n < 0) {
			free(all);
			return hcall_fail(&host->h, e, n, "asking the hypervisor for the domains");
		}
		nr += (size_t)n;
		if (n < SHOW_DOMAINS) {
			*list = all;
			return (long)nr;
		}
		first = (domid_t)(all[nr - 1].domain + 1);
	}
}
