/* SPDX-License-Identifier: MIT */
/* pvctl destroy */
#include "verbs.h"

int verb_destroy(int argc, char **argv)
{
	struct err e = ERR_INIT;
	struct host host;
	domid_t dom;
	int i = 1, status = EXIT_OK;

	if (i < argc && argv[i][0] == '-' && argv[i][1] == 'f')
		i++;
	if (i == argc)
		return complain_usage("destroy", "no domain named");
	if (host_open_store(&host, &e))
		return complain(&e);
	for (; i < argc; i++) {
		struct err one = ERR_INIT;
		int ret = arg_domain(&host, argv[i], &dom, &one);

		if (!ret && !dom)
			ret = err_set(&one, "Cannot destroy privileged domain 0.");
		if (!ret)
			ret = launch_destroy(&host, dom, &one);
		if (ret)
			status = complain(&one);
	}
	host_close(&host);
	return status;
}
