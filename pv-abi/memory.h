/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_memory_op(cmd, arg): how much memory a domain has, which frames, and what it is told
 * of the machine's. For a PV guest a frame number in these calls is an MFN, except where
 * populate_physmap and the physmap operations say PFN.
 *
 * Long lists may be done in part: reservations return the number of extents that were done, which
 * is less than asked when memory or the domain's limit ran out. Another domain than DOMID_SELF
 * needs privilege (-EPERM). -ENOSYS for an unknown command.
 */
#ifndef PV_ABI_MEMORY_H
#define PV_ABI_MEMORY_H

#include "xen.h"
#include "physdev.h"

/* xen_memory_reservation: returns the number of extents done. */
#define XENMEM_increase_reservation 0  /* new frames; MFNs to extent_start unless null */
#define XENMEM_decrease_reservation 1  /* gives frames back; they must not be mapped or pinned */
#define XENMEM_populate_physmap     6  /* in: PFNs to fill; out: MFNs */

#define XENMEM_maximum_ram_page     2  /* no argument: returns the highest MFN of RAM */
#define XENMEM_current_reservation  3  /* xen_memory_domain: returns pages */
#define XENMEM_maximum_reservation  4  /* xen_memory_domain: returns pages */
#define XENMEM_machphys_mfn_list    5  /* xen_machphys_mfn_list */
#define XENMEM_add_to_physmap       7  /* xen_add_to_physmap */
#define XENMEM_memory_map           9  /* xen_memory_map: the domain's e820 */
#define XENMEM_machine_memory_map   10 /* xen_memory_map: the machine's; control domain only */
#define XENMEM_exchange             11 /* xen_memory_exchange */
#define XENMEM_machphys_mapping     12 /* xen_machphys_mapping */
#define XENMEM_set_memory_map       13 /* xen_foreign_memory_map */
#define XENMEM_maximum_gpfn         14 /* xen_memory_domain: returns the highest PFN */
#define XENMEM_remove_from_physmap  15 /* xen_remove_from_physmap */
#define XENMEM_set_pod_target       16 /* xen_pod_target; translated guests only */
#define XENMEM_get_pod_target       17
#define XENMEM_get_sharing_freed_pages  18
#define XENMEM_get_sharing_shared_pages 19
#define XENMEM_paging_op            20 /* xen_mem_paging_op; translated guests only */
#define XENMEM_access_op            21 /* xen_mem_access_op; translated guests only */
#define XENMEM_sharing_op           22 /* xen_mem_sharing_op; translated guests only */
#define XENMEM_add_to_physmap_batch 23 /* xen_add_to_physmap_batch */
/*
 * xen_memory_reservation (order 0, no list): keeps nr_extents pages aside for the domain that is
 * being built; 0 releases what is left. Privileged. -ENOMEM.
 */
#define XENMEM_claim_pages          24
#define XENMEM_machphys_compat_mfn_list 25 /* as 5, of the 32-bit table */
#define XENMEM_get_vnumainfo        26 /* xen_vnuma_topology_info; -EOPNOTSUPP without one */
#define XENMEM_reserved_device_memory_map 27
#define XENMEM_acquire_resource     28 /* xen_mem_acquire_resource */

/* Flags of a reservation: width of the addresses (0: any), NUMA node plus one, and how. */
#define XENMEMF_address_bits(x)     (x)
#define XENMEMF_get_address_bits(x) ((x) & 0xffu)
#define XENMEMF_node(x)             (((x) + 1) << 8)
#define XENMEMF_get_node(x)         ((((x) >> 8) - 1) & 0xffu)
#define XENMEMF_populate_on_demand  (1 << 16)
#define XENMEMF_exact_node_request  (1 << 17)
#define XENMEMF_exact_node(n)       (XENMEMF_node(n) | XENMEMF_exact_node_request)
#define XENMEMF_vnode               (1 << 18)

/* Where add_to_physmap finds the frame to put at gpfn. */
#define XENMAPSPACE_shared_info  0
#define XENMAPSPACE_grant_table  1 /* idx: frame of the table, with the flag of the status */
#define XENMAPSPACE_gmfn         2
#define XENMAPSPACE_gmfn_range   3
#define XENMAPSPACE_gmfn_foreign 4 /* batch form only */
#define XENMAPSPACE_dev_mmio     5

