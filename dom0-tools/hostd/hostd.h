/* SPDX-License-Identifier: MIT */
/*
 * hostd.h: what the parts of hostd share.
 */
#ifndef DOM0_TOOLS_HOSTD_HOSTD_H
#define DOM0_TOOLS_HOSTD_HOSTD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../hostctl/proto.h"

struct hostd_config {
	const char *run_dir; /* where files from the host are put */
	const char *path;    /* where programs are looked for, as in $PATH */
};

/* A queue of bytes between two descriptors. */
struct buffer {
	uint8_t *data;
	size_t start, len, size;
};

/* Append, growing. Ends the process when there is no memory: the command's peer sees the port close. */
void buffer_put(struct buffer *b, const void *data, size_t len);
/* Drop len bytes from the front. */
void buffer_take(struct buffer *b, size_t len);
void buffer_free(struct buffer *b);

/* What to run, from a START frame. */
struct command {
	char **argv; /* NULL-terminated */
	char **envp;
	size_t argc, envc;
	const char *cwd;
	uint16_t rows, cols;
	unsigned int tty_flags;
};

/* The command's process and our ends of its descriptors; -1 where there is none. */
struct child {
	pid_t pid;
	int in, out, err;
	bool on_tty;
};

/*
 * Start a command. Returns 0, or -1 with the reason in error. in, out and err are non-blocking.
 */
int child_start(struct child *child, const struct command *cmd, const char *path, char *error, size_t size);
/* A signal for the command and what it started. */
void child_signal(const struct child *child, int signo);
void child_resize(const struct child *child, uint16_t rows, uint16_t cols);

/* Serve one port until it cannot be opened or read any more. Returns an exit status. */
int session_serve(const struct hostd_config *config, const char *port, unsigned int number);

#endif /* DOM0_TOOLS_HOSTD_HOSTD_H */
