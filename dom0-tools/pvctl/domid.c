/* SPDX-License-Identifier: MIT */
/* pvctl domid, domname */
#include <stdio.h>
#include <stdlib.h>

#include "verbs.h"

int verb_domid(int argc, char **argv)
{
	struct err e = ERR_INIT;
	struct host host;
	domid_t dom;

	if (argc != 2)
		return complain_usage("domid", "expected one name");
	if (open_domain(&host, argv[1], &dom, &e))
		return complain(&e);
	printf("%u\n", dom);
	host_close(&host);
	return EXIT_OK;
}

int verb_domname(int argc, char **argv)
{
	struct err e = ERR_INIT;
	struct host host;
	domid_t dom;
	char *name;

	if (argc != 2)
		return complain_usage("domname", "expected one domain id");
	if (open_domain(&host, argv[1], &dom, &e))
		return complain(&e);
	name = domstore_name(host.xs, dom);
	host_close(&host);
	if (!name) {
		err_set(&e, "domain %u has no name", dom);
		return complain(&e);
	}
	printf("%s\n", name);
	free(name);
	return EXIT_OK;
}
