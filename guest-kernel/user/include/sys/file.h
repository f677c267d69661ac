/* SPDX-License-Identifier: MIT */
/* Whole-file locks. */
#ifndef USER_SYS_FILE_H
#define USER_SYS_FILE_H

#include <sys/fcntl.h>

#define LOCK_SH 1
#define LOCK_EX 2
#define LOCK_NB 4
#define LOCK_UN 8

int flock(int fd, int operation);

#endif
