/* SPDX-License-Identifier: MIT */
/* The protocol's messages: see wire.h. */
#include <errno.h>
#include <string.h>

#include "wire.h"

size_t message_room(struct message *m, char **where)
{
	*where = m->bytes + m->got;
	return sizeof(m->bytes) - 1 - m->got;
}

void message_add(struct message *m, size_t n)
{
	m->got += n;
}

static size_t message_end(const struct message *m)
{
	return sizeof(m->hdr) + m->hdr.len;
}

enum message_state message_check(struct message *m)
{
	if (m->got < sizeof(m->hdr))
		return MESSAGE_PARTIAL;
	memcpy(&m->hdr, m->bytes, sizeof(m->hdr));
	if (m->hdr.len > XENSTORE_PAYLOAD_MAX)
		return MESSAGE_TOO_LONG;
	if (m->got < message_end(m))
		return MESSAGE_PARTIAL;
	m->payload = m->bytes + sizeof(m->hdr);
	m->behind = m->bytes[message_end(m)];
	m->bytes[message_end(m)] = '\0';
	return MESSAGE_COMPLETE;
}

void message_next(struct message *m)
{
	size_t end = message_end(m);

	m->bytes[end] = m->behind;
	m->got -= end;
	memmove(m->bytes, m->bytes + end, m->got);
}

void message_reset(struct message *m)
{
	m->got = 0;
}

unsigned int wire_split(const char *payload, size_t len, const char *arg[], unsigned int max,
			const char **rest, size_t *rest_len)
{
	unsigned int nr = 0;

	while (nr < max && len) {
		const char *nul = memchr(payload, '\0', len);

		if (!nul)
			break;
		arg[nr++] = payload;
		len -= (size_t)(nul + 1 - payload);
		payload = nul + 1;
	}
	*rest = payload;
	*rest_len = len;
	return nr;
}

bool wire_number(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		uint64_t digit = (uint64_t)*text - '0';

		if (*text < '0' || *text > '9' || digit > max || n > (max - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return true;
}

void reply_ok(struct reply *r)
{
	r->err = 0;
	r->len = 0;
	reply_add(r, "OK", 3);
}

bool reply_add(struct reply *r, const void *data, size_t len)
{
	if (len > sizeof(r->payload) - r->len) {
		r->err = E2BIG;
		return false;
	}
	memcpy(r->payload + r->len, data, len);
	r->len += len;
	return true;
}

const char *wire_error_name(int err)
{
	static const struct {
		int err;
		const char *name;
	} table[] = {
#define X(e) { e, #e }
		X(EINVAL), X(EACCES), X(EEXIST), X(EISDIR), X(ENOENT), X(ENOMEM), X(ENOSPC), X(EIO),
		X(ENOTEMPTY), X(ENOSYS), X(EROFS), X(EBUSY), X(EAGAIN), X(EISCONN), X(E2BIG),
		X(EPERM),
#undef X
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].err == err)
			return table[i].name;
	return "EINVAL";
}

const char *wire_type_name(uint32_t type)
{
	static const char *const name[XS_TYPE_COUNT] = {
#define X(t) [XS_##t] = #t
		X(CONTROL), X(DIRECTORY), X(READ), X(GET_PERMS), X(WATCH), X(UNWATCH),
		X(TRANSACTION_START), X(TRANSACTION_END), X(INTRODUCE), X(RELEASE),
		X(GET_DOMAIN_PATH), X(WRITE), X(MKDIR), X(RM), X(SET_PERMS), X(WATCH_EVENT),
		X(ERROR), X(IS_DOMAIN_INTRODUCED), X(RESUME), X(SET_TARGET), X(RESET_WATCHES),
		X(DIRECTORY_PART),
#undef X
	};

	return type < XS_TYPE_COUNT && name[type] ? name[type] : "UNKNOWN";
}
