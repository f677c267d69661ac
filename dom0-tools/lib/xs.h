/* SPDX-License-Identifier: MIT */
/*
 * The client's side of the store, with the names that libxenstore's users know.
 *
 * It talks to the daemon's socket at /run/xenstored/socket or below /var/run, and where there is none
 * to the kernel's /dev/xen/xenbus or /proc/xen/xenbus: so it works in the control domain and in any
 * other. $XENSTORED_PATH, a socket or a device, goes before all. One handle belongs to one thread.
 *
 * Functions that return a pointer return NULL, those that return bool false, with errno set.
 * What they return is the caller's to free() unless it says otherwise.
 */
#ifndef DOM0_TOOLS_LIB_XS_H
#define DOM0_TOOLS_LIB_XS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pv-abi/io/xs_wire.h>

struct xs_handle;

typedef uint32_t xs_transaction_t;
#define XBT_NULL ((xs_transaction_t)0)

enum xs_perm_type {
	XS_PERM_NONE  = 0,
	XS_PERM_READ  = 1,
	XS_PERM_WRITE = 2,
};

/* The first of a list names the owner, and what everybody not listed may do. */
struct xs_permissions {
	unsigned int id;
	enum xs_perm_type perms;
};

/* Flags are accepted for compatibility and mean nothing. */
struct xs_handle *xs_open(unsigned long flags);
void xs_close(struct xs_handle *h);

/* Children's names in one block: one free() for all. */
char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num);

/* The value, with a nul behind that *len (may be NULL) does not count. */
void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len);
bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
	      unsigned int len);
/* A formatted value. */
__attribute__((format(printf, 4, 5)))
bool xs_printf(struct xs_handle *h, xs_transaction_t t, const char *path, const char *fmt, ...);

/*
 * The same without waiting for the answer: many of these cost as much time as one. What went wrong is
 * known at xs_flush() or xs_transaction_end() (which then aborts): both fail with the first error.
 */
bool xs_write_later(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
		    unsigned int len);
bool xs_set_permissions_later(struct xs_handle *h, xs_transaction_t t, const char *path,
			      struct xs_permissions *perms, unsigned int num_perms);
bool xs_flush(struct xs_handle *h);

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path);
bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path);

struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t,
					  const char *path, unsigned int *num);
bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
			struct xs_permissions *perms, unsigned int num_perms);

/*
 * Watches. Events are pairs of strings: vec[XS_WATCH_PATH], vec[XS_WATCH_TOKEN]; one free() for both.
 * xs_read_watch() waits for one, xs_check_watch() gives NULL with EAGAIN when there is none.
 *
 * Events may also arrive, and be kept, while a function above waits for its answer: before polling
 * xs_fileno(), call xs_check_watch() until it gives NULL.
 */
bool xs_watch(struct xs_handle *h, const char *path, const char *token);
bool xs_unwatch(struct xs_handle *h, const char *path, const char *token);
char **xs_read_watch(struct xs_handle *h, unsigned int *num);
char **xs_check_watch(struct xs_handle *h);
int xs_fileno(struct xs_handle *h);

/* XBT_NULL on failure. Ending with EAGAIN: begin again. */
xs_transaction_t xs_transaction_start(struct xs_handle *h);
bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort);

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid, unsigned long mfn,
			 unsigned int eventchn);
bool xs_release_domain(struct xs_handle *h, unsigned int domid);
bool xs_resume_domain(struct xs_handle *h, unsigned int domid);
bool xs_set_target(struct xs_handle *h, unsigned int domid, unsigned int target);
char *xs_get_domain_path(struct xs_handle *h, unsigned int domid);
bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid);

/* A command to the daemon itself, of argc words; its answer. */
char *xs_control_command(struct xs_handle *h, const char *const argv[], unsigned int argc);

#endif