#define XENMEM_paging_op_nominate 0
#define XENMEM_paging_op_evict    1
#define XENMEM_paging_op_prep     2

#define XENMEM_access_op_set_access       0
#define XENMEM_access_op_get_access       1
#define XENMEM_access_op_set_access_multi 4

#define XENMEM_sharing_op_nominate_gfn  0
#define XENMEM_sharing_op_nominate_gref 1
#define XENMEM_sharing_op_share         2
#define XENMEM_sharing_op_debug_gfn     3
#define XENMEM_sharing_op_debug_mfn     4
#define XENMEM_sharing_op_debug_gref    5
#define XENMEM_sharing_op_add_physmap   6
#define XENMEM_sharing_op_audit         7
#define XENMEM_sharing_op_range_share   8
#define XENMEM_sharing_op_fork          9
#define XENMEM_sharing_op_fork_reset    10

#define XENMEM_SHARING_OP_S_HANDLE_INVALID (-10)
#define XENMEM_SHARING_OP_C_HANDLE_INVALID (-9)

/* A grant reference in place of a frame number is marked by a bit. */
#define XENMEM_SHARING_OP_FIELD_IS_GREF_FLAG (xen_mk_ullong(1) << 62)
#define XENMEM_SHARING_OP_FIELD_MAKE_GREF(field, val) \
	(field) = (XENMEM_SHARING_OP_FIELD_IS_GREF_FLAG | val)
#define XENMEM_SHARING_OP_FIELD_IS_GREF(field) ((field) & XENMEM_SHARING_OP_FIELD_IS_GREF_FLAG)
#define XENMEM_SHARING_OP_FIELD_GET_GREF(field) ((field) & (~XENMEM_SHARING_OP_FIELD_IS_GREF_FLAG))

#ifndef __ASSEMBLY__

struct xen_memory_reservation {
	XEN_GUEST_HANDLE(xen_pfn_t) extent_start; /* one frame number for each extent */
	xen_ulong_t nr_extents;
	unsigned int extent_order; /* an extent is 2^order pages; more than 0 and 9 need privilege */
	unsigned int mem_flags;    /* XENMEMF_* */
	domid_t domid;
};
typedef struct xen_memory_reservation xen_memory_reservation_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_reservation_t);
PV_ABI_SIZE(struct xen_memory_reservation, 32);
PV_ABI_OFFSET(struct xen_memory_reservation, mem_flags, 20);

/*
 * Swaps frames for others of the same total size: in lists MFNs to give, out PFNs on entry and
 * MFNs on return. nr_exchanged must be 0 at first; it counts input extents done. Returns 0 only
 * if all were.
 */
struct xen_memory_exchange {
	struct xen_memory_reservation in;
	struct xen_memory_reservation out;
	xen_ulong_t nr_exchanged;
};
typedef struct xen_memory_exchange xen_memory_exchange_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_exchange_t);
PV_ABI_SIZE(struct xen_memory_exchange, 72);

struct xen_memory_domain {
	domid_t domid;
};

/* MFNs of the machine-to-physical table itself, one for each 2 MB. */
struct xen_machphys_mfn_list {
	unsigned int max_extents; /* in: room */
	XEN_GUEST_HANDLE(xen_pfn_t) extent_start;
	unsigned int nr_extents;  /* out: written */
};
typedef struct xen_machphys_mfn_list xen_machphys_mfn_list_t;
DEFINE_XEN_GUEST_HANDLE(xen_machphys_mfn_list_t);
PV_ABI_SIZE(struct xen_machphys_mfn_list, 24);

/* Where the machine-to-physical table lies and how far it goes. All out. */
struct xen_machphys_mapping {
	xen_ulong_t v_start, v_end; /* addresses */
	xen_ulong_t max_mfn;        /* last index */
};
typedef struct xen_machphys_mapping xen_machphys_mapping_t;
DEFINE_XEN_GUEST_HANDLE(xen_machphys_mapping_t);

