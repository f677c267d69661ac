/* SPDX-License-Identifier: MIT */
/*
 * A console's log on disk: NAME.log and, when that is full, its predecessor NAME.log.1. Together they
 * take at most twice the limit. A disk that is full costs log lines and nothing else.
 */
#ifndef CONSOLED_LOGFILE_H
#define CONSOLED_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct logfile {
	int fd;
	size_t size, limit;
	bool line_start;
	char path[256];
};

/* Opens dir/NAME.log for a domain's console, with a line that says whose. name may be any text. */
void logfile_open(struct logfile *l, const char *dir, const char *name, uint16_t domid,
		  size_t limit);
void logfile_append(struct logfile *l, const char *data, size_t len);

/* A line of our own. */
void logfile_note(struct logfile *l, const char *text);
void logfile_close(struct logfile *l);

#endif
