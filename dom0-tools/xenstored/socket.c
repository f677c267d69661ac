/* SPDX-License-Identifier: MIT */
/* Local clients: see socket.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "conn.h"
#include "main.h"
#include "socket.h"

static long transfer_result(long n, int at_end)
{
	if (n > 0)
		return n;
	if (n == 0)
		return at_end;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
}

static long transport_read(struct conn *c, void *data, size_t len)
{
	return transfer_result(read(c->fd, data, len), -1);
}

static long transport_write(struct conn *c, const void *data, size_t len)
{
	return transfer_result(write(c->fd, data, len), 0);
}

static void transport_flush(struct conn *c)
{
}

static void transport_fail(struct conn *c, unsigned int error)
{
	c->dead = true;
}

static void transport_close(struct conn *c)
{
	close(c->fd);
}

static const struct transport socket_transport = {
	transport_read, transport_write, transport_flush, transport_fail, transport_close,
};

/* True when a daemon answers there: then it is not ours to replace. */
static bool is_served(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool served = fd >= 0 && connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0;

	if (fd >= 0)
		close(fd);
	return served;
}

int socket_listen(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(addr.sun_path, path);
	if (is_served(&addr)) {
		errno = EADDRINUSE;
		return -1;
	}
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) ||
	    (chmod(path, 0600) && errno != ENOSYS) || listen(fd, 64) ||
	    fcntl(fd, F_SETFL, O_NONBLOCK)) {
		close(fd);
		return -1;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

void socket_accept(int listener)
{
	const struct caller local = { .domid = 0, .target = -1, .privileged = true };
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		struct conn *c;

		if (fcntl(fd, F_SETFL, O_NONBLOCK)) {
			close(fd);
			continue;
		}
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		c = conn_new(&socket_transport, local);
		if (!c) {
			say("no memory for a connection");
			close(fd);
			return;
		}
		c->fd = fd;
	}
}
