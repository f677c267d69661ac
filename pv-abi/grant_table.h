/* SPDX-License-Identifier: MIT */
/*
 * Grant tables: a domain says who may use which of its frames, by writing entries in a table that
 * it shares with the hypervisor; the other domain maps or copies by reference, an index in that
 * table.
 *
 * To grant: write domid and frame, then, after a write barrier, flags. To revoke: clear flags by
 * compare-and-swap while neither GTF_reading nor GTF_writing is set (in version 2 those two are
 * in the status words, so: clear flags, barrier, look at the status).
 *
 * HYPERVISOR_grant_table_op(cmd, arg, count): arg is an array of count structures. The result
 * is 0, or a negative errno when the array as a whole was refused; each structure's own status is
 * GNTST_*. What domid and dom say is DOMID_SELF or, with privilege, another domain.
 */
#ifndef PV_ABI_GRANT_TABLE_H
#define PV_ABI_GRANT_TABLE_H

#include "xen.h"

/* The toolstack fills these two when it builds a domain; the domain's own begin behind them. */
#define GNTTAB_NR_RESERVED_ENTRIES 8
#define GNTTAB_RESERVED_CONSOLE    0
#define GNTTAB_RESERVED_XENSTORE   1

/* Flags of an entry. Bits 0-1 are its type. */
#define GTF_invalid         (0U << 0)
#define GTF_permit_access   (1U << 0) /* domid may map and copy frame */
#define GTF_accept_transfer (2U << 0) /* domid may give a frame to us */
#define GTF_transitive      (3U << 0) /* v2: stands for an entry of a third domain's; copy only */
#define GTF_type_mask       (3U << 0)

/* For permit_access. Set by the owner: readonly, caching, sub_page. By the hypervisor: in use. */
#define _GTF_readonly (2)
#define GTF_readonly (1U << _GTF_readonly)
#define _GTF_reading (3)
#define GTF_reading (1U << _GTF_reading)
#define _GTF_writing (4)
#define GTF_writing (1U << _GTF_writing)
#define _GTF_PWT (5)
#define GTF_PWT (1U << _GTF_PWT)
#define _GTF_PCD (6)
#define GTF_PCD (1U << _GTF_PCD)
#define _GTF_PAT (7)
#define GTF_PAT (1U << _GTF_PAT)
#define _GTF_sub_page (8)
#define GTF_sub_page (1U << _GTF_sub_page)

/* For accept_transfer, by the hypervisor: the frame is on its way; frame has its number. */
#define _GTF_transfer_committed (2)
#define GTF_transfer_committed (1U << _GTF_transfer_committed)
#define _GTF_transfer_completed (3)
#define GTF_transfer_completed (1U << _GTF_transfer_completed)

#define GNTTABOP_map_grant_ref     0
#define GNTTABOP_unmap_grant_ref   1
#define GNTTABOP_setup_table       2
#define GNTTABOP_dump_table        3
#define GNTTABOP_transfer          4
#define GNTTABOP_copy              5
#define GNTTABOP_query_size        6
#define GNTTABOP_unmap_and_replace 7
#define GNTTABOP_set_version       8
#define GNTTABOP_get_status_frames 9
#define GNTTABOP_get_version       10
#define GNTTABOP_swap_grant_ref    11
#define GNTTABOP_cache_flush       12

/* Which mappings map_grant_ref makes. */
#define _GNTMAP_device_map (0)      /* for devices: dev_bus_addr is valid */
#define GNTMAP_device_map (1 << _GNTMAP_device_map)
#define _GNTMAP_host_map (1)        /* in the page tables, at host_addr */
#define GNTMAP_host_map (1 << _GNTMAP_host_map)
#define _GNTMAP_readonly (2)
#define GNTMAP_readonly (1 << _GNTMAP_readonly)
#define _GNTMAP_application_map (3) /* user mode may use it, too */
#define GNTMAP_application_map (1 << _GNTMAP_application_map)
#define _GNTMAP_contains_pte (4)    /* host_addr is the machine address of the PTE to write */
#define GNTMAP_contains_pte (1 << _GNTMAP_contains_pte)
#define _GNTMAP_guest_avail0 (16)   /* available bits of the PTE */
#define GNTMAP_guest_avail_mask ((uint32_t)~0 << _GNTMAP_guest_avail0)

