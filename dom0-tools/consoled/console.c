/* SPDX-License-Identifier: MIT */
/* The console of one domain: see console.h. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pv-abi/grant_table.h>

#include "../lib/domstore.h"
#include "../lib/peer.h"
#include "console.h"
#include "main.h"

#define CHUNK 2048		/* bytes read from one console before the others have their turn; a ring full */

_Static_assert(CHUNK == sizeof(((struct xencons_interface *)0)->out), "a ring full");

struct list consoles;

static const char *console_log_dir;
static size_t console_log_limit;

void console_init(const char *log_dir, size_t log_limit)
{
	list_init(&consoles);
	console_log_dir = log_dir;
	console_log_limit = log_limit;
}

struct console *console_find(uint16_t domid)
{
	list_for_each(c, &consoles, struct console, of_all)
		if (c->domid == domid)
			return c;
	return NULL;
}

struct console *console_find_name(const char *name)
{
	struct console *found = NULL;

	/* The last one that lives, or else the one that died last. */
	list_for_each(c, &consoles, struct console, of_all)
		if (!strcmp(c->name, name) && (!found || found->dead || !c->dead))
			found = c;
	return found;
}

static void console_free(struct console *c)
{
	list_del(&c->of_all);
	logfile_close(&c->log);
	backlog_free(&c->backlog);
	free(c);
}

/* Those who look at it now keep it; it goes with the next one that dies. */
static void console_drop_oldest_dead(void)
{
	unsigned int dead = 0;

	list_for_each(c, &consoles, struct console, of_all)
		dead += c->dead;
	list_for_each_safe(c, &consoles, struct console, of_all) {
		if (dead <= CONSOLE_DEAD_MAX)
			return;
		if (c->dead && !c->viewers) {
			console_free(c);
			dead--;
		}
	}
}

/* A short value below the domain's home; "" when there is none. */
static void read_home(struct xs_handle *xs, uint16_t domid, const char *key, char *out, size_t size)
{
	char path[64], *value;

	snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
	value = xs_read(xs, XBT_NULL, path, NULL);
	snprintf(out, size, "%s", value ? value : "");
	free(value);
}

static bool read_number(struct xs_handle *xs, uint16_t domid, const char *key, uint64_t *out)
{
	char text[32], *end;

	read_home(xs, domid, key, text, sizeof(text));
	*out = strtoull(text, &end, 10);
	return *text && !*end;
}

void console_output(struct console *c, const char *data, size_t len)
{
	backlog_append(&c->backlog, data, len);
	logfile_append(&c->log, data, len);
}

static void console_note(struct console *c, const char *text)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "\r\n[consoled: %s]\r\n", text);

	backlog_append(&c->backlog, line, (size_t)n);
	logfile_note(&c->log, text);
}

static void console_detach(struct console *c)
{
	if (c->feed >= 0)
		close(c->feed);
	c->feed = -1;
	if (!c->ring)
		return;
	peer_unbind(c->port);
	peer_unmap(c->ring);
	c->ring = NULL;
}

/* A console whose ring cannot be had stays, says so to those who look, and is not tried again. */
static void console_attach(struct console *c, uint64_t mfn, uint32_t remote_port)
{
	void *ring = peer_map(c->domid, GNTTAB_RESERVED_CONSOLE, mfn);
	int port;

	if (!ring) {
		say("domain %u: cannot map its console, frame %llu", c->domid,
		    (unsigned long long)mfn);
		console_note(c, "this domain's console ring cannot be mapped");
		return;
	}
	port = peer_bind(c->domid, remote_port);
	if (port < 0) {
		say("domain %u: cannot bind its console's event channel %u", c->domid, remote_port);
		console_note(c, "this domain's console event channel cannot be bound");
		peer_unmap(ring);
		return;
	}
	c->ring = ring;
	c->port = (uint32_t)port;
	c->ready = true;
}

static struct console *console_new(struct xs_handle *xs, uint16_t domid)
{
	struct console *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->domid = domid;
	c->feed = -1;
	c->allowance = CONSOLE_BURST;
	read_home(xs, domid, "name", c->name, sizeof(c->name));
	logfile_open(&c->log, console_log_dir, c->name, domid, console_log_limit);
	list_add_tail(&consoles, &c->of_all);
	return c;
}

struct console *console_adopt(struct xs_handle *xs, uint16_t domid)
{
	struct console *c = console_find(domid);
	uint64_t mfn = 0, remote_port = 0;
	char type[32];
	bool fed;

	if (c && !c->dead)
		return c;
	read_home(xs, domid, "console/type", type, sizeof(type));
	fed = !strcmp(type, DOMSTORE_CONSOLE_DEVMODEL);
	if (domid == 0 || (!fed && (!read_number(xs, domid, "console/ring-ref", &mfn) ||
				    !read_number(xs, domid, "console/port", &remote_port))) ||
	    peer_state(domid) == PEER_GONE)
		return c;
	/* A domain's id was given anew: its predecessor's console goes, unless somebody reads it. */
	if (c && !c->viewers)
		console_free(c);
	c = console_new(xs, domid);
	if (c)
		c->fed = fed;
	if (c && !fed)
		console_attach(c, mfn, (uint32_t)remote_port);
	else if (!c)
		say("domain %u: out of memory", domid);
	return c;
}

