/* SPDX-License-Identifier: MIT */
/*
 * The console of one domain: its ring, what it printed, what is to be typed.
 *
 * A fully virtualized domain has no ring: its console is the serial line of its device model, which connects to our
 * socket and says "serve ID" (viewer.c). From then on that connection, the feed, carries the bytes of both directions.
 *
 * It lives on after its domain, without a ring, so that the end of a crashed domain's output can
 * still be read; a new domain with the same id, or too many dead ones, end it.
 *
 * A domain that prints without pause is not read faster than CONSOLE_RATE: its ring fills and it
 * waits, as with a serial line.
 */
#ifndef CONSOLED_CONSOLE_H
#define CONSOLED_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/list.h"
#include "../lib/xs.h"
#include "backlog.h"
#include "conring.h"
#include "logfile.h"

#define CONSOLE_RATE  (512 * 1024)	/* bytes a second, in the long run */
#define CONSOLE_BURST (64 * 1024)
#define CONSOLE_INPUT 4096		/* typed and not yet taken by the domain */
#define CONSOLE_DEAD_MAX 16

struct console {
	struct list of_all;
	uint16_t domid;
	char name[64];
	struct xencons_interface *ring;	/* NULL: the domain is gone, or broke the protocol */
	uint32_t port;
	bool fed;			/* by a device model, instead of a ring */
	int feed;			/* its connection, or -1 */
	bool dead;
	bool ready;			/* the ring should be looked at */
	uint64_t allowance, refilled;	/* bytes; milliseconds */
	struct backlog backlog;
	struct logfile log;
	char input[CONSOLE_INPUT];
	size_t input_len;
	unsigned int viewers;
};

extern struct list consoles;

/* limit: bytes of a log file, 0 for none. */
void console_init(const char *log_dir, size_t log_limit);

/* The newest console of that domain, dead or alive; NULL: there is none. */
struct console *console_find(uint16_t domid);
struct console *console_find_name(const char *name);

/* Looks for domains in the store, all of them or one, and takes over their consoles. */
void console_scan(struct xs_handle *xs);
struct console *console_adopt(struct xs_handle *xs, uint16_t domid);

/* Some domain ended: reads what is left of those that are gone and lets go of their pages. */
void console_check_all(void);

/* From now on this connection is the console's feed; false: it is not one that has a feed. */
bool console_serve(struct console *c, int fd);
/* What came with the request. */
void console_output(struct console *c, const char *data, size_t len);
/* For poll(): what the feed waits for. */
short console_events(const struct console *c);

/* An event channel fired. */
void console_event(uint32_t port);

/*
 * Moves bytes between the ring and memory. Returns the milliseconds until it may go on when it
 * stopped for the rate, otherwise -1.
 */
int console_run(struct console *c, uint64_t now_ms);

/* Types; returns how many bytes there was room for. */
size_t console_type(struct console *c, const char *data, size_t len);

#endif
