/* SPDX-License-Identifier: MIT */
/* Pseudo terminals. */
#ifndef USER_PTY_H
#define USER_PTY_H

#include <termios.h>
#include <sys/ioctl.h>

int openpty(int *master, int *slave, char *name, const struct termios *t, const struct winsize *w);
pid_t forkpty(int *master, char *name, const struct termios *t, const struct winsize *w);
int login_tty(int fd);

#endif
