/* SPDX-License-Identifier: MIT */
/* Waiting for several files. */
#ifndef USER_POLL_H
#define USER_POLL_H

#include <sys/cdefs.h>
#include <time.h>
#include <signal.h>

struct pollfd {
	int	fd;
	short	events, revents;
};
typedef unsigned long nfds_t;

#define POLLIN		0x0001
#define POLLPRI		0x0002
#define POLLOUT		0x0004
#define POLLERR		0x0008
#define POLLHUP		0x0010
#define POLLNVAL	0x0020
#define POLLRDNORM	0x0040
#define POLLRDBAND	0x0080
#define POLLWRNORM	0x0100
#define POLLWRBAND	0x0200
#define POLLRDHUP	0x2000

int poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask);

#endif
