/* SPDX-License-Identifier: MIT */
/* Requests and answers on one byte stream: see xs_stream.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "xs_stream.h"

static int connect_socket(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, saved;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr))) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static bool is_device(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISCHR(st.st_mode);
}

static int connect_any(void)
{
	static const char *const sockets[] = {
		"/run/xenstored/socket", "/var/run/xenstored/socket",
	};
	static const char *const devices[] = { "/dev/xen/xenbus", "/proc/xen/xenbus" };
	const char *path = getenv("XENSTORED_PATH");
	int fd;

	if (path) {
		fd = connect_socket(path);
		return fd < 0 && is_device(path) ? open(path, O_RDWR) : fd;
	}
	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		fd = connect_socket(sockets[i]);
		if (fd >= 0)
			return fd;
	}
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		fd = open(devices[i], O_RDWR);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

struct xs_handle *xs_open(unsigned long flags)
{
	struct xs_handle *h = calloc(1, sizeof(*h));
	struct stat st;
	int saved;

	if (!h)
		return NULL;
	h->events_end = &h->events;
	h->fd = connect_any();
	if (h->fd < 0) {
		saved = errno;
		free(h);
		errno = saved;
		return NULL;
	}
	fcntl(h->fd, F_SETFD, FD_CLOEXEC);
	h->is_socket = fstat(h->fd, &st) == 0 && S_ISSOCK(st.st_mode);
	return h;
}

void xs_close(struct xs_handle *h)
{
	if (!h)
		return;
	while (h->events) {
		struct xs_event *e = h->events;

		h->events = e->next;
		free(e);
	}
	close(h->fd);
	free(h);
}

int xs_fileno(struct xs_handle *h)
{
	return h->fd;
}

/* Sends what is gathered. */
static bool write_out(struct xs_handle *h)
{
	size_t at = 0;

	while (at < h->out_len) {
		/* A daemon that has gone is an error here and not a signal. */
		ssize_t n = h->is_socket ? send(h->fd, h->out + at, h->out_len - at, MSG_NOSIGNAL) :
					   write(h->fd, h->out + at, h->out_len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			h->broken = true;
			return false;
		}
		at += (size_t)n;
	}
	h->out_len = 0;
	return true;
}

/* Takes a message out of what has arrived: 1, or 0 when it is not all there, or -1. */
static int take_message(struct xs_handle *h)
{
	size_t len;

	if (h->in_len < sizeof(h->hdr))
		return 0;
	memcpy(&h->hdr, h->in, sizeof(h->hdr));
	if (h->hdr.len > XENSTORE_PAYLOAD_MAX) {
		errno = EIO;
		return -1;
	}
	len = sizeof(h->hdr) + h->hdr.len;
	if (h->in_len < len)
		return 0;
	memcpy(h->payload, h->in + sizeof(h->hdr), h->hdr.len);
	h->payload[h->hdr.len] = '\0';
	h->in_len -= len;
	memmove(h->in, h->in + len, h->in_len);
	return 1;
}

/* The next message: 1 when it is there, 0 when it would have to be waited for, -1 on failure. */
int xs_stream_receive(struct xs_handle *h, bool wait)
{
	for (;;) {
		struct pollfd pfd = { .fd = h->fd, .events = POLLIN };
		int taken = take_message(h);
		ssize_t n;

		if (taken > 0)
			return 1;
		if (taken < 0)
			break;
		if (!wait && poll(&pfd, 1, 0) == 0)
			return 0;
		n = read(h->fd, h->in + h->in_len, sizeof(h->in) - h->in_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = ECONNRESET;
			break;
		}
		h->in_len += (size_t)n;
	}
	h->broken = true;
	return -1;
}

/* Keeps the watch event that h->payload is. */
bool xs_stream_keep_event(struct xs_handle *h)
{
	size_t len = h->hdr.len, first = strnlen(h->payload, len);
	struct xs_event *e = malloc(sizeof(*e) + len + 2);

	if (!e)
		return false;
	memcpy(e->text, h->payload, len);
	memset(e->text + len, 0, 2);
	e->next = NULL;
	e->vec[XS_WATCH_PATH] = e->text;
	e->vec[XS_WATCH_TOKEN] = e->text + first + 1;
	*h->events_end = e;
	h->events_end = &e->next;
	return true;
}

