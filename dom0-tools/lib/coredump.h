/* SPDX-License-Identifier: MIT */
/* Writing a domain's memory and registers as an ELF core file, in xl's format. */
#ifndef DOM0_TOOLS_LIB_COREDUMP_H
#define DOM0_TOOLS_LIB_COREDUMP_H

#include "hcall.h"

/*
 * Write the core of a domain that is paused or has shut down to @path. On failure, a full disk
 * included, the file is removed.
 */
int coredump_write(struct hcall *h, domid_t dom, const char *path, struct err *e);

#endif