#define GNTST_okay              (0)
#define GNTST_general_error     (-1)
#define GNTST_bad_domain        (-2)
#define GNTST_bad_gntref        (-3)
#define GNTST_bad_handle        (-4)
#define GNTST_bad_virt_addr     (-5)
#define GNTST_bad_dev_addr      (-6)
#define GNTST_no_device_space   (-7)
#define GNTST_permission_denied (-8)
#define GNTST_bad_page          (-9)
#define GNTST_bad_copy_arg      (-10)
#define GNTST_address_too_big   (-11)
#define GNTST_eagain            (-12)
#define GNTST_no_space          (-13)

/* One text for each status, by its absolute value. */
#define GNTTABOP_error_msgs { \
	"okay", \
	"refused", \
	"no such domain", \
	"no such grant, or not for this use", \
	"no such mapping", \
	"virtual address not usable here", \
	"device address does not match", \
	"device mappings exhausted", \
	"not permitted", \
	"frame not usable", \
	"copy goes beyond a page", \
	"frame number too large for the receiver", \
	"busy, try again", \
	"no room", \
}

#define _GNTCOPY_source_gref (0)
#define GNTCOPY_source_gref (1 << _GNTCOPY_source_gref)
#define _GNTCOPY_dest_gref (1)
#define GNTCOPY_dest_gref (1 << _GNTCOPY_dest_gref)

#ifndef __ASSEMBLY__

typedef uint32_t grant_ref_t;

/* Version 1 entry. frame: by the owner for permit_access, by the hypervisor after a transfer. */
struct grant_entry_v1 {
	uint16_t flags;
	domid_t domid;
	uint32_t frame;
};
typedef struct grant_entry_v1 grant_entry_v1_t;
PV_ABI_SIZE(struct grant_entry_v1, 8);

/* Version 2 entry. Frame numbers of 64 bits, parts of pages, and grants passed on. */
struct grant_entry_header {
	uint16_t flags;
	domid_t domid;
};
typedef struct grant_entry_header grant_entry_header_t;

union grant_entry_v2 {
	grant_entry_header_t hdr;
	struct {
		grant_entry_header_t hdr;
		uint32_t pad0;
		uint64_t frame;
	} full_page;
	struct {
		grant_entry_header_t hdr;
		uint16_t page_off;
		uint16_t length;
		uint64_t frame;
	} sub_page; /* with GTF_sub_page: copy only */
	struct {
		grant_entry_header_t hdr;
		domid_t trans_domid;
		uint16_t pad0;
		grant_ref_t gref;
	} transitive; /* stands for gref of trans_domid */
	uint32_t __spacer[4];
};
typedef union grant_entry_v2 grant_entry_v2_t;
PV_ABI_SIZE(union grant_entry_v2, 16);

typedef uint16_t grant_status_t; /* GTF_reading and GTF_writing of a version 2 entry */

typedef uint32_t grant_handle_t; /* names a mapping when it is to be undone */

/* map_grant_ref: maps ref of dom. One structure may ask for a host and a device mapping. */
struct gnttab_map_grant_ref {
	uint64_t host_addr;    /* in */
	uint32_t flags;        /* in: GNTMAP_* */
	grant_ref_t ref;       /* in */
	domid_t dom;           /* in */
	int16_t status;        /* out, and all below */
	grant_handle_t handle;
	uint64_t dev_bus_addr; /* machine address */
};
typedef struct gnttab_map_grant_ref gnttab_map_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_map_grant_ref_t);
PV_ABI_SIZE(struct gnttab_map_grant_ref, 32);
PV_ABI_OFFSET(struct gnttab_map_grant_ref, handle, 20);

/* unmap_grant_ref: undoes the mappings whose address is not 0. Flushes TLBs where it must. */
struct gnttab_unmap_grant_ref {
	uint64_t host_addr;    /* in: as it was mapped */
	uint64_t dev_bus_addr; /* in */
	grant_handle_t handle; /* in */
	int16_t status;        /* out */
};
typedef struct gnttab_unmap_grant_ref gnttab_unmap_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_unmap_grant_ref_t);
PV_ABI_SIZE(struct gnttab_unmap_grant_ref, 24);

/* setup_table: makes dom's table at least nr_frames long and stores its frames. count must be 1. */
struct gnttab_setup_table {
	domid_t dom;        /* in */
	uint32_t nr_frames; /* in */
	int16_t status;     /* out */
	XEN_GUEST_HANDLE(xen_pfn_t) frame_list;
};
typedef struct gnttab_setup_table gnttab_setup_table_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_setup_table_t);
PV_ABI_SIZE(struct gnttab_setup_table, 24);

