/* SPDX-License-Identifier: MIT */
/*
 * The shell's own commands, each a function builtin_NAME. builtins.def lists them; prototypes and table
 * come from it. They are in builtin_flow.c, builtin_process.c, builtin_var.c, builtin_param.c and trap.c,
 * those about commands in builtin.c.
 */
#ifndef USER_SH_BUILTIN_H
#define USER_SH_BUILTIN_H

#include "sh.h"

#define BUILTIN(name, fn, special, usage, help) int fn(int argc, char **argv);
#include "builtins.def"
#undef BUILTIN

int builtin_usage(const char *text);	/* tells of it; returns 2 */

#endif
