/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_xen_version(cmd, arg): who the hypervisor is and what it can do. Texts are cut to
 * their arrays and end with NUL. A guest without the right to know gets "<denied>" in place of a
 * text.
 */
#ifndef PV_ABI_VERSION_H
#define PV_ABI_VERSION_H

#include "xen.h"
#include "features.h"

#define XENVER_version             0  /* returns major << 16 | minor; arg is not used */
#define XENVER_extraversion        1  /* xen_extraversion_t */
#define XENVER_compile_info        2  /* xen_compile_info_t */
#define XENVER_capabilities        3  /* xen_capabilities_info_t: "xen-3.0-x86_64 ..." */
#define XENVER_changeset           4  /* xen_changeset_info_t */
#define XENVER_platform_parameters 5  /* xen_platform_parameters_t */
#define XENVER_get_features        6  /* xen_feature_info_t; -EINVAL: no such submap */
#define XENVER_pagesize            7  /* returns bytes of a page */
#define XENVER_guest_handle        8  /* xen_domain_handle_t: the caller's UUID */
#define XENVER_commandline         9  /* xen_commandline_t */
#define XENVER_build_id            10 /* xen_build_id_t; returns length; arg null: only that */

#ifndef __ASSEMBLY__

typedef char xen_extraversion_t[16];
#define XEN_EXTRAVERSION_LEN (sizeof(xen_extraversion_t))

struct xen_compile_info {
	char compiler[64];
	char compile_by[16];
	char compile_domain[32];
	char compile_date[32];
};
typedef struct xen_compile_info xen_compile_info_t;
PV_ABI_SIZE(struct xen_compile_info, 144);

typedef char xen_capabilities_info_t[1024];
#define XEN_CAPABILITIES_INFO_LEN (sizeof(xen_capabilities_info_t))

typedef char xen_changeset_info_t[64];
#define XEN_CHANGESET_INFO_LEN (sizeof(xen_changeset_info_t))

struct xen_platform_parameters {
	xen_ulong_t virt_start; /* HYPERVISOR_VIRT_START */
};
typedef struct xen_platform_parameters xen_platform_parameters_t;
PV_ABI_SIZE(struct xen_platform_parameters, 8);

struct xen_feature_info {
	unsigned int submap_idx; /* in: 0 to XENFEAT_NR_SUBMAPS - 1 */
	uint32_t submap;         /* out: bit n is XENFEAT 32 * submap_idx + n */
};
typedef struct xen_feature_info xen_feature_info_t;
PV_ABI_SIZE(struct xen_feature_info, 8);

typedef char xen_commandline_t[1024];

struct xen_build_id {
	uint32_t len; /* in: room in buf */
	unsigned char buf[XEN_FLEX_ARRAY_DIM];
};
typedef struct xen_build_id xen_build_id_t;
PV_ABI_OFFSET(struct xen_build_id, buf, 4);

#endif /* !__ASSEMBLY__ */

#endif /* PV_ABI_VERSION_H */
