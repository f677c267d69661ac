/* SPDX-License-Identifier: MIT */
/* Terminals: line editing, signals from the keyboard, job control. */
#ifndef GUEST_KERNEL_KERNEL_TTY_H
#define GUEST_KERNEL_KERNEL_TTY_H

#include "vfs.h"

#define TTY_INPUT 2048u

struct tty {
	struct spinlock lock;
	struct waitq wait;	/* input arrived, room for output, hang-up */
	struct linux_termios termios;
	struct linux_winsize winsize;
	/* Sends bytes out; returns how many it took. Called with the lock held. */
	size_t (*output)(struct tty *t, const char *buf, size_t n);
	/* Input ring; counts up. Bytes up to `ready` can be read, the rest is a line being edited. */
	u16 input[TTY_INPUT];
	u32 head, ready, tail;
	u32 column;
	struct session *session;	/* whose controlling terminal this is; proc_lock */
	int foreground;			/* process group */
	bool hung_up;
	int opens;
	char name[16];
	void *priv;
};

void tty_init(struct tty *t, const char *name, size_t (*output)(struct tty *, const char *, size_t));
/* Bytes from the keyboard or the master side; any context. */
void tty_input(struct tty *t, const char *buf, size_t n);
void tty_hangup(struct tty *t);
void tty_session_ends(struct session *s);
ssize_t tty_read(struct tty *t, struct file *f, struct iobuf *io);
ssize_t tty_write(struct tty *t, struct file *f, struct iobuf *io);
unsigned tty_poll(struct tty *t, struct polltable *pt);
long tty_ioctl(struct tty *t, unsigned cmd, u64 arg);
/* The terminal behind a file, or NULL. */
struct tty *tty_of(struct file *f);
/* An opened terminal becomes the controlling one of a session leader without. */
void tty_opened(struct tty *t, struct file *f);
extern struct tty console_tty;
extern const struct file_ops tty_file_ops;
void console_init(void);
void pty_init(void);

#endif
