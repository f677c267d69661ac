/* SPDX-License-Identifier: MIT */
/*
 * A hypervisor made of files, for the daemons' tests: $FAKE_XEN is a folder in which
 *   ring.N   is domain N's store page (there only while the domain exists), con.N its console's,
 *   shut.N   exists when domain N has shut down,
 *   xen      is the daemon's datagram socket ($FAKE_XEN_NAME): four bytes are a port that fires,
 *   dom.N    is domain N's datagram socket, which receives a byte for each notification.
 * Domain N's channel has local port 1000 + N; port 1 is the domain exception.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dom0-tools/lib/peer.h"

#define FAKE_EXCEPTION_PORT 1
#define FAKE_FIRST_PORT 1000

static const char *fake_dir;
static int fake_fd = -1;

static void fake_path(char path[100], const char *what, int domid)
{
	if (domid < 0)
		snprintf(path, 100, "%.80s/%s", fake_dir, what);
	else
		snprintf(path, 100, "%.80s/%s.%d", fake_dir, what, domid);
}

bool peer_open(struct err *e)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	fake_dir = getenv("FAKE_XEN");
	if (!fake_dir)
		return false;
	fake_path(addr.sun_path, getenv("FAKE_XEN_NAME") ? getenv("FAKE_XEN_NAME") : "xen", -1);
	fake_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	return fake_fd >= 0 && !bind(fake_fd, (const struct sockaddr *)&addr, sizeof(addr));
}

bool peer_present(void)
{
	return fake_fd >= 0;
}

int peer_event_fd(void)
{
	return fake_fd;
}

bool peer_next_event(uint32_t *port)
{
	return read(fake_fd, port, sizeof(*port)) == (ssize_t)sizeof(*port);
}

bool peer_bind_exception(struct err *e)
{
	return true;
}

bool peer_is_exception(uint32_t port)
{
	return port == FAKE_EXCEPTION_PORT;
}

int peer_bind(uint16_t domid, uint32_t remote_port)
{
	return remote_port ? FAKE_FIRST_PORT + domid : -1;
}

void peer_unbind(uint32_t port)
{
}

void peer_notify(uint32_t port)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	fake_path(addr.sun_path, "dom", (int)port - FAKE_FIRST_PORT);
	sendto(fake_fd, "", 1, MSG_DONTWAIT, (const struct sockaddr *)&addr, sizeof(addr));
}

void *peer_map(uint16_t domid, uint32_t grant, uint64_t mfn)
{
	char path[100];
	void *page;
	int fd;

	fake_path(path, grant ? "ring" : "con", domid);
	fd = open(path, O_RDWR);
	if (fd < 0)
		return NULL;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return page == MAP_FAILED ? NULL : page;
}

void *peer_map_own_store(uint32_t *port, struct err *e)
{
	return NULL;
}

void peer_unmap(void *page)
{
	munmap(page, 4096);
}

enum peer_state peer_state(uint16_t domid)
{
	char path[100];

	fake_path(path, "ring", domid);
	if (access(path, F_OK))
		return PEER_GONE;
	fake_path(path, "shut", domid);
	return access(path, F_OK) ? PEER_ALIVE : PEER_SHUT_DOWN;
}
