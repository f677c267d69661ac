/* SPDX-License-Identifier: MIT */
/* pvctl unpause */
#include "../lib/ctl.h"
#include "verbs.h"

int verb_unpause(int argc, char **argv)
{
	struct err e = ERR_INIT;
	struct host host;
	domid_t dom;
	long ret;

	if (argc != 2)
		return complain_usage("unpause", "expected one domain");
	if (open_domain(&host, argv[1], &dom, &e))
		return complain(&e);
	ret = ctl_domain_unpause(&host.h, dom);
	if (ret)
		hcall_fail(&host.h, &e, ret, "domain %s", argv[1]);
	host_close(&host);
	return ret ? complain(&e) : EXIT_OK;
}
