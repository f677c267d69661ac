/* SPDX-License-Identifier: MIT */
/* pvctl shutdown, reboot: ask a domain through XenStore, and wait for it if told to. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../lib/ctl.h"
#include "verbs.h"

struct asked {
	domid_t dom;
	int gone;
};

/*
 * A fully virtualized domain does not read XenStore, and its machine has no power button. By force it is switched off, or
 * its reset line is pulled.
 */
static int switch_off(struct host *host, domid_t dom, const char *what, int force, struct err *e)
{
	long ret;

	if (!force)
		return err_set(e, "domain %u is fully virtualized and has no PV drivers that could be asked: %s it from "
			       "inside, or %s -F, which does it at once", dom,
			       *what == 'r' ? "reboot" : "shut down", *what == 'r' ? "reboot" : "shutdown");
	ret = ctl_domain_shutdown(&host->h, dom, *what == 'r' ? SHUTDOWN_reboot : SHUTDOWN_poweroff);
	return ret ? hcall_fail(&host->h, e, ret, "domain %u", dom) : 0;
}

static int ask(struct host *host, domid_t dom, const char *what, int force, struct err *e)
{
	struct xen_domctl_getdomaininfo info;

	if (!dom)
		return err_set(e, "domain 0 is the control domain: use its own poweroff");
	if (!ctl_domain_info(&host->h, dom, &info) && info.flags & XEN_DOMINF_hvm_guest)
		return switch_off(host, dom, what, force, e);
	return domstore_write(host->xs, dom, "control/shutdown", what, e);
}

/* Has the domain shut down, or is it gone altogether? */
static int has_ended(struct host *host, domid_t dom)
{
	struct xen_domctl_getdomaininfo info;
	long ret = ctl_domain_info(&host->h, dom, &info);

	return ret || info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying);
}

/* Then its policy is carried out by domaind, whose last step takes the kept config away. */
static void wait_policy(domid_t dom)
{
	const struct timespec tick = { 0, 20000000 };
	char path[256];
	int i;

	launch_config_path(dom, path, sizeof(path));
	/* Not for ever: domaind may not be running. */
	for (i = 0; i < 100 && !access(path, F_OK); i++)
		nanosleep(&tick, NULL);
}

static int wait_all(struct host *host, struct asked *list, int nr, struct err *e)
{
	int left = nr, i;

	if (!xs_watch(host->xs, "@releaseDomain", "wait"))
		return err_sys(e, errno, "XenStore: watching @releaseDomain");
	for (;;) {
		unsigned int n;
		char **event;

		for (i = 0; i < nr; i++) {
			if (!list[i].gone && has_ended(host, list[i].dom)) {
				list[i].gone = 1;
				left--;
				wait_policy(list[i].dom);
				printf("Domain %u has been shut down\n", list[i].dom);
			}
		}
		if (!left)
			return 0;
		event = xs_read_watch(host->xs, &n);
		if (!event)
			return err_sys(e, errno, "XenStore: waiting for domains");
		free(event);
	}
}

static int run(struct host *host, const char *what, int all, int wait, int force, char **names, int nr)
{
	struct xen_domctl_getdomaininfo *list = NULL;
	struct asked *asked;
	struct err e = ERR_INIT;
	int n = 0, status = EXIT_OK, i;
	long k, count = 0;

	if (all)
		count = all_domains(host, &list, &e);
	if (count < 0)
		return complain(&e);
	asked = calloc((size_t)(count + nr + 1), sizeof(*asked));
	if (!asked) {
		free(list);
		err_sys(&e, ENOMEM, "the list of domains");
		return complain(&e);
	}
	for (k = 0; k < count; k++)
		if (list[k].domain)
			asked[n++] = (struct asked){ list[k].domain, 0 };
	free(list);
	for (i = 0; i < nr; i++) {
		struct err one = ERR_INIT;
		domid_t dom;

		if (arg_domain(host, names[i], &dom, &one))
			status = complain(&one);
		else
			asked[n++] = (struct asked){ dom, 0 };
	}
	for (i = 0; i < n; i++) {
		struct err one = ERR_INIT;

		printf("%s domain %u\n", *what == 'r' ? "Rebooting" : "Shutting down", asked[i].dom);
		fflush(stdout);
		if (ask(host, asked[i].dom, what, force, &one)) {
			status = complain(&one);
			asked[i--] = asked[--n];
		}
	}
	if (wait && n && wait_all(host, asked, n, &e))
		status = complain(&e);
	free(asked);
	return status;
}

static int shutdown_verb(int argc, char **argv, const char *verb, const char *what)
{
	static const struct option longs[] = {
		{ "all", 0, NULL, 'a' }, { "wait", 0, NULL, 'w' }, { "help", 0, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int all = 0, wait = 0, force = 0, opt, status;
	struct err e = ERR_INIT;
	struct host host;

	while ((opt = getopt_long(argc, argv, "awFh", longs, NULL)) != -1) {
		if (opt == 'a')
			all = 1;
		else if (opt == 'w')
			wait = 1;
		else if (opt == 'F')
			force = 1;
		else
			return complain_usage(verb, "%s", opt == 'h' ? "help" : "unknown option");
	}
	if (all == (optind < argc))
		return complain_usage(verb, all ? "-a and a domain exclude each other" :
				      "no domain named");
	if (host_open_store(&host, &e))
		return complain(&e);
	status = run(&host, what, all, wait, force, argv + optind, argc - optind);
	host_close(&host);
	return status;
}

int verb_shutdown(int argc, char **argv)
{
	return shutdown_verb(argc, argv, "shutdown", "poweroff");
}

int verb_reboot(int argc, char **argv)
{
	return shutdown_verb(argc, argv, "reboot", "reboot");
}
