/* SPDX-License-Identifier: MIT */
/* newlib's feature tests, with the options that this system has. */
#ifndef USER_SYS_FEATURES_H
#define USER_SYS_FEATURES_H

#include_next <sys/features.h>

#define _READ_WRITE_RETURN_TYPE _ssize_t

#define _POSIX_TIMERS 1
#define _POSIX_MONOTONIC_CLOCK 200112L
#define _POSIX_CLOCK_SELECTION 200112L
#define _POSIX_CPUTIME 1
#define _POSIX_THREAD_CPUTIME 1

#endif
