/* SPDX-License-Identifier: MIT */
/* Event channels through the device: see evtchn.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "evtchn.h"

/* Linux's _IOC(_IOC_NONE, 'E', nr, size); all arguments are one or two 32-bit numbers. */
#define EVTCHN_IOC(nr, words)	((unsigned long)(words) * 4 << 16 | 'E' << 8 | (nr))
#define EVTCHN_BIND_VIRQ	EVTCHN_IOC(0, 1)
#define EVTCHN_BIND_INTERDOMAIN EVTCHN_IOC(1, 2)
#define EVTCHN_BIND_UNBOUND	EVTCHN_IOC(2, 1)
#define EVTCHN_UNBIND		EVTCHN_IOC(3, 1)
#define EVTCHN_NOTIFY		EVTCHN_IOC(4, 1)

int evtchn_open(void)
{
	int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK);

	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

int evtchn_bind_interdomain(int fd, uint32_t domid, uint32_t remote_port)
{
	uint32_t arg[2] = { domid, remote_port };

	return ioctl(fd, EVTCHN_BIND_INTERDOMAIN, arg);
}

int evtchn_bind_unbound(int fd, uint32_t domid)
{
	return ioctl(fd, EVTCHN_BIND_UNBOUND, &domid);
}

int evtchn_bind_virq(int fd, uint32_t virq)
{
	return ioctl(fd, EVTCHN_BIND_VIRQ, &virq);
}

int evtchn_unbind(int fd, uint32_t port)
{
	return ioctl(fd, EVTCHN_UNBIND, &port);
}

int evtchn_notify(int fd, uint32_t port)
{
	return ioctl(fd, EVTCHN_NOTIFY, &port);
}

int evtchn_pending(int fd, uint32_t *port)
{
	ssize_t n;

	do {
		n = read(fd, port, sizeof(*port));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	return n == (ssize_t)sizeof(*port);
}

int evtchn_unmask(int fd, uint32_t port)
{
	return write(fd, &port, sizeof(port)) == (ssize_t)sizeof(port) ? 0 : -1;
}
