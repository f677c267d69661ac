/* SPDX-License-Identifier: MIT */
/* Only login_tty(): there are no accounting files. */
#ifndef USER_UTMP_H
#define USER_UTMP_H

#include <pty.h>

#endif
