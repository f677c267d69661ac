/* SPDX-License-Identifier: MIT */
/*
 * The store's client library, below its functions (xs.h): requests and answers on one byte stream.
 *
 * Requests are gathered in a buffer until somebody waits for an answer; on the way to it, answers to
 * earlier requests that nobody waits for are checked, and watch events kept in order.
 */
#ifndef DOM0_TOOLS_LIB_XS_STREAM_H
#define DOM0_TOOLS_LIB_XS_STREAM_H

#include <sys/uio.h>

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

/* One request made of pieces, nr of them. */
typedef bool xs_stream_fn(struct xs_handle *h, uint32_t type, xs_transaction_t t,
			  const struct iovec *piece, unsigned int nr);

/* Sends it and waits for its answer, which is then in h->hdr and h->payload, a nul behind it. */
xs_stream_fn xs_stream_request;

/* Sends it, some time; its answer is looked at by xs_flush(). */
xs_stream_fn xs_stream_later;

/* The next message: 1 when it is there, 0 when it would have to be waited for, -1 on failure. */
int xs_stream_receive(struct xs_handle *h, bool wait);

/* Appends the watch event that was received to h->events. */
bool xs_stream_keep_event(struct xs_handle *h);

#endif
