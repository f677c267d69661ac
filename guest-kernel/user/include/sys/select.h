/* SPDX-License-Identifier: MIT */
/* A set as large as the number of files a process may have. */
#ifndef USER_SYS_SELECT_H
#define USER_SYS_SELECT_H

#define FD_SETSIZE 1024
#include_next <sys/select.h>

#endif
