/* SPDX-License-Identifier: MIT */
/* pvctl dump-core */
#include <stdio.h>

#include "../lib/coredump.h"
#include "../lib/ctl.h"
#include "verbs.h"

int verb_dump_core(int argc, char **argv)
{
	struct err e = ERR_INIT;
	struct host host;
	domid_t dom;
	int ret;

	if (argc != 3)
		return complain_usage("dump-core", "expected a domain and a file");
	if (open_domain(&host, argv[1], &dom, &e))
		return complain(&e);
	/* A picture of one moment: the domain stands still meanwhile. */
	ret = dom ? (int)ctl_domain_pause(&host.h, dom) :
		err_set(&e, "domain 0 cannot dump itself");
	if (ret < -1)
		err_sys(&e, -ret, "pausing domain %u", dom);
	if (!ret) {
		ret = coredump_write(&host.h, dom, argv[2], &e);
		ctl_domain_unpause(&host.h, dom);
	}
	host_close(&host);
	return ret ? complain(&e) : EXIT_OK;
}
