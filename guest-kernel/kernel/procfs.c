/* SPDX-License-Identifier: MIT */
#include "vfs.h"
struct fs *procfs_create(void) { return NULL; }
