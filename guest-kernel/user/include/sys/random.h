/* SPDX-License-Identifier: MIT */
/* Random bytes from the kernel. */
#ifndef USER_SYS_RANDOM_H
#define USER_SYS_RANDOM_H

#include <sys/types.h>

ssize_t getrandom(void *buffer, size_t length, unsigned int flags);

#endif
