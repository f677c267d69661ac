/* SPDX-License-Identifier: MIT */
/* A console's log on disk: see logfile.h. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "logfile.h"

static void logfile_start(struct logfile *l, int flags)
{
	struct stat st;

	l->fd = open(l->path, O_WRONLY | O_CREAT | O_APPEND | flags, 0600);
	l->size = 0;
	l->line_start = true;
	if (l->fd < 0)
		return;
	fcntl(l->fd, F_SETFD, FD_CLOEXEC);
	if (fstat(l->fd, &st) == 0)
		l->size = (size_t)st.st_size;
}

/* Domain names come from elsewhere: only plain characters make it into a file name. */
static void logfile_path(struct logfile *l, const char *dir, const char *name, uint16_t domid)
{
	size_t at = (size_t)snprintf(l->path, sizeof(l->path) - 8, "%.150s/", dir);
	size_t first = at;

	for (; *name && at < sizeof(l->path) - 16; name++) {
		bool plain = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
			     (*name >= '0' && *name <= '9') || *name == '-' || *name == '_' ||
			     (*name == '.' && at > first);

		l->path[at++] = plain ? *name : '_';
	}
	if (at == first)
		at += (size_t)snprintf(l->path + at, 8, "%u", domid);
	strcpy(l->path + at, ".log");
}

void logfile_open(struct logfile *l, const char *dir, const char *name, uint16_t domid,
		  size_t limit)
{
	char line[128], when[32] = "";
	time_t now = time(NULL);
	struct tm *tm = gmtime(&now);

	l->fd = -1;
	l->limit = limit;
	if (!limit)
		return;
	logfile_path(l, dir, name, domid);
	logfile_start(l, 0);
	if (tm)
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", tm);
	snprintf(line, sizeof(line), "domain %u, %s", domid, when);
	logfile_note(l, line);
}

static void logfile_rotate(struct logfile *l)
{
	char old[sizeof(l->path) + 2];

	close(l->fd);
	snprintf(old, sizeof(old), "%s.1", l->path);
	if (rename(l->path, old))
		unlink(l->path);
	logfile_start(l, O_TRUNC);
}

void logfile_append(struct logfile *l, const char *data, size_t len)
{
	if (l->fd < 0 || !len)
		return;
	if (l->size + len > l->limit && l->size)
		logfile_rotate(l);
	if (l->fd < 0)
		return;
	l->line_start = data[len - 1] == '\n';
	l->size += len;
	/* What cannot be written is lost here; the backlog in memory still has it. */
	if (write(l->fd, data, len) < 0)
		return;
}

void logfile_note(struct logfile *l, const char *text)
{
	char line[192];

	snprintf(line, sizeof(line), "%s--- %.180s ---\n", l->line_start ? "" : "\n", text);
	logfile_append(l, line, strlen(line));
}

void logfile_close(struct logfile *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}