/* dump_table: prints to the hypervisor's log; not compiled in: -ENOSYS. */
struct gnttab_dump_table {
	domid_t dom;
	int16_t status;
};
typedef struct gnttab_dump_table gnttab_dump_table_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_dump_table_t);

/* transfer: gives the caller's frame away to domid, which has an accept_transfer entry ref. */
struct gnttab_transfer {
	xen_pfn_t mfn;   /* in */
	domid_t domid;   /* in */
	grant_ref_t ref; /* in */
	int16_t status;  /* out */
};
typedef struct gnttab_transfer gnttab_transfer_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_transfer_t);
PV_ABI_SIZE(struct gnttab_transfer, 24);

/* copy: len bytes, both ends within a page; each end a reference or a frame of domid's. */
struct gnttab_copy {
	struct gnttab_copy_ptr {
		union {
			grant_ref_t ref;
			xen_pfn_t gmfn;
		} u;
		domid_t domid;
		uint16_t offset;
	} source, dest;
	uint16_t len;
	uint16_t flags; /* GNTCOPY_* */
	int16_t status; /* out */
};
typedef struct gnttab_copy gnttab_copy_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_copy_t);
PV_ABI_SIZE(struct gnttab_copy, 40);

/* query_size: frames of dom's table, and how many it may get. count must be 1. */
struct gnttab_query_size {
	domid_t dom;            /* in */
	uint32_t nr_frames;     /* out, and all below */
	uint32_t max_nr_frames;
	int16_t status;
};
typedef struct gnttab_query_size gnttab_query_size_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_query_size_t);
PV_ABI_SIZE(struct gnttab_query_size, 16);

/* unmap_and_replace: moves the entry that maps new_addr to the place of the mapping. */
struct gnttab_unmap_and_replace {
	uint64_t host_addr;    /* in */
	uint64_t new_addr;     /* in */
	grant_handle_t handle; /* in */
	int16_t status;        /* out */
};
typedef struct gnttab_unmap_and_replace gnttab_unmap_and_replace_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_unmap_and_replace_t);
PV_ABI_SIZE(struct gnttab_unmap_and_replace, 24);

/* set_version: 1 or 2; -EBUSY while mappings or entries beyond the reserved ones are in use. */
struct gnttab_set_version {
	uint32_t version; /* in: wanted; out: in use */
};
typedef struct gnttab_set_version gnttab_set_version_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_set_version_t);

/* get_status_frames: version 2 only. */
struct gnttab_get_status_frames {
	uint32_t nr_frames; /* in */
	domid_t dom;        /* in */
	int16_t status;     /* out */
	XEN_GUEST_HANDLE(uint64_t) frame_list;
};
typedef struct gnttab_get_status_frames gnttab_get_status_frames_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_get_status_frames_t);
PV_ABI_SIZE(struct gnttab_get_status_frames, 16);

struct gnttab_get_version {
	domid_t dom; /* in */
	uint16_t pad;
	uint32_t version; /* out */
};
typedef struct gnttab_get_version gnttab_get_version_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_get_version_t);

/* swap_grant_ref: exchanges two entries of the caller's; neither may be in use. */
struct gnttab_swap_grant_ref {
	grant_ref_t ref_a; /* in */
	grant_ref_t ref_b; /* in */
	int16_t status;    /* out */
};
typedef struct gnttab_swap_grant_ref gnttab_swap_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_swap_grant_ref_t);

/* cache_flush: for devices that do not see the caches. */
struct gnttab_cache_flush {
	union {
		uint64_t dev_bus_addr;
		grant_ref_t ref;
	} a;
	uint16_t offset;
	uint16_t length; /* 0: nothing; within a page */
#define GNTTAB_CACHE_CLEAN       (1u << 0)
#define GNTTAB_CACHE_INVAL       (1u << 1)
#define GNTTAB_CACHE_SOURCE_GREF (1u << 31)
	uint32_t op;
};
typedef struct gnttab_cache_flush gnttab_cache_flush_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_cache_flush_t);
PV_ABI_SIZE(struct gnttab_cache_flush, 16);

#endif /* !__ASSEMBLY__ */

#endif /* PV_ABI_GRANT_TABLE_H */
