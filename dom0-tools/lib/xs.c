/* SPDX-License-Identifier: MIT */
/*
 * The client's side of the store: see xs.h.
 *
 * Requests are gathered in a buffer until somebody waits for an answer; on the way to it, answers to
 * earlier requests that nobody waits for are checked, and watch events kept in order.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "xs.h"

struct xs_event {
	struct xs_event *next;
	char *vec[2];		/* into text */
	char text[];
};

#define XS_MESSAGE_MAX (sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)

/* Answers that may be left unfetched: their bytes must fit whatever lies between us and the daemon. */
#define XS_LATER_MAX 64

struct xs_handle {
	int fd;
	bool is_socket;		/* a stream; a device takes one message a write */
	uint32_t last_id;
	bool broken;		/* the byte stream is out of step: nothing works any more */
	unsigned int nr_later;	/* requests whose answers are still to come */
	int later_error;	/* the first that went wrong */
	struct xs_event *events, **events_end;
	/* The message that arrived last. */
	struct xsd_sockmsg hdr;
	char payload[XENSTORE_PAYLOAD_MAX + 1];
	size_t in_len, out_len;
	char in[XS_MESSAGE_MAX], out[XS_MESSAGE_MAX];
};

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
static int receive(struct xs_handle *h, bool wait)
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
static bool keep_event(struct xs_handle *h)
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
		if (receive(h, true) < 0)
			return false;
		if (h->hdr.type != XS_WATCH_EVENT)
			return true;
		if (!keep_event(h))
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
static bool request(struct xs_handle *h, uint32_t type, xs_transaction_t t,
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
static bool request_later(struct xs_handle *h, uint32_t type, xs_transaction_t t,
			  const struct iovec *piece, unsigned int nr)
{
	if (!h->is_socket) {
		if (!request(h, type, t, piece, nr) && !h->later_error)
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

static struct iovec text(const char *s)
{
	return (struct iovec){ .iov_base = (void *)(uintptr_t)s, .iov_len = strlen(s) + 1 };
}

static bool request_text(struct xs_handle *h, uint32_t type, xs_transaction_t t, const char *s)
{
	struct iovec piece = text(s);

	return request(h, type, t, &piece, 1);
}

/* The answer, with a nul behind, to keep. */
static char *answer(struct xs_handle *h, unsigned int *len)
{
	char *copy = malloc(h->hdr.len + 1);

	if (copy)
		memcpy(copy, h->payload, h->hdr.len + 1);
	if (len)
		*len = h->hdr.len;
	return copy;
}

/* Turns a block of nul-terminated names into an array that owns it. */
static char **split_names(const char *names, size_t len, unsigned int *num)
{
	unsigned int nr = 0, i = 0;
	char **vec, *block;

	for (size_t at = 0; at < len; at++)
		nr += !names[at];
	vec = malloc((nr + 1) * sizeof(*vec) + len);
	if (!vec)
		return NULL;
	block = (char *)&vec[nr + 1];
	memcpy(block, names, len);
	for (char *s = block; i < nr; s += strlen(s) + 1)
		vec[i++] = s;
	vec[nr] = NULL;
	*num = nr;
	return vec;
}

/* A list too long for one answer, part by part; begins again when it changes in between. */
static char **directory_parts(struct xs_handle *h, xs_transaction_t t, const char *path,
			      unsigned int *num)
{
	char *names = NULL, gen[32] = "", offset[16];
	size_t len = 0;
	char **vec = NULL;

	for (;;) {
		struct iovec piece[2] = { text(path) };
		size_t genlen, more;
		bool last;
		char *bigger;

		snprintf(offset, sizeof(offset), "%zu", len);
		piece[1] = text(offset);
		if (!request(h, XS_DIRECTORY_PART, t, piece, 2))
			break;
		genlen = strlen(h->payload) + 1;
		if (genlen > h->hdr.len || genlen > sizeof(gen)) {
			errno = EIO;
			break;
		}
		if (len && strcmp(gen, h->payload)) {
			len = 0;
			continue;
		}
		strcpy(gen, h->payload);
		more = h->hdr.len - genlen;
		last = !more || (h->payload[h->hdr.len - 1] == '\0' &&
				 (more == 1 || h->payload[h->hdr.len - 2] == '\0'));
		more -= last && more;
		bigger = realloc(names, len + more + 1);
		if (!bigger)
			break;
		names = bigger;
		memcpy(names + len, h->payload + genlen, more);
		len += more;
		if (last) {
			vec = split_names(names, len, num);
			break;
		}
	}
	free(names);
	return vec;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
	if (request_text(h, XS_DIRECTORY, t, path))
		return split_names(h->payload, h->hdr.len, num);
	return errno == E2BIG ? directory_parts(h, t, path, num) : NULL;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	return request_text(h, XS_READ, t, path) ? answer(h, len) : NULL;
}

typedef bool request_fn(struct xs_handle *h, uint32_t type, xs_transaction_t t,
			const struct iovec *piece, unsigned int nr);

static bool request_write(struct xs_handle *h, xs_transaction_t t, const char *path,
			  const void *data, unsigned int len, request_fn *how)
{
	struct iovec piece[2] = {
		text(path),
		{ .iov_base = (void *)(uintptr_t)data, .iov_len = len },
	};

	return how(h, XS_WRITE, t, piece, 2);
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
	      unsigned int len)
{
	return request_write(h, t, path, data, len, request);
}

bool xs_write_later(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
		    unsigned int len)
{
	return request_write(h, t, path, data, len, request_later);
}

bool xs_printf(struct xs_handle *h, xs_transaction_t t, const char *path, const char *fmt, ...)
{
	char value[XENSTORE_PAYLOAD_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(value)) {
		errno = E2BIG;
		return false;
	}
	return xs_write(h, t, path, value, (unsigned int)n);
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return request_text(h, XS_MKDIR, t, path);
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return request_text(h, XS_RM, t, path);
}

/* Indexed by enum xs_perm_type. */
static const char perm_letter[] = "nrwb";

struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t,
					  const char *path, unsigned int *num)
{
	struct xs_permissions *perms;
	unsigned int nr = 0;
	char *at;

	if (!request_text(h, XS_GET_PERMS, t, path))
		return NULL;
	for (size_t i = 0; i < h->hdr.len; i++)
		nr += !h->payload[i];
	perms = calloc(nr ? nr : 1, sizeof(*perms));
	if (!perms)
		return NULL;
	at = h->payload;
	for (unsigned int i = 0; i < nr; i++, at += strlen(at) + 1) {
		const char *letter = *at ? strchr(perm_letter, *at) : NULL;

		if (!letter) {
			free(perms);
			errno = EIO;
			return NULL;
		}
		perms[i].perms = (enum xs_perm_type)(letter - perm_letter);
		perms[i].id = (unsigned int)strtoul(at + 1, NULL, 10);
	}
	*num = nr;
	return perms;
}

static bool request_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
				const struct xs_permissions *perms, unsigned int num_perms,
				request_fn *how)
{
	char list[XENSTORE_PAYLOAD_MAX];
	struct iovec piece[2] = { text(path), { .iov_base = list } };
	size_t len = 0;

	for (unsigned int i = 0; i < num_perms; i++) {
		if (sizeof(list) - len < 16) {
			errno = E2BIG;
			return false;
		}
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%c%u",
					perm_letter[perms[i].perms & 3], perms[i].id) + 1;
	}
	piece[1].iov_len = len;
	return how(h, XS_SET_PERMS, t, piece, 2);
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
			struct xs_permissions *perms, unsigned int num_perms)
{
	return request_permissions(h, t, path, perms, num_perms, request);
}

