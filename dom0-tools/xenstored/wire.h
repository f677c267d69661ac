/* SPDX-License-Identifier: MIT */
/*
 * The protocol's messages: taking requests out of a byte stream, splitting payloads into strings,
 * and the names of errors. Everything here works on untrusted bytes and touches nothing else.
 * [Xen public/io/xs_wire.h, xenstore.txt]
 */
#ifndef XENSTORED_WIRE_H
#define XENSTORED_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pv-abi/io/xs_wire.h>

/*
 * The bytes that have arrived and are not answered yet: a request, or a part of one, and perhaps the
 * beginning of what follows it, so that one read may bring many requests.
 */
struct message {
	struct xsd_sockmsg hdr;	/* of the first request, once it is complete */
	const char *payload;	/* in bytes[], followed by a nul that hdr.len does not count */
	size_t got;		/* bytes so far */
	char behind;		/* what was where the nul is now */
	char bytes[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX + 1];
};

/* Where the next bytes go, and how many there may be. Not while a request is complete. */
size_t message_room(struct message *m, char **where);
void message_add(struct message *m, size_t n);

enum message_state { MESSAGE_PARTIAL, MESSAGE_COMPLETE, MESSAGE_TOO_LONG };

/* Is there a whole request? Too long: this sender's stream is lost, there is no way back in. */
enum message_state message_check(struct message *m);

/* Drops the complete request. */
void message_next(struct message *m);

/* Drops everything. */
void message_reset(struct message *m);

/*
 * Splits a payload into at most max strings. Each ends with a nul inside the payload; what follows
 * the last one asked for, or the last nul, is the rest, with its length.
 * Returns how many strings there are.
 */
unsigned int wire_split(const char *payload, size_t len, const char *arg[], unsigned int max,
			const char **rest, size_t *rest_len);

/* A decimal number up to max, and nothing else. */
bool wire_number(const char *text, uint64_t max, uint64_t *out);

/* An answer. */
struct reply {
	int err;		/* positive errno; the payload is then ignored */
	size_t len;
	char payload[XENSTORE_PAYLOAD_MAX];
};

void reply_ok(struct reply *r);
/* False, with the reply turned into E2BIG, when it does not fit. */
bool reply_add(struct reply *r, const void *data, size_t len);

/* The name of an errno as the protocol has it; "EINVAL" for those it does not know. */
const char *wire_error_name(int err);

/* A message type's name, for logs. */
const char *wire_type_name(uint32_t type);

#endif
