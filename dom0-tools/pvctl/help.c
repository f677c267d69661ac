/* SPDX-License-Identifier: MIT */
/* pvctl help, version */
#include <stdio.h>
#include <string.h>

#include "../lib/ctl.h"
#include "verbs.h"

int verb_help(int argc, char **argv)
{
	struct err e = ERR_INIT;
	const struct verb *v;

	if (argc > 1) {
		v = verb_find(argv[1], &e);
		if (!v) {
			err_set(&e, "unknown verb %s; `pvctl help` lists them", argv[1]);
			complain(&e);
			return EXIT_USAGE;
		}
		printf("Usage: pvctl %s %s\n\n%s.\n", v->name, v->usage, v->help);
		if (v->options)
			printf("\n%s", v->options);
		return EXIT_OK;
	}
	printf("Usage: pvctl [-v] VERB [ARGUMENT...]\n\nDOMAIN is a name or an id. Verbs may be "
	       "shortened while they stay unambiguous.\n\n");
	for (v = verbs; v->name; v++)
		if (v->help)
			printf("  %-14s %s\n", v->name, v->help);
	printf("\n`pvctl help VERB` tells more.\n");
	return EXIT_OK;
}

int verb_version(int argc, char **argv)
{
	struct err e = ERR_INIT;
	struct host host;
	char extra[17] = "";
	long v;

	printf("pvctl 1.0 (domctl 0x%x, sysctl 0x%x)\n", XEN_DOMCTL_INTERFACE_VERSION,
	       XEN_SYSCTL_INTERFACE_VERSION);
	if (host_open(&host, &e))
		return EXIT_OK;
	v = ctl_version(&host.h, XENVER_version, NULL, 0);
	ctl_version(&host.h, XENVER_extraversion, extra, 16);
	host_close(&host);
	printf("hypervisor %ld.%ld%s\n", v >> 16, v & 0xffff, extra);
	return EXIT_OK;
}