bool xs_set_permissions_later(struct xs_handle *h, xs_transaction_t t, const char *path,
			      struct xs_permissions *perms, unsigned int num_perms)
{
	return request_permissions(h, t, path, perms, num_perms, request_later);
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	struct iovec piece[2] = { text(path), text(token) };

	return request(h, XS_WATCH, XBT_NULL, piece, 2);
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	struct iovec piece[2] = { text(path), text(token) };
	struct xs_event **at = &h->events;

	if (!request(h, XS_UNWATCH, XBT_NULL, piece, 2))
		return false;
	/* Who has stopped watching does not want to hear of it any more. */
	while (*at) {
		struct xs_event *e = *at;
		size_t len = strlen(path);

		if (strcmp(e->vec[XS_WATCH_TOKEN], token) ||
		    strncmp(e->vec[XS_WATCH_PATH], path, len)) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		free(e);
	}
	h->events_end = at;
	return true;
}

static char **next_event(struct xs_handle *h, bool wait)
{
	struct xs_event *e;
	char **vec;
	size_t len;

	while (!h->events) {
		int got = h->broken ? -1 : receive(h, wait);

		if (got <= 0) {
			errno = got ? ECONNRESET : EAGAIN;
			return NULL;
		}
		if (h->hdr.type == XS_WATCH_EVENT && !keep_event(h))
			return NULL;
	}
	e = h->events;
	/* The pair and its text in one block, as users of libxenstore expect. */
	len = (size_t)(e->vec[XS_WATCH_TOKEN] - e->text) + strlen(e->vec[XS_WATCH_TOKEN]) + 1;
	vec = malloc(2 * sizeof(*vec) + len);
	if (!vec)
		return NULL;
	memcpy(&vec[2], e->text, len);
	vec[XS_WATCH_PATH] = (char *)&vec[2];
	vec[XS_WATCH_TOKEN] = (char *)&vec[2] + (e->vec[XS_WATCH_TOKEN] - e->text);
	h->events = e->next;
	if (!h->events)
		h->events_end = &h->events;
	free(e);
	return vec;
}

