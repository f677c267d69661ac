/* SPDX-License-Identifier: MIT */
/* The daemon's log. */
#ifndef CONSOLED_MAIN_H
#define CONSOLED_MAIN_H

__attribute__((format(printf, 1, 2))) void say(const char *fmt, ...);

#endif