struct xen_add_to_physmap {
	domid_t domid;
	uint16_t size;      /* pages, for gmfn_range */
	unsigned int space; /* XENMAPSPACE_* */
#define XENMAPIDX_grant_table_status 0x80000000
	xen_ulong_t idx;
	xen_pfn_t gpfn;
};
typedef struct xen_add_to_physmap xen_add_to_physmap_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_t);
PV_ABI_SIZE(struct xen_add_to_physmap, 24);

struct xen_add_to_physmap_batch {
	domid_t domid;
	uint16_t space;
	uint16_t size; /* entries in each list */
	union xen_add_to_physmap_batch_extra {
		domid_t foreign_domid; /* for gmfn_foreign */
		uint16_t res0;         /* else 0 */
	} u;
	XEN_GUEST_HANDLE(xen_ulong_t) idxs;
	XEN_GUEST_HANDLE(xen_pfn_t) gpfns;
	XEN_GUEST_HANDLE(int) errs; /* out: one errno each */
};
typedef struct xen_add_to_physmap_batch xen_add_to_physmap_batch_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_batch_t);
PV_ABI_SIZE(struct xen_add_to_physmap_batch, 32);

struct xen_remove_from_physmap {
	domid_t domid;
	xen_pfn_t gpfn;
};
typedef struct xen_remove_from_physmap xen_remove_from_physmap_t;
DEFINE_XEN_GUEST_HANDLE(xen_remove_from_physmap_t);

/* Entries have the BIOS layout: u64 start, u64 size, u32 type, packed. */
struct xen_memory_map {
	unsigned int nr_entries; /* in: room; out: written */
	XEN_GUEST_HANDLE(void) buffer;
};
typedef struct xen_memory_map xen_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_map_t);
PV_ABI_SIZE(struct xen_memory_map, 16);

struct xen_foreign_memory_map {
	domid_t domid;
	struct xen_memory_map map;
};
typedef struct xen_foreign_memory_map xen_foreign_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_foreign_memory_map_t);

struct xen_pod_target {
	uint64_t target_pages;    /* in */
	uint64_t tot_pages;       /* out, and the two below */
	uint64_t pod_cache_pages;
	uint64_t pod_entries;
	domid_t domid;            /* in */
};
typedef struct xen_pod_target xen_pod_target_t;

struct xen_mem_paging_op {
	uint8_t op; /* XENMEM_paging_op_* */
	domid_t domain;
	XEN_GUEST_HANDLE_64(const_uint8) buffer; /* prep: the page's contents */
	uint64_aligned_t gfn;
};
typedef struct xen_mem_paging_op xen_mem_paging_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_mem_paging_op_t);

/* Rights of a page. rx2rw and n2rwx change to the latter upon the first access. */
typedef enum {
	XENMEM_access_n,
	XENMEM_access_r,
	XENMEM_access_w,
	XENMEM_access_rw,
	XENMEM_access_x,
	XENMEM_access_rx,
	XENMEM_access_wx,
	XENMEM_access_rwx,
	XENMEM_access_rx2rw,
	XENMEM_access_n2rwx,
	XENMEM_access_default
} xenmem_access_t;

struct xen_mem_access_op {
	uint8_t op;     /* XENMEM_access_op_* */
	uint8_t access; /* xenmem_access_t */
	domid_t domid;
	uint32_t nr;
	uint64_aligned_t pfn; /* first; all ones: the default for pages to come */
	XEN_GUEST_HANDLE(const_uint64) pfn_list;
	XEN_GUEST_HANDLE(const_uint8) access_list;
};
typedef struct xen_mem_access_op xen_mem_access_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_mem_access_op_t);

