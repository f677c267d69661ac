/* SPDX-License-Identifier: MIT */
/* pvctl dmesg */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/ctl.h"
#include "verbs.h"

#define DMESG_SIZE (192U << 10)

int verb_dmesg(int argc, char **argv)
{
	int clear = argc == 2 && (!strcmp(argv[1], "-c") || !strcmp(argv[1], "--clear"));
	struct err e = ERR_INIT;
	struct host host;
	char *buf;
	long n;

	if (argc != 1 + clear)
		return complain_usage("dmesg", "unknown argument %s", argv[1]);
	if (host_open(&host, &e))
		return complain(&e);
	buf = malloc(DMESG_SIZE);
	n = buf ? ctl_console_read(&host.h, buf, DMESG_SIZE, clear) : -12;
	host_close(&host);
	if (n < 0) {
		err_sys(&e, (int)-n, "reading the hypervisor's log");
		free(buf);
		return complain(&e);
	}
	fwrite(buf, 1, (size_t)n, stdout);
	free(buf);
	return EXIT_OK;
}
