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

/* A request, or as much of it as has arrived. A nul follows the payload, not counted in len. */
struct message {
	struct xsd_sockmsg hdr;
	char payload[XENSTORE_PAYLOAD_MAX + 1];
	size_t got;		/* bytes so far, of header and payload */
};

/* Where the next bytes of the message go, and how many. 0: the message is complete. */
size_t message_wants(struct message *m, void **where);

enum message_state { MESSAGE_PARTIAL, MESSAGE_COMPLETE, MESSAGE_TOO_LONG };

/* n more bytes are there. Too long: this sender's stream is lost, there is no way back in. */
enum message_state message_grow(struct message *m, size_t n);
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
