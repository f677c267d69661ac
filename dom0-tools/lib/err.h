/* SPDX-License-Identifier: MIT */
/*
 * One failure, one message.
 *
 * A function of the library that can fail takes a struct err, fills it where the failure is
 * detected (the place that knows the field, the value and what is allowed) and returns -1. Callers
 * add context in front with err_wrap() and never print; the program prints once.
 */
#ifndef DOM0_TOOLS_LIB_ERR_H
#define DOM0_TOOLS_LIB_ERR_H

struct err {
	char text[1024];
	int code;		/* positive errno of the failure, 0 when it has none */
};

#define ERR_INIT { "", 0 }

/* Record a failure. The first one recorded stays. Always returns -1. */
int err_set(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same with ": <text of errno @code>" behind it. Always returns -1. */
int err_sys(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Put "context: " in front of a recorded failure. Always returns -1. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
