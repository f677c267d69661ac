/* SPDX-License-Identifier: MIT */
/*
 * A domain's console page: two byte rings that the domain may fill with anything at any time. Indices
 * are read once and checked, data are copied out. [Xen public/io/console.h]
 */
#ifndef CONSOLED_CONRING_H
#define CONSOLED_CONRING_H

#include <stddef.h>

#include <pv-abi/io/console.h>

/* Bytes the domain printed, or room for what is typed; -1: impossible indices. */
long conring_read(struct xencons_interface *ring, char *data, size_t len);
long conring_write(struct xencons_interface *ring, const char *data, size_t len);

#endif