static int error_number(const char *name)
{
	static const struct {
		const char *name;
		int err;
	} table[] = {
#define X(e) { #e, e }
		X(EINVAL), X(EACCES), X(EEXIST), X(EISDIR), X(ENOENT), X(ENOMEM), X(ENOSPC), X(EIO),
		X(ENOTEMPTY), X(ENOSYS), X(EROFS), X(EBUSY), X(EAGAIN), X(EISCONN), X(E2BIG),
		X(EPERM),
#undef X
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].name, name))
			return table[i].err;
	return EINVAL;
}

static bool fail(struct xs_handle *h, int err)
{
	h->broken = true;
	errno = err;
	return false;
}

/* Adds a request made of pieces to what is to be sent. */
static bool gather(struct xs_handle *h, uint32_t type, xs_transaction_t t,
		   const struct iovec *piece, unsigned int nr)
{
	struct xsd_sockmsg hdr = { .type = type, .tx_id = t, .req_id = ++h->last_id };
	size_t len = 0;

	if (h->broken) {
		errno = ECONNRESET;
		return false;
	}
	for (unsigned int i = 0; i < nr; i++)
		len += piece[i].iov_len;
	if (len > XENSTORE_PAYLOAD_MAX) {
		errno = E2BIG;
		return false;
	}
	hdr.len = (uint32_t)len;
	if (sizeof(h->out) - h->out_len < sizeof(hdr) + len && !write_out(h))
		return false;
	memcpy(h->out + h->out_len, &hdr, sizeof(hdr));
	h->out_len += sizeof(hdr);
	for (unsigned int i = 0; i < nr; i++) {
		memcpy(h->out + h->out_len, piece[i].iov_base, piece[i].iov_len);
		h->out_len += piece[i].iov_len;
	}
	return true;
}

/* Waits for the next answer, which is then in h->payload; events on the way are kept. */
static bool next_answer(struct xs_handle *h)
{
	for (;;) {
		if (xs_stream_receive(h, true) < 0)
			return false;
		if (h->hdr.type != XS_WATCH_EVENT)
			return true;
		if (!xs_stream_keep_event(h))
			return fail(h, ENOMEM);	/* an event was lost, and the answer is still to come */
	}
}

/* Sends everything and fetches the answers that nobody waited for. */
static bool collect_later(struct xs_handle *h)
{
	if (!write_out(h))
		return false;
	for (; h->nr_later; h->nr_later--) {
		if (!next_answer(h))
			return false;
		if (h->hdr.type == XS_ERROR && !h->later_error)
			h->later_error = error_number(h->payload);
	}
	return true;
}

/* Sends a request and waits for its answer. */
bool xs_stream_request(struct xs_handle *h, uint32_t type, xs_transaction_t t,
		    const struct iovec *piece, unsigned int nr)
{
	if (!gather(h, type, t, piece, nr) || !collect_later(h) || !next_answer(h))
		return false;
	if (h->hdr.req_id != h->last_id || (h->hdr.type != type && h->hdr.type != XS_ERROR))
		return fail(h, EIO);
	if (h->hdr.type == XS_ERROR) {
		errno = error_number(h->payload);
		return false;
	}
	return true;
}

/* Sends a request and does not. */
bool xs_stream_later(struct xs_handle *h, uint32_t type, xs_transaction_t t,
			  const struct iovec *piece, unsigned int nr)
{
	if (!h->is_socket) {
		if (!xs_stream_request(h, type, t, piece, nr) && !h->later_error)
			h->later_error = errno;
		return !h->broken;
	}
	if (h->nr_later == XS_LATER_MAX && !collect_later(h))
		return false;
	if (!gather(h, type, t, piece, nr))
		return false;
	h->nr_later++;
	return true;
}

bool xs_flush(struct xs_handle *h)
{
	int err;

	if (h->broken || !collect_later(h)) {
		errno = ECONNRESET;
		return false;
	}
	err = h->later_error;
	h->later_error = 0;
	errno = err;
	return !err;
}
