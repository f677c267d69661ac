/* SPDX-License-Identifier: MIT */
/* The PV drivers among themselves. */
#ifndef GUEST_KERNEL_DRIVERS_XEN_XEN_H
#define GUEST_KERNEL_DRIVERS_XEN_XEN_H

#include "../../platform/pv/pv.h"
#include "../../kernel/lib.h"
#include "../../kernel/mm.h"
#include "../../kernel/task.h"
#include "../../kernel/vfs.h"

#define XEN_MAJOR 10	/* devices of /dev/xen: misc, like Linux's */

/* Linux's _IOC(_IOC_NONE, type, nr, size), without the size. */
#define IOC_KEY(cmd) ((cmd) & 0xffff)
#define KEY(type, nr) (((type) << 8) | (nr))

void privcmd_init(void);
void evtchn_dev_init(void);
void gntdev_init(void);
void xenbus_init(void);
void xenbus_dev_init(void);
void xenctl_init(void);
/* balloon.c: gives memory back to the hypervisor, or takes it again, until memory/target is met. */
void balloon_follow_target(void);

/*
 * xenbus.c: requests to the store. Body is `len` bytes; the reply (NUL added) is kmalloc'ed into *reply
 * if that is not NULL. Returns its length, or a negative errno: what the store said, or -ENODEV while
 * there is no store, or -EINTR when the task is being killed. Sleeps.
 */
ssize_t xenbus_request(u32 type, u32 tx_id, const void *body, size_t len, char **reply);
/* The same without looking into the reply: its type too. For /dev/xen/xenbus. */
ssize_t xenbus_exchange(u32 type, u32 tx_id, const void *body, size_t len, char **reply, u32 *reply_type);
/* Sends a request whose answer nobody wants; does not wait. */
void xenbus_post(u32 type, u32 tx_id, const void *body, size_t len);
char *xenbus_read(const char *path);		/* kmalloc'ed, or NULL */
int xenbus_write(const char *path, const char *value);
/* fn runs in the xenbus thread, on a kmalloc'ed event it must not keep; it must not make requests. */
struct xenbus_watch {
	struct list link;
	char token[24];
	void (*fn)(struct xenbus_watch *w, const char *path, const char *token);
	void *arg;
};
int xenbus_watch(struct xenbus_watch *w, const char *path);
/* Watches whose tokens begin with w->token followed by a colon are w's. */
void xenbus_add_listener(struct xenbus_watch *w);
void xenbus_remove_listener(struct xenbus_watch *w);
bool xenbus_connected(void);
/* Control domain: the ring and port that the local xenstored serves. */
extern struct xenstore_domain_interface *xenbus_ring;
extern evtchn_port_t xenbus_port;
void xenbus_server_arrived(void);

#endif
