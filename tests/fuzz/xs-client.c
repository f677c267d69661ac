/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: the store's client library and a daemon that sends anything. The first byte names the
 * request, the second how many bytes come at a time; a type or number in an answer that is 0xff... is
 * mended to what the client waits for, so that answers are taken more often than refused.
 *
 * CFLAGS: -D_GNU_SOURCE -Dread=fuzz_read -Dwrite=fuzz_write -Dsend=fuzz_send -Dpoll=fuzz_poll
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "dom0-tools/lib/xs_stream.c"
#include "dom0-tools/lib/xs.c"

static const uint8_t *stream;
static size_t stream_len, step, sent_at;
static struct xsd_sockmsg asked;	/* the last request's header */

ssize_t read(int fd, void *buf, size_t n)
{
	n = n < step ? n : step;
	n = n < stream_len ? n : stream_len;
	memcpy(buf, stream, n);
	stream += n;
	stream_len -= n;
	return (ssize_t)n;
}

ssize_t write(int fd, const void *buf, size_t n)
{
	if (n >= sizeof(asked))
		memcpy(&asked, buf, sizeof(asked));
	return (ssize_t)n;
}

ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	return write(fd, buf, n);
}

int poll(struct pollfd *p, nfds_t n, int timeout)
{
	return stream_len != 0;
}

static void use(struct xs_handle *h, uint8_t what)
{
	static const char *const control[] = { "help" };
	unsigned int n = 0;
	char **list = NULL;
	void *p = NULL;
	struct xs_permissions *perms = NULL;

	switch (what % 9) {
	case 0:
		list = xs_directory(h, 0, "/a", &n);
		for (unsigned int i = 0; list && i < n; i++)
			MUST(strlen(list[i]) <= XENSTORE_PAYLOAD_MAX * 16);
		break;
	case 1:
		p = xs_read(h, 0, "/a", &n);
		break;
	case 2:
		perms = xs_get_permissions(h, 0, "/a", &n);
		break;
	case 3:
		list = xs_check_watch(h);
		break;
	case 4:
		list = xs_read_watch(h, &n);
		break;
	case 5:
		xs_transaction_start(h);
		break;
	case 6:
		p = xs_get_domain_path(h, 1);
		break;
	case 7:
		p = xs_control_command(h, control, 1);
		break;
	default:
		xs_write_later(h, 0, "/a", "b", 1);
		xs_write_later(h, 0, "/a", "b", 1);
		xs_flush(h);
	}
	if (list && what % 9 > 2)
		MUST(strlen(list[0]) + strlen(list[1]) <= XENSTORE_PAYLOAD_MAX);
	free(list);
	free(p);
	free(perms);
}

/* Answers whose number says "the right one" get it. */
static void prepare(uint8_t *copy, size_t size, uint32_t type)
{
	uint32_t id = 1;

	for (size_t at = 0; size - at >= sizeof(struct xsd_sockmsg);) {
		struct xsd_sockmsg h;

		memcpy(&h, copy + at, sizeof(h));
		if (h.req_id == ~0u && h.type != XS_WATCH_EVENT) {
			h.req_id = id++;
			if (h.type == ~0u)
				h.type = type;
			memcpy(copy + at, &h, sizeof(h));
		}
		at += sizeof(h);
		if (h.len > size - at)
			break;
		at += h.len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t types[9] = { XS_DIRECTORY, XS_READ, XS_GET_PERMS, 0, 0, XS_TRANSACTION_START,
					   XS_GET_DOMAIN_PATH, XS_CONTROL, XS_WRITE };
	struct xs_handle *h;
	uint8_t *copy;

	if (size < 2)
		return 0;
	h = calloc(1, sizeof(*h));
	copy = malloc(size);
	if (!h || !copy)
		abort();
	memcpy(copy, data, size);
	prepare(copy + 2, size - 2, types[data[0] % 9]);
	h->fd = -1;
	h->is_socket = data[0] & 0x80;
	h->events_end = &h->events;
	stream = copy + 2;
	stream_len = size - 2;
	step = data[1] ? data[1] : 4096;
	use(h, data[0] & 0x7f);
	use(h, data[0] & 0x7f);
	free(xs_check_watch(h));
	xs_close(h);
	free(copy);
	return 0;
}
