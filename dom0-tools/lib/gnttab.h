/* SPDX-License-Identifier: MIT */
/* Mapping pages that other domains granted, through /dev/xen/gntdev with Linux's ioctls. */
#ifndef DOM0_TOOLS_LIB_GNTTAB_H
#define DOM0_TOOLS_LIB_GNTTAB_H

#include <stdint.h>

/* -1 with errno when there is none. */
int gnttab_open(void);

/*
 * Maps the page behind one grant reference of domain domid; NULL with errno. gnttab_unmap() takes what
 * this returned.
 */
void *gnttab_map(int fd, uint32_t domid, uint32_t ref, int writable);
void gnttab_unmap(int fd, void *page);

#endif
