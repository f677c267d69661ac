/* SPDX-License-Identifier: MIT */
/*
 * A domain's entries in XenStore, with the paths and permissions that guests and daemons know:
 * /local/domain/ID (name, memory/, cpu/, console/, store/, control/) and /vm/UUID.
 */
#ifndef DOM0_TOOLS_LIB_DOMSTORE_H
#define DOM0_TOOLS_LIB_DOMSTORE_H

#include "abi.h"
#include "err.h"
#include "xs.h"

/* console/type of a domain whose console is a device model's serial line: consoled waits for that. */
#define DOMSTORE_CONSOLE_DEVMODEL "devmodel"

struct domstore_new {
	domid_t dom;
	const char *name;
	const uint8_t *uuid;
	const char *kernel, *ramdisk, *cmdline;
	uint64_t memory_kb, maxmem_kb;
	unsigned int vcpus, maxvcpus;
	xen_pfn_t store_mfn, console_mfn;	/* console_mfn 0: a device model has its console */
	evtchn_port_t store_port, console_port;
};

/* The connection; a message that names xenstored when there is none. */
struct xs_handle *domstore_open(struct err *e);

/* Write all entries in one transaction, then introduce the domain. On failure nothing stays. */
int domstore_create(struct xs_handle *xs, const struct domstore_new *n, struct err *e);
/* Remove all entries. A domain that has none is no failure. */
void domstore_remove(struct xs_handle *xs, domid_t dom);

/* Value at /local/domain/@dom/@path, malloc'ed; NULL when there is none. */
char *domstore_read(struct xs_handle *xs, domid_t dom, const char *path);
int domstore_write(struct xs_handle *xs, domid_t dom, const char *path, const char *val,
		   struct err *e);

/* The domain's name, malloc'ed; "Domain-0" for 0 and NULL when it has none. */
char *domstore_name(struct xs_handle *xs, domid_t dom);

#endif
