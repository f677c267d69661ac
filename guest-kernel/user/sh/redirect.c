/* SPDX-License-Identifier: MIT */
/* Redirections. What a descriptor was is kept above 10, closed on exec, until it is restored. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"

static void save(int fd, struct saved_fd **saved)
{
	struct saved_fd *s = sh_malloc(sizeof(*s));

	s->fd = fd;
	s->copy = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	s->next = *saved;
	*saved = s;
}

void redirect_restore(struct saved_fd *saved)
{
	fflush(stdout);
	while (saved) {
		struct saved_fd *next = saved->next;

		if (saved->copy >= 0) {
			dup2(saved->copy, saved->fd);
			close(saved->copy);
		} else {
			close(saved->fd);
		}
		free(saved);
		saved = next;
	}
}

/* A pipe holds a short document; a longer one is written by a child. */
static int open_here(const char *text)
{
	size_t n = strlen(text);
	int fds[2];
	pid_t pid;

	if (pipe(fds) < 0)
		return -1;
	if (n <= 4096) {
		if (write(fds[1], text, n) < (ssize_t)n)
			sh_error("here-document: %s", strerror(errno));
	} else {
		pid = sh_fork();
		if (pid == 0) {
			close(fds[0]);
			signal(SIGPIPE, SIG_DFL);
			while (n) {
				ssize_t done = write(fds[1], text, n);

				if (done <= 0)
					break;
				text += done;
				n -= (size_t)done;
			}
			_exit(0);
		}
	}
	close(fds[1]);
	return fds[0];
}

static int open_target(enum redirect_op op, const char *target)
{
	switch (op) {
	case RD_IN:
		return open(target, O_RDONLY);
	case RD_OUT:
		return open(target, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	case RD_APPEND:
		return open(target, O_WRONLY | O_CREAT | O_APPEND, 0666);
	case RD_RDWR:
		return open(target, O_RDWR | O_CREAT, 0666);
	default:
		return open_here(target);
	}
}

static bool duplicate(int fd, const char *target)
{
	char *end;
	long from;

	if (!strcmp(target, "-")) {
		close(fd);
		return true;
	}
	from = strtol(target, &end, 10);
	if (*end || end == target) {
		sh_error("%s: bad file descriptor", target);
		return false;
	}
	if (from == fd)
		return true;
	if (dup2((int)from, fd) < 0) {
		sh_error("%s: %s", target, strerror(errno));
		return false;
	}
	return true;
}

/* With saved == NULL they are there to stay. On failure what was done is undone by the caller. */
bool redirect_apply(const struct redirect *r, struct saved_fd **saved)
{
	fflush(stdout);
	for (; r; r = r->next) {
		char *target = expand_string(r->target);
		int fd;

		if (sh.unwind != UNWIND_NONE)
			return false;
		if (saved)
			save(r->fd, saved);
		if (r->op == RD_DUP) {
			if (!duplicate(r->fd, target))
				return false;
			continue;
		}
		fd = open_target(r->op, target);
		if (fd < 0) {
			sh_error("cannot %s %s: %s", r->op == RD_IN ? "open" : "create", target,
				 strerror(errno));
			return false;
		}
		if (fd != r->fd) {
			dup2(fd, r->fd);
			close(fd);
		}
	}
	return true;
}
