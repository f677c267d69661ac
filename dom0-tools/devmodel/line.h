/* SPDX-License-Identifier: MIT */
/*
 * The serial line's other end: a connection to consoled, which keeps what comes and shows it. Bytes are collected and sent
 * in pieces: on a pause, or when there are many. While consoled is not there they are lost, as on a line with nobody at
 * the other end, and it is looked for again every second; a consoled that does not read makes the transmitter wait.
 */
#ifndef DEVMODEL_LINE_H
#define DEVMODEL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_ROOM 4096
#define LINE_PAUSE 2000000		/* nanoseconds */

struct line {
	int fd;				/* -1: not connected */
	uint16_t domid;
	char out[LINE_ROOM];
	size_t len;
	bool full;			/* the socket took no more */
	uint64_t flush_at, retry_at;	/* NEVER: not */
};

/* Connects, or tries to again later. */
void line_open(struct line *l, uint16_t domid, uint64_t now);
/* Returns how many bytes there was room for. */
size_t line_put(struct line *l, const uint8_t *data, size_t len, uint64_t now);
void line_flush(struct line *l, uint64_t now);
/* The other end has gone: it is looked for again in a second. */
void line_lost(struct line *l, uint64_t now);
/* What was typed, up to @size bytes; 0: nothing. */
size_t line_get(struct line *l, uint8_t *data, size_t size, uint64_t now);

/* When line_run() has something to do without being polled for. */
uint64_t line_deadline(const struct line *l);
void line_run(struct line *l, uint64_t now);
/* For poll(). @room: would typed bytes be taken? */
short line_events(const struct line *l, bool room);

#endif
