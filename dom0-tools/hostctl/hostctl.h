/* SPDX-License-Identifier: MIT */
/*
 * hostctl.h: what the parts of the host's ./pvctl share.
 */
#ifndef DOM0_TOOLS_HOSTCTL_HOSTCTL_H
#define DOM0_TOOLS_HOSTCTL_HOSTCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto.h"

enum { STATUS_FAILURE = 1, STATUS_USAGE = 2 };

/* A file of this machine that an argument names. */
struct attachment {
	size_t arg;    /* which argument */
	size_t prefix; /* how much of it stands before the path, as in --defconfig=PATH */
	uint8_t *data;
	size_t len;
};

struct request {
	const char *host;
	const char *top;      /* the repository */
	char **args;
	size_t arg_count;
	bool any_program;     /* args[0] is a program, not a verb of pvctl */
	bool interactive;     /* the command wants the keyboard, key by key */
	bool sends_stdin;
	struct attachment files[PROTO_FILES];
	size_t file_count;
	size_t out_arg;       /* the argument that names a file to write here, or 0 */
};

/* Print "pvctl: ..." and exit with STATUS_FAILURE, the terminal as it was. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);
long now_ms(void);
void send_all(int fd, const void *data, size_t len);
void send_frame(int fd, enum frame_type type, const void *data, uint32_t len);

/* Find out what the verb needs from this machine, and read the files that it names. */
void request_prepare(struct request *r);
void request_send(const struct request *r, int port);

/* Carry streams and signals until the command ends; returns its exit status. */
int carry(int port, const struct request *r);
void terminal_restore(void);

#endif /* DOM0_TOOLS_HOSTCTL_HOSTCTL_H */
