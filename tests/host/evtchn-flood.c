/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/evtchn with more ports pending than one read returns, and than any ring of a round size holds: each is
 * told once, fires again after it was unmasked, and what is unbound before it was read is not told. For the control
 * domain; prints "ok" or what went wrong.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dom0-tools/lib/evtchn.h"

#define PAIRS 700
#define PORTS 4096

static int fd, low[PAIRS], high[PAIRS];
static unsigned int told[PORTS];

static int fail(const char *what, int number)
{
	printf("%s %d: %s\n", what, number, strerror(errno));
	return 1;
}

/* Read all that fired; returns how many. */
static int collect(int unmask)
{
	uint32_t port;
	int n = 0;

	memset(told, 0, sizeof(told));
	while (evtchn_pending(fd, &port) == 1) {
		if (port < PORTS)
			told[port]++;
		n++;
		if (unmask)
			evtchn_unmask(fd, port);
	}
	return n;
}

static int all_once(const char *what, int n)
{
	if (n != PAIRS)
		return fail(what, n);
	for (int i = 0; i < PAIRS; i++)
		if (told[high[i]] != 1)
			return fail("a port told so many times", (int)told[high[i]]);
	return 0;
}

int main(void)
{
	fd = evtchn_open();
	if (fd < 0)
		return fail("open", 0);
	for (int i = 0; i < PAIRS; i++) {
		low[i] = evtchn_bind_unbound(fd, 0);
		high[i] = low[i] < 0 ? -1 : evtchn_bind_interdomain(fd, 0, (uint32_t)low[i]);
		if (high[i] < 0)
			return fail("bind", i);
	}
	/* A port that is bound to a peer is pending at first. */
	collect(1);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < PAIRS; i++)
			evtchn_notify(fd, (uint32_t)low[i]);
		if (all_once("ports told", collect(1)))
			return 1;
	}
	for (int i = 0; i < PAIRS; i++)
		evtchn_notify(fd, (uint32_t)low[i]);
	for (int i = 0; i < PAIRS; i += 2)
		evtchn_unbind(fd, (uint32_t)high[i]);
	if (collect(1) != PAIRS / 2)
		return fail("ports told after every second was unbound, not", PAIRS / 2);
	close(fd);
	puts("ok");
	return 0;
}
