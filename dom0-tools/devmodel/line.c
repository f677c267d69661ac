/* SPDX-License-Identifier: MIT */
/* The serial line's other end: see line.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "line.h"
#include "machine.h"

#define RETRY 1000000000ull
#define MANY 512		/* so many bytes go at once */

static int connect_consoled(uint16_t domid)
{
	const char *path = getenv("CONSOLED_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char request[32];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), n;

	if (fd < 0)
		return -1;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path ? path : "/run/consoled.sock");
	n = snprintf(request, sizeof(request), "serve %u\n", domid);
	/* A consoled that is busy, or stopped, must not hold up the domain. */
	if (fcntl(fd, F_SETFL, O_NONBLOCK) || connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) ||
	    write(fd, request, (size_t)n) != n) {
		close(fd);
		return -1;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

static void line_connect(struct line *l, uint64_t now)
{
	l->fd = connect_consoled(l->domid);
	l->retry_at = l->fd < 0 ? now + RETRY : NEVER;
}

void line_open(struct line *l, uint16_t domid, uint64_t now)
{
	memset(l, 0, sizeof(*l));
	l->domid = domid;
	l->flush_at = NEVER;
	line_connect(l, now);
}

void line_lost(struct line *l, uint64_t now)
{
	if (l->fd < 0)
		return;
	close(l->fd);
	l->fd = -1;
	l->len = 0;
	l->full = false;
	l->flush_at = NEVER;
	l->retry_at = now + RETRY;
}

void line_flush(struct line *l, uint64_t now)
{
	ssize_t n;

	l->flush_at = NEVER;
	if (l->fd < 0 || !l->len)
		return;
	n = write(l->fd, l->out, l->len);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		line_lost(l, now);
		return;
	}
	n = n < 0 ? 0 : n;
	l->len -= (size_t)n;
	memmove(l->out, l->out + n, l->len);
	l->full = l->len != 0;
}

size_t line_put(struct line *l, const uint8_t *data, size_t len, uint64_t now)
{
	if (l->fd < 0)
		return len;
	if (len > LINE_ROOM - l->len)
		len = LINE_ROOM - l->len;
	memcpy(l->out + l->len, data, len);
	l->len += len;
	if (l->full)
		return len;		/* poll() tells when it goes on */
	if (l->len >= MANY)
		line_flush(l, now);
	else if (l->flush_at == NEVER)
		l->flush_at = now + LINE_PAUSE;
	return len;
}

size_t line_get(struct line *l, uint8_t *data, size_t size, uint64_t now)
{
	ssize_t n;

	if (l->fd < 0 || !size)
		return 0;
	n = read(l->fd, data, size);
	if (n > 0)
		return (size_t)n;
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		line_lost(l, now);
	return 0;
}

uint64_t line_deadline(const struct line *l)
{
	return l->fd < 0 ? l->retry_at : l->flush_at;
}

void line_run(struct line *l, uint64_t now)
{
	if (l->fd < 0 && l->retry_at <= now)
		line_connect(l, now);
	else if (l->flush_at <= now)
		line_flush(l, now);
}

short line_events(const struct line *l, bool room)
{
	return (short)((room ? POLLIN : 0) | (l->full ? POLLOUT : 0));
}
