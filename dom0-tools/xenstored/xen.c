/* SPDX-License-Identifier: MIT */
/* The hypervisor, through the control domain's devices: see xen.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lib/ctl.h"
#include "../lib/evtchn.h"
#include "../lib/gnttab.h"
#include "main.h"
#include "xen.h"

/* Linux's _IOC(_IOC_NONE, 'B', 0, 0): the port for our end of our own kernel's channel. */
#define XENBUS_BACKEND_EVTCHN ((unsigned long)'B' << 8)

static struct hcall xen_calls;
static int xen_evtchn = -1, xen_gntdev = -1;
static int xen_exception_port = -1;

bool xen_open(void)
{
	struct err e = { 0 };

	if (hcall_open(&xen_calls, &e))
		return false;
	xen_evtchn = evtchn_open();
	if (xen_evtchn < 0) {
		say("/dev/xen/evtchn: %s: domains cannot be served", strerror(errno));
		hcall_close(&xen_calls);
		return false;
	}
	xen_gntdev = gnttab_open();
	xen_exception_port = evtchn_bind_virq(xen_evtchn, VIRQ_DOM_EXC);
	if (xen_exception_port < 0)
		say("VIRQ_DOM_EXC: %s: dead domains are not noticed", strerror(errno));
	return true;
}

bool xen_present(void)
{
	return xen_evtchn >= 0;
}

int xen_event_fd(void)
{
	return xen_evtchn;
}

bool xen_next_event(uint32_t *port)
{
	if (evtchn_pending(xen_evtchn, port) != 1)
		return false;
	/* Before the rings are looked at: what comes later fires again. */
	evtchn_unmask(xen_evtchn, *port);
	return true;
}

bool xen_is_domain_exception(uint32_t port)
{
	return xen_exception_port >= 0 && port == (uint32_t)xen_exception_port;
}

int xen_bind_domain(uint16_t domid, uint32_t remote_port)
{
	return evtchn_bind_interdomain(xen_evtchn, domid, remote_port);
}

void xen_unbind(uint32_t port)
{
	evtchn_unbind(xen_evtchn, port);
}

void xen_notify(uint32_t port)
{
	evtchn_notify(xen_evtchn, port);
}

void *xen_map_store_ring(uint16_t domid, uint64_t mfn)
{
	struct err e = { 0 };
	xen_pfn_t frame = mfn;
	void *page = NULL;

	if (xen_gntdev >= 0)
		page = gnttab_map(xen_gntdev, domid, GNTTAB_RESERVED_XENSTORE, 1);
	if (!page)
		page = foreign_map(&xen_calls, domid, &frame, 1, 1, &e);
	return page;
}

void *xen_map_own_ring(uint32_t *port)
{
	int fd = open("/dev/xen/xenbus_backend", O_RDWR), remote, local;
	void *page;

	if (fd < 0)
		return NULL;
	remote = ioctl(fd, XENBUS_BACKEND_EVTCHN);
	page = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (remote < 0 || page == MAP_FAILED) {
		say("/dev/xen/xenbus_backend: %s: the kernel's own ring is not served",
		    strerror(errno));
		if (page != MAP_FAILED)
			munmap(page, PAGE_SIZE);
		return NULL;
	}
	local = evtchn_bind_interdomain(xen_evtchn, DOMID_SELF, (uint32_t)remote);
	if (local < 0) {
		say("the kernel's own event channel %d: %s", remote, strerror(errno));
		munmap(page, PAGE_SIZE);
		return NULL;
	}
	*port = (uint32_t)local;
	return page;
}

void xen_unmap(void *page)
{
	if (xen_gntdev >= 0)
		gnttab_unmap(xen_gntdev, page);
	else
		munmap(page, PAGE_SIZE);
}

enum xen_domain_state xen_domain_state(uint16_t domid)
{
	struct xen_domctl_getdomaininfo info;

	if (ctl_domain_info(&xen_calls, domid, &info) || (info.flags & XEN_DOMINF_dying))
		return XEN_DOMAIN_GONE;
	return info.flags & XEN_DOMINF_shutdown ? XEN_DOMAIN_SHUT_DOWN : XEN_DOMAIN_ALIVE;
}
