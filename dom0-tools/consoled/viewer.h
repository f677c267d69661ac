/* SPDX-License-Identifier: MIT */
/*
 * Those who look at consoles, over a socket. A viewer sends one line:
 *
 *	attach DOMAIN	what is kept, then everything live, both ways
 *	log DOMAIN	what is kept, and the end
 *	list		a line for each console: id, state, bytes printed, name
 *	serve ID	from a device model: this connection is the domain's console from now on
 *
 * DOMAIN is an id or a name. What does not work is answered with a line "consoled: …" and the end.
 * Several viewers may be attached to one console; all see everything, all may type. A viewer that
 * does not keep up loses the middle, and is told so.
 */
#ifndef CONSOLED_VIEWER_H
#define CONSOLED_VIEWER_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/list.h"
#include "console.h"

#define VIEWER_LINE 128

struct viewer {
	struct list of_all;
	int fd;
	struct console *serves;		/* it has become this console's feed */
	struct console *console;	/* NULL until its line is there */
	uint64_t at;			/* position in the console's stream */
	bool until_end;			/* "log": stop at `end` */
	uint64_t end;
	char *text;			/* our own words, before anything else */
	size_t text_len, text_at;
	char line[VIEWER_LINE];
	size_t line_len;
	bool eof;			/* will send no more */
	bool dead;
};

extern struct list viewers;

void viewer_init(void);
int viewer_listen(const char *path);
void viewer_accept(int listener);

/* What to poll for. */
short viewer_events(const struct viewer *v);

/* Reads what is sent. xs may be NULL. */
void viewer_run(struct viewer *v, struct xs_handle *xs);

/* Writes what there is, and ends the viewer when that was all. */
void viewer_flush(struct viewer *v);
void viewer_reap(void);

#endif
