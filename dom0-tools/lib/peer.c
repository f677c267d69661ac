/* SPDX-License-Identifier: MIT */
/* The other end of a ring, through the control domain's devices: see peer.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl.h"
#include "evtchn.h"
#include "gnttab.h"
#include "peer.h"

/* Linux's _IOC(_IOC_NONE, 'B', 0, 0): the port for our end of our own kernel's channel. */
#define XENBUS_BACKEND_EVTCHN ((unsigned long)'B' << 8)

static struct hcall peer_calls;
static int peer_evtchn = -1, peer_gntdev = -1, peer_exception = -1;

bool peer_open(struct err *e)
{
	if (hcall_open(&peer_calls, e))
		return false;
	peer_evtchn = evtchn_open();
	if (peer_evtchn < 0) {
		err_sys(e, errno, "/dev/xen/evtchn");
		hcall_close(&peer_calls);
		return false;
	}
	peer_gntdev = gnttab_open();
	return true;
}

bool peer_present(void)
{
	return peer_evtchn >= 0;
}

int peer_event_fd(void)
{
	return peer_evtchn;
}

/*
 * Ports that fired in this round. They stay masked until the round is over: were each unmasked at once, a
 * domain that sends faster than we read would keep us here for ever, and nobody else would be served.
 */
static uint32_t *peer_round;
static size_t peer_round_nr, peer_round_cap;

static void peer_end_round(void)
{
	for (size_t i = 0; i < peer_round_nr; i++)
		evtchn_unmask(peer_evtchn, peer_round[i]);
	peer_round_nr = 0;
}

static bool peer_round_has_room(void)
{
	size_t cap = peer_round_cap ? 2 * peer_round_cap : 64;
	uint32_t *bigger;

	if (peer_round_nr < peer_round_cap)
		return true;
	bigger = realloc(peer_round, cap * sizeof(*bigger));
	if (!bigger)
		return false;
	peer_round = bigger;
	peer_round_cap = cap;
	return true;
}

bool peer_next_event(uint32_t *port)
{
	/* Without memory for more the round is over; what is left waits in the device for the next one. */
	if (!peer_round_has_room() || evtchn_pending(peer_evtchn, port) != 1) {
		peer_end_round();
		return false;
	}
	peer_round[peer_round_nr++] = *port;
	return true;
}

bool peer_bind_exception(struct err *e)
{
	peer_exception = evtchn_bind_virq(peer_evtchn, VIRQ_DOM_EXC);
	if (peer_exception < 0)
		err_sys(e, errno, "binding VIRQ_DOM_EXC");
	return peer_exception >= 0;
}

bool peer_is_exception(uint32_t port)
{
	return peer_exception >= 0 && port == (uint32_t)peer_exception;
}

int peer_bind(uint16_t domid, uint32_t remote_port)
{
	return evtchn_bind_interdomain(peer_evtchn, domid, remote_port);
}

void peer_unbind(uint32_t port)
{
	evtchn_unbind(peer_evtchn, port);
}

void peer_notify(uint32_t port)
{
	evtchn_notify(peer_evtchn, port);
}

void *peer_map(uint16_t domid, uint32_t grant, uint64_t mfn)
{
	struct err e = ERR_INIT;
	xen_pfn_t frame = mfn;
	void *page = NULL;

	if (peer_gntdev >= 0)
		page = gnttab_map(peer_gntdev, domid, grant, 1);
	if (!page)
		page = foreign_map(&peer_calls, domid, &frame, 1, 1, &e);
	return page;
}

void peer_unmap(void *page)
{
	if (peer_gntdev >= 0)
		gnttab_unmap(peer_gntdev, page);
	else
		munmap(page, PAGE_SIZE);
}

void *peer_map_own_store(uint32_t *port, struct err *e)
{
	int fd = open("/dev/xen/xenbus_backend", O_RDWR), remote, local;
	void *page;

	if (fd < 0)
		return NULL;
	remote = ioctl(fd, XENBUS_BACKEND_EVTCHN);
	page = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (remote < 0 || page == MAP_FAILED) {
		err_sys(e, errno, "/dev/xen/xenbus_backend");
		if (page != MAP_FAILED)
			munmap(page, PAGE_SIZE);
		return NULL;
	}
	local = evtchn_bind_interdomain(peer_evtchn, 0, (uint32_t)remote);
	if (local < 0) {
		err_sys(e, errno, "binding our own kernel's port %d", remote);
		munmap(page, PAGE_SIZE);
		return NULL;
	}
	*port = (uint32_t)local;
	return page;
}

enum peer_state peer_state(uint16_t domid)
{
	struct xen_domctl_getdomaininfo info;

	if (ctl_domain_info(&peer_calls, domid, &info) || (info.flags & XEN_DOMINF_dying))
		return PEER_GONE;
	return info.flags & XEN_DOMINF_shutdown ? PEER_SHUT_DOWN : PEER_ALIVE;
}