struct xen_mem_sharing_op {
	uint8_t op; /* XENMEM_sharing_op_* */
	domid_t domain;
	union {
		struct mem_sharing_op_nominate {
			union {
				uint64_aligned_t gfn;
				uint32_t grant_ref;
			} u;
			uint64_aligned_t handle; /* out */
		} nominate;
		struct mem_sharing_op_share {
			uint64_aligned_t source_gfn;
			uint64_aligned_t source_handle;
			uint64_aligned_t client_gfn;
			uint64_aligned_t client_handle;
			domid_t client_domain;
		} share;
		struct mem_sharing_op_range {
			uint64_aligned_t first_gfn;
			uint64_aligned_t last_gfn;
			uint64_aligned_t opaque; /* 0 on the first call */
			domid_t client_domain;
			uint16_t _pad[3];
		} range;
		struct mem_sharing_op_debug {
			union {
				uint64_aligned_t gfn;
				uint64_aligned_t mfn;
				uint32_t gref;
			} u;
		} debug;
		struct mem_sharing_op_fork {
			domid_t parent_domain;
#define XENMEM_FORK_WITH_IOMMU_ALLOWED (1u << 0)
#define XENMEM_FORK_BLOCK_INTERRUPTS   (1u << 1)
#define XENMEM_FORK_RESET_STATE        (1u << 2)
#define XENMEM_FORK_RESET_MEMORY       (1u << 3)
			uint16_t flags;
			uint32_t pad;
		} fork;
	} u;
};
typedef struct xen_mem_sharing_op xen_mem_sharing_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_mem_sharing_op_t);

struct xen_reserved_device_memory {
	xen_pfn_t start_pfn;
	xen_ulong_t nr_pages;
};
typedef struct xen_reserved_device_memory xen_reserved_device_memory_t;
DEFINE_XEN_GUEST_HANDLE(xen_reserved_device_memory_t);

struct xen_reserved_device_memory_map {
#define XENMEM_RDM_ALL 1 /* of every device, not of dev */
	uint32_t flags;
	unsigned int nr_entries; /* in: room; out: there are */
	XEN_GUEST_HANDLE(xen_reserved_device_memory_t) buffer;
	union {
		physdev_pci_device_t pci;
	} dev;
};
typedef struct xen_reserved_device_memory_map xen_reserved_device_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_reserved_device_memory_map_t);

/*
 * Gives the caller a domain's special frames so that it can map them. nr_frames 0: the number that
 * there are is stored there. For a PV caller frame_list receives MFNs.
 */
struct xen_mem_acquire_resource {
	domid_t domid;
	uint16_t type;
#define XENMEM_resource_ioreq_server 0
#define XENMEM_resource_grant_table  1
#define XENMEM_resource_vmtrace_buf  2
	uint32_t id;
#define XENMEM_resource_grant_table_id_shared 0
#define XENMEM_resource_grant_table_id_status 1
	uint32_t nr_frames; /* in, out */
	uint32_t pad;       /* 0 */
	uint64_t frame;     /* first */
#define XENMEM_resource_ioreq_server_frame_bufioreq 0
#define XENMEM_resource_ioreq_server_frame_ioreq(n) (1 + (n))
	XEN_GUEST_HANDLE(xen_pfn_t) frame_list;
};
typedef struct xen_mem_acquire_resource xen_mem_acquire_resource_t;
DEFINE_XEN_GUEST_HANDLE(xen_mem_acquire_resource_t);
PV_ABI_SIZE(struct xen_mem_acquire_resource, 32);

struct xen_vmemrange {
	uint64_t start, end; /* bytes */
	unsigned int flags;  /* 0 */
	unsigned int nid;    /* virtual node */
};
typedef struct xen_vmemrange xen_vmemrange_t;
DEFINE_XEN_GUEST_HANDLE(xen_vmemrange_t);

/* nr_*: room on entry, what there is on return; -ENOBUFS if the room is too small. */
struct xen_vnuma_topology_info {
	domid_t domid;
	uint16_t pad;
	unsigned int nr_vnodes;
	unsigned int nr_vcpus;
	unsigned int nr_vmemranges;
	union {
		XEN_GUEST_HANDLE(uint) h;
		uint64_t pad;
	} vdistance;
	union {
		XEN_GUEST_HANDLE(uint) h;
		uint64_t pad;
	} vcpu_to_vnode;
	union {
		XEN_GUEST_HANDLE(xen_vmemrange_t) h;
		uint64_t pad;
	} vmemrange;
};
typedef struct xen_vnuma_topology_info xen_vnuma_topology_info_t;
DEFINE_XEN_GUEST_HANDLE(xen_vnuma_topology_info_t);

#endif /* !__ASSEMBLY__ */

#endif /* PV_ABI_MEMORY_H */
