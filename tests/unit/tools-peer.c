/* SPDX-License-Identifier: MIT */
/*
 * The daemons' event channels against a domain that sends without pause: a round of events ends, hands out
 * each port once, and they fire again afterwards. Without that, one domain on another CPU keeps xenstored
 * or consoled in its loop over events, and nobody else is served.
 *
 * CFLAGS: -D_GNU_SOURCE
 */
#include "tap.h"
#include "dom0-tools/lib/peer.c"

#define PORTS 200

static bool masked[PORTS], storming[PORTS];
static unsigned int next, unmasked;

/* Ports that storm are pending whenever they are not masked; reading one masks it. */
int evtchn_pending(int fd, uint32_t *port)
{
	for (unsigned int i = 0; i < PORTS; i++) {
		unsigned int p = (next + i) % PORTS;

		if (storming[p] && !masked[p]) {
			masked[p] = true;
			*port = p;
			next = p + 1;
			return 1;
		}
	}
	return 0;
}

int evtchn_unmask(int fd, uint32_t port)
{
	masked[port] = false;
	unmasked++;
	return 0;
}

/* What peer.c needs besides and these tests do not call. */
int evtchn_open(void) { return 3; }
int evtchn_bind_virq(int fd, uint32_t virq) { return -1; }
int evtchn_bind_interdomain(int fd, uint32_t domid, uint32_t port) { return -1; }
int evtchn_unbind(int fd, uint32_t port) { return 0; }
int evtchn_notify(int fd, uint32_t port) { return 0; }
int gnttab_open(void) { return -1; }
void *gnttab_map(int fd, uint32_t domid, uint32_t ref, int writable) { return NULL; }
void gnttab_unmap(int fd, void *page) { }
int hcall_open(struct hcall *h, struct err *e) { return 0; }
void hcall_close(struct hcall *h) { }
void *foreign_map(struct hcall *h, domid_t dom, const xen_pfn_t *mfns, size_t n, int writable, struct err *e)
{
	return NULL;
}
long ctl_domain_info(struct hcall *h, domid_t dom, struct xen_domctl_getdomaininfo *info) { return -1; }
int err_sys(struct err *e, int code, const char *fmt, ...) { return -1; }

static unsigned int round_length(void)
{
	unsigned int n = 0;
	uint32_t port;

	while (n < 10 * PORTS && peer_next_event(&port))
		n++;
	return n;
}

TEST(a_round_ends_though_a_domain_never_stops_sending)
{
	storming[7] = true;
	EXPECT_EQ(round_length(), 1u);
	EXPECT_EQ(unmasked, 1u);
	EXPECT_EQ(round_length(), 1u);
	EXPECT_EQ(unmasked, 2u);
}

TEST(every_port_has_its_turn)
{
	for (unsigned int i = 0; i < PORTS; i++)
		storming[i] = true;
	EXPECT_EQ(round_length(), (unsigned int)PORTS);
	EXPECT_EQ(round_length(), (unsigned int)PORTS);
	memset(storming, 0, sizeof(storming));
	EXPECT_EQ(round_length(), 0u);
}

TAP_MAIN
