/* SPDX-License-Identifier: MIT */
/*
 * XenStore's wire protocol: a header, then len bytes of payload; strings in it end with NUL
 * unless they are last. Replies carry the request's req_id and type, or XS_ERROR with an error's
 * name. Watch events come unasked, with req_id 0. A domain speaks over the ring below, user
 * programs over a device or a socket.
 */
#ifndef PV_ABI_IO_XS_WIRE_H
#define PV_ABI_IO_XS_WIRE_H

#include "../xen-compat.h"

enum xsd_sockmsg_type {
	XS_CONTROL,           /* command\0 args... */
#define XS_DEBUG XS_CONTROL
	XS_DIRECTORY,         /* path\0 -> names, each with NUL */
	XS_READ,              /* path\0 -> value */
	XS_GET_PERMS,         /* path\0 -> permissions, each with NUL: [nrwb]domid */
	XS_WATCH,             /* path\0 token\0 -> OK */
	XS_UNWATCH,           /* path\0 token\0 -> OK */
	XS_TRANSACTION_START, /* \0 -> id\0 */
	XS_TRANSACTION_END,   /* T\0 commit, F\0 abort; EAGAIN: start over */
	XS_INTRODUCE,         /* domid\0 mfn\0 port\0 */
	XS_RELEASE,           /* domid\0 */
	XS_GET_DOMAIN_PATH,   /* domid\0 -> path\0 */
	XS_WRITE,             /* path\0 value */
	XS_MKDIR,             /* path\0 */
	XS_RM,                /* path\0 */
	XS_SET_PERMS,         /* path\0 permission\0 ... */
	XS_WATCH_EVENT,       /* path\0 token\0, from the store */
	XS_ERROR,             /* name\0, from the store */
	XS_IS_DOMAIN_INTRODUCED, /* domid\0 -> T\0 or F\0 */
	XS_RESUME,            /* domid\0 */
	XS_SET_TARGET,        /* domid\0 target\0 */
	/* one number is taken by a type that was withdrawn */
	XS_RESET_WATCHES = XS_SET_TARGET + 2, /* \0: drops watches and transactions */
	XS_DIRECTORY_PART,    /* path\0 offset\0 -> generation\0 names... */

	XS_TYPE_COUNT,        /* one past the last */

	XS_INVALID = 0xffff   /* never sent */
};

#define XS_WRITE_NONE        "NONE"
#define XS_WRITE_CREATE      "CREATE"
#define XS_WRITE_CREATE_EXCL "CREATE|EXCL"

struct xsd_errors {
	int errnum;
	const char *errstring;
};

/* Errors by name, as XS_ERROR carries them; for those who have included errno.h. */
#ifdef EINVAL
#define XSD_ERROR(x) { x, #x }
static const struct xsd_errors xsd_errors[]
#if defined(__GNUC__)
__attribute__((unused))
#endif
= {
	XSD_ERROR(EINVAL),
	XSD_ERROR(EACCES),
	XSD_ERROR(EEXIST),
	XSD_ERROR(EISDIR),
	XSD_ERROR(ENOENT),
	XSD_ERROR(ENOMEM),
	XSD_ERROR(ENOSPC),
	XSD_ERROR(EIO),
	XSD_ERROR(ENOTEMPTY),
	XSD_ERROR(ENOSYS),
	XSD_ERROR(EROFS),
	XSD_ERROR(EBUSY),
	XSD_ERROR(EAGAIN),
	XSD_ERROR(EISCONN),
	XSD_ERROR(E2BIG),
	XSD_ERROR(EPERM),
};
#endif

struct xsd_sockmsg {
	uint32_t type;   /* XS_* */
	uint32_t req_id; /* echoed */
	uint32_t tx_id;  /* transaction, 0 none */
	uint32_t len;    /* of what follows, at most XENSTORE_PAYLOAD_MAX */
};
PV_ABI_SIZE(struct xsd_sockmsg, 16);

/* Parts of a watch event. */
enum xs_watch_type {
	XS_WATCH_PATH = 0,
	XS_WATCH_TOKEN
};

#define XENSTORE_RING_SIZE 1024
typedef uint32_t XENSTORE_RING_IDX;
#define MASK_XENSTORE_IDX(idx) ((idx) & (XENSTORE_RING_SIZE - 1))

struct xenstore_domain_interface {
	char req[XENSTORE_RING_SIZE]; /* to the store */
	char rsp[XENSTORE_RING_SIZE]; /* replies and watch events */
	XENSTORE_RING_IDX req_cons, req_prod;
	XENSTORE_RING_IDX rsp_cons, rsp_prod;
	uint32_t server_features;     /* XENSTORE_SERVER_FEATURE_* */
	uint32_t connection;          /* XENSTORE_RECONNECT: the domain asks for a fresh start */
	uint32_t error;               /* XENSTORE_ERROR_* */
};
PV_ABI_SIZE(struct xenstore_domain_interface, 2076);
PV_ABI_OFFSET(struct xenstore_domain_interface, req_cons, 2048);
PV_ABI_OFFSET(struct xenstore_domain_interface, server_features, 2064);

#define XENSTORE_PAYLOAD_MAX  4096
#define XENSTORE_ABS_PATH_MAX 3072 /* without NUL */
#define XENSTORE_REL_PATH_MAX 2048

#define XENSTORE_SERVER_FEATURE_RECONNECTION 1
#define XENSTORE_SERVER_FEATURE_ERROR        2

#define XENSTORE_CONNECTED 0
#define XENSTORE_RECONNECT 1

#define XENSTORE_ERROR_NONE    0
#define XENSTORE_ERROR_COMM    1 /* the other side is gone */
#define XENSTORE_ERROR_RINGIDX 2 /* impossible index */
#define XENSTORE_ERROR_PROTO   3 /* message too long, or the like */

#endif /* PV_ABI_IO_XS_WIRE_H */
