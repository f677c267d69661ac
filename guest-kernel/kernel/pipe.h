/* SPDX-License-Identifier: MIT */
/* The byte stream below pipes, FIFOs and AF_UNIX sockets. */
#ifndef GUEST_KERNEL_KERNEL_PIPE_H
#define GUEST_KERNEL_KERNEL_PIPE_H

#include "vfs.h"

#define PIPE_SIZE 16384u
#define PIPE_ATOMIC 4096u

struct pipe {
	struct spinlock lock;
	struct waitq wait;
	struct mutex read_lock, write_lock;
	u8 *buf;
	u32 head, tail;		/* count up; modulo PIPE_SIZE */
	int readers, writers;
	int opened;
};

struct pipe *pipe_create(void);
void pipe_destroy(struct pipe *p);
/* Bytes moved, 0 at the end of the stream, -EAGAIN, -EINTR, -EPIPE (with SIGPIPE). */
ssize_t pipe_read(struct pipe *p, struct iobuf *io, bool nonblock);
ssize_t pipe_write(struct pipe *p, struct iobuf *io, bool nonblock);
unsigned pipe_poll(struct pipe *p, struct polltable *pt, bool reading, bool writing);

#endif