void console_scan(struct xs_handle *xs)
{
	unsigned int nr;
	char **ids = xs_directory(xs, XBT_NULL, "/local/domain", &nr);

	if (!ids)
		return;
	for (unsigned int i = 0; i < nr; i++) {
		unsigned long domid = strtoul(ids[i], NULL, 10);

		if (domid && domid < DOMID_FIRST_RESERVED)
			console_adopt(xs, (uint16_t)domid);
	}
	free(ids);
}

void console_event(uint32_t port)
{
	list_for_each(c, &consoles, struct console, of_all) {
		if (c->ring && c->port == port) {
			c->ready = true;
			return;
		}
	}
}

bool console_serve(struct console *c, int fd)
{
	if (!c->fed || c->dead)
		return false;
	if (c->feed >= 0)
		close(c->feed);
	c->feed = fd;
	c->ready = true;
	return true;
}

/* At the end of its allowance it is looked at again by time. */
short console_events(const struct console *c)
{
	return (short)((c->allowance ? POLLIN : 0) | (c->input_len ? POLLOUT : 0));
}

/* False when the connection has ended. */
static bool console_read_feed(struct console *c, size_t limit, size_t *total)
{
	char buf[CHUNK];
	ssize_t n = 1;

	*total = 0;
	while (*total < limit && n > 0) {
		size_t want = limit - *total < sizeof(buf) ? limit - *total : sizeof(buf);

		n = read(c->feed, buf, want);
		if (n > 0) {
			console_output(c, buf, (size_t)n);
			*total += (size_t)n;
		}
	}
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return true;
	console_detach(c);
	if (peer_state(c->domid) == PEER_ALIVE)
		console_note(c, "the connection to this domain's device model has ended");
	return false;
}

/* Reads up to limit bytes; false when the ring makes no sense and was given up. */
static bool console_read(struct console *c, size_t limit, size_t *total)
{
	char buf[CHUNK];

	if (c->feed >= 0)
		return console_read_feed(c, limit, total);

	*total = 0;
	while (*total < limit) {
		size_t want = limit - *total < sizeof(buf) ? limit - *total : sizeof(buf);
		long n = conring_read(c->ring, buf, want);

		if (n < 0) {
			console_note(c, "the domain wrote impossible indices into its console ring; "
				     "it is not served any more");
			console_detach(c);
			return false;
		}
		if (n == 0)
			break;
		console_output(c, buf, (size_t)n);
		*total += (size_t)n;
	}
	return true;
}

static bool console_write(struct console *c, size_t *written)
{
	long n;

	*written = 0;
	if (c->ring)
		n = conring_write(c->ring, c->input, c->input_len);
	else
		n = c->input_len ? write(c->feed, c->input, c->input_len) : 0;
	/* A feed that takes nothing now is asked again when it does; one that has ended shows when it is read. */
	if (n < 0 && !c->ring)
		n = 0;
	if (n < 0)
		return false;
	*written = (size_t)n;
	memmove(c->input, c->input + n, c->input_len - (size_t)n);
	c->input_len -= (size_t)n;
	return true;
}

int console_run(struct console *c, uint64_t now_ms)
{
	size_t got, put;

	c->ready = false;
	if (!c->ring && c->feed < 0)
		return -1;
	c->allowance += (now_ms - c->refilled) * (CONSOLE_RATE / 1000);
	c->refilled = now_ms;
	if (c->allowance > CONSOLE_BURST)
		c->allowance = CONSOLE_BURST;
	/* What is in the ring now, and no more: another domain may want to be heard. */
	if (!console_read(c, c->allowance < CHUNK ? c->allowance : CHUNK, &got))
		return -1;
	c->allowance -= got;
	if (!console_write(c, &put))
		c->input_len = 0;
	if (c->ring && (got || put))
		peer_notify(c->port);
	if (c->allowance == 0) {
		c->ready = true;
		return 50;
	}
	c->ready = got == CHUNK;
	return c->ready ? 0 : -1;
}

size_t console_type(struct console *c, const char *data, size_t len)
{
	size_t room = sizeof(c->input) - c->input_len;

	if (!c->ring && c->feed < 0)
		return len;	/* nobody will ever take it */
	if (len > room)
		len = room;
	memcpy(c->input + c->input_len, data, len);
	c->input_len += len;
	c->ready = true;
	return len;
}

static void console_end(struct console *c)
{
	size_t got;

	/* The page is still there while we have it mapped, and its last words with it. */
	if ((c->ring || c->feed >= 0) && console_read(c, BACKLOG_MAX, &got))
		console_detach(c);
	c->dead = true;
	c->ready = false;
	logfile_note(&c->log, "the domain is gone");
	logfile_close(&c->log);
}

void console_check_all(void)
{
	list_for_each_safe(c, &consoles, struct console, of_all) {
		if (c->dead)
			continue;
		c->ready = true;
		if (peer_state(c->domid) == PEER_GONE)
			console_end(c);
	}
	console_drop_oldest_dead();
}
