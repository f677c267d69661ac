/* SPDX-License-Identifier: MIT */
/* pvctl trigger, sysrq, debug-keys */
#include <string.h>

#include "../lib/ctl.h"
#include "verbs.h"

static int find_trigger(const char *word)
{
	static const char *const names[] = {
		[XEN_DOMCTL_SENDTRIGGER_NMI] = "nmi", [XEN_DOMCTL_SENDTRIGGER_RESET] = "reset",
		[XEN_DOMCTL_SENDTRIGGER_INIT] = "init", [XEN_DOMCTL_SENDTRIGGER_POWER] = "power",
		[XEN_DOMCTL_SENDTRIGGER_SLEEP] = "sleep",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], word))
			return (int)i;
	return -1;
}

static int trigger(struct host *host, domid_t dom, const char *word, long long vcpu, struct err *e)
{
	struct xen_domctl op;
	int t = find_trigger(word);
	long ret;

	if (t < 0)
		return err_set(e, "trigger \"%s\": expected nmi (reset, init, power, sleep exist for "
			       "hvm domains)", word);
	memset(&op, 0, sizeof(op));
	op.cmd = XEN_DOMCTL_sendtrigger;
	op.domain = dom;
	op.u.sendtrigger.trigger = (uint32_t)t;
	op.u.sendtrigger.vcpu = (uint32_t)vcpu;
	ret = hcall_domctl(&host->h, &op);
	return ret ? hcall_fail(&host->h, e, ret, "trigger %s for vCPU %lld of domain %u", word, vcpu, dom) : 0;
}

int verb_trigger(int argc, char **argv)
{
	struct err e = ERR_INIT;
	long long vcpu = 0;
	struct host host;
	domid_t dom;
	int ret;

	if (argc != 3 && argc != 4)
		return complain_usage("trigger", "expected a domain, a trigger and perhaps a vCPU");
	if (open_domain(&host, argv[1], &dom, &e))
		return complain(&e);
	ret = argc == 4 ? arg_number("vCPU", argv[3], 0, DOMCFG_MAX_VCPUS - 1, &vcpu, &e) : 0;
	if (!ret)
		ret = trigger(&host, dom, argv[2], vcpu, &e);
	host_close(&host);
	return ret ? complain(&e) : EXIT_OK;
}

int verb_sysrq(int argc, char **argv)
{
	struct err e = ERR_INIT;
	struct host host;
	domid_t dom;
	int ret;

	if (argc != 3 || strlen(argv[2]) != 1)
		return complain_usage("sysrq", "expected a domain and one letter");
	if (open_domain(&host, argv[1], &dom, &e))
		return complain(&e);
	ret = domstore_write(host.xs, dom, "control/sysrq", argv[2], &e);
	host_close(&host);
	return ret ? complain(&e) : EXIT_OK;
}

int verb_debug_keys(int argc, char **argv)
{
	struct err e = ERR_INIT;
	struct host host;
	long ret;

	if (argc != 2)
		return complain_usage("debug-keys", "expected keys; h prints what they do to the log");
	if (host_open(&host, &e))
		return complain(&e);
	ret = ctl_debug_keys(&host.h, argv[1]);
	host_close(&host);
	if (ret) {
		err_sys(&e, (int)-ret, "debug keys \"%s\"", argv[1]);
		return complain(&e);
	}
	return EXIT_OK;
}
