/* SPDX-License-Identifier: MIT */
/* The client's side of the store: see xs.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xs_stream.h"

static struct iovec text(const char *s)
{
	return (struct iovec){ .iov_base = (void *)(uintptr_t)s, .iov_len = strlen(s) + 1 };
}

static bool request_text(struct xs_handle *h, uint32_t type, xs_transaction_t t, const char *s)
{
	struct iovec piece = text(s);

	return xs_stream_request(h, type, t, &piece, 1);
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
		if (!xs_stream_request(h, XS_DIRECTORY_PART, t, piece, 2))
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

static bool request_write(struct xs_handle *h, xs_transaction_t t, const char *path,
			  const void *data, unsigned int len, xs_stream_fn *how)
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
	return request_write(h, t, path, data, len, xs_stream_request);
}

bool xs_write_later(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
		    unsigned int len)
{
	return request_write(h, t, path, data, len, xs_stream_later);
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
				xs_stream_fn *how)
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
	return request_permissions(h, t, path, perms, num_perms, xs_stream_request);
}

bool xs_set_permissions_later(struct xs_handle *h, xs_transaction_t t, const char *path,
			      struct xs_permissions *perms, unsigned int num_perms)
{
	return request_permissions(h, t, path, perms, num_perms, xs_stream_later);
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	struct iovec piece[2] = { text(path), text(token) };

	return xs_stream_request(h, XS_WATCH, XBT_NULL, piece, 2);
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	struct iovec piece[2] = { text(path), text(token) };
	struct xs_event **at = &h->events;

	if (!xs_stream_request(h, XS_UNWATCH, XBT_NULL, piece, 2))
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
		int got = h->broken ? -1 : xs_stream_receive(h, wait);

		if (got <= 0) {
			errno = got ? ECONNRESET : EAGAIN;
			return NULL;
		}
		if (h->hdr.type == XS_WATCH_EVENT && !xs_stream_keep_event(h))
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
	return xs_stream_request(h, type, XBT_NULL, piece, nr);
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
	return xs_stream_request(h, XS_CONTROL, XBT_NULL, piece, argc) ? answer(h, NULL) : NULL;
}