char **xs_read_watch(struct xs_handle *h, unsigned int *num)
{
	char **vec = next_event(h, true);

	if (vec && num)
		*num = 2;
	return vec;
}

char **xs_check_watch(struct xs_handle *h)
{
	return next_event(h, false);
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	if (!request_text(h, XS_TRANSACTION_START, XBT_NULL, ""))
		return XBT_NULL;
	return (xs_transaction_t)strtoul(h->payload, NULL, 10);
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
	int err = xs_flush(h) ? 0 : errno;

	if (!request_text(h, XS_TRANSACTION_END, t, abort || err ? "F" : "T"))
		return false;
	if (err && !abort) {
		errno = err;
		return false;
	}
	return true;
}

/* Requests whose payload is one or two numbers. */
static bool request_numbers(struct xs_handle *h, uint32_t type, const unsigned long n[],
			    unsigned int nr)
{
	char buf[3][24];
	struct iovec piece[3];

	for (unsigned int i = 0; i < nr; i++) {
		snprintf(buf[i], sizeof(buf[i]), "%lu", n[i]);
		piece[i] = text(buf[i]);
	}
	return request(h, type, XBT_NULL, piece, nr);
}

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid, unsigned long mfn,
			 unsigned int eventchn)
{
	return request_numbers(h, XS_INTRODUCE, (unsigned long[]){ domid, mfn, eventchn }, 3);
}

bool xs_release_domain(struct xs_handle *h, unsigned int domid)
{
	return request_numbers(h, XS_RELEASE, (unsigned long[]){ domid }, 1);
}

bool xs_resume_domain(struct xs_handle *h, unsigned int domid)
{
	return request_numbers(h, XS_RESUME, (unsigned long[]){ domid }, 1);
}

bool xs_set_target(struct xs_handle *h, unsigned int domid, unsigned int target)
{
	return request_numbers(h, XS_SET_TARGET, (unsigned long[]){ domid, target }, 2);
}

char *xs_get_domain_path(struct xs_handle *h, unsigned int domid)
{
	if (!request_numbers(h, XS_GET_DOMAIN_PATH, (unsigned long[]){ domid }, 1))
		return NULL;
	return answer(h, NULL);
}

bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid)
{
	return request_numbers(h, XS_IS_DOMAIN_INTRODUCED, (unsigned long[]){ domid }, 1) &&
	       !strcmp(h->payload, "T");
}

char *xs_control_command(struct xs_handle *h, const char *const argv[], unsigned int argc)
{
	struct iovec piece[8];

	if (argc > sizeof(piece) / sizeof(piece[0])) {
		errno = E2BIG;
		return NULL;
	}
	for (unsigned int i = 0; i < argc; i++)
		piece[i] = text(argv[i]);
	return request(h, XS_CONTROL, XBT_NULL, piece, argc) ? answer(h, NULL) : NULL;
}
