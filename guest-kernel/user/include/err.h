/* SPDX-License-Identifier: MIT */
/* Messages with the program's name and the error's text. */
#ifndef USER_ERR_H
#define USER_ERR_H

#include <stdarg.h>

void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));
void vwarn(const char *format, va_list args);
void vwarnx(const char *format, va_list args);
void err(int status, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
void errx(int status, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

#endif
