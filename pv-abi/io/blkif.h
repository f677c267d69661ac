/* SPDX-License-Identifier: MIT */
/*
 * Block device between two domains. Data does not go through the ring: requests carry grant
 * references of pages, and parts of them in sectors of 512 bytes whatever the device's own are.
 *
 * XenStore, front end (device/vbd/N): virtual-device, device-type (disk, cdrom), ring-ref,
 * event-channel, protocol, state; with several pages ring-page-order and ring-ref0, ...; with
 * several queues multi-queue-num-queues and queue-K/....
 *
 * Back end (backend/vbd/DOMID/N): sectors, sector-size, physical-sector-size, info (VDISK_*),
 * mode (r, w), params, type, feature-barrier, feature-flush-cache, feature-discard (with
 * discard-granularity, -alignment, -secure), feature-max-indirect-segments, feature-persistent,
 * max-ring-page-order, multi-queue-max-queues, state.
 */
#ifndef PV_ABI_IO_BLKIF_H
#define PV_ABI_IO_BLKIF_H

#include "ring.h"
#include "../grant_table.h"

#ifndef blkif_vdev_t
#define blkif_vdev_t uint16_t
#endif
#define blkif_sector_t uint64_t

#define BLKIF_OP_READ            0
#define BLKIF_OP_WRITE           1
#define BLKIF_OP_WRITE_BARRIER   2 /* nothing passes it, either way; feature-barrier */
#define BLKIF_OP_FLUSH_DISKCACHE 3 /* completed writes are on the medium; feature-flush-cache */
#define BLKIF_OP_RESERVED_1      4
#define BLKIF_OP_DISCARD         5 /* feature-discard */
#define BLKIF_OP_INDIRECT        6 /* segments are in pages; feature-max-indirect-segments */

#define BLKIF_MAX_SEGMENTS_PER_REQUEST       11
#define BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST 8

struct blkif_request_segment {
	grant_ref_t gref;
	uint8_t first_sect, last_sect; /* within the page, both included: 0 to 7 */
};

struct blkif_request {
	uint8_t operation;
	uint8_t nr_segments;
	blkif_vdev_t handle;          /* virtual-device */
	uint64_t id;                  /* echoed */
	blkif_sector_t sector_number;
	struct blkif_request_segment seg[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};
typedef struct blkif_request blkif_request_t;
PV_ABI_SIZE(struct blkif_request, 112);
PV_ABI_OFFSET(struct blkif_request, sector_number, 16);

/* In a request's slot when operation is BLKIF_OP_DISCARD. */
struct blkif_request_discard {
	uint8_t operation;
	uint8_t flag;
#define BLKIF_DISCARD_SECURE (1 << 0)
	blkif_vdev_t handle;
	uint64_t id;
	blkif_sector_t sector_number;
	uint64_t nr_sectors;
};
typedef struct blkif_request_discard blkif_request_discard_t;
PV_ABI_SIZE(struct blkif_request_discard, 32);

/* In a request's slot when operation is BLKIF_OP_INDIRECT; indirect_op reads or writes. */
struct blkif_request_indirect {
	uint8_t operation;
	uint8_t indirect_op;
	uint16_t nr_segments;
	uint64_t id;
	blkif_sector_t sector_number;
	blkif_vdev_t handle;
	grant_ref_t indirect_grefs[BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST];
};
typedef struct blkif_request_indirect blkif_request_indirect_t;
PV_ABI_SIZE(struct blkif_request_indirect, 64);
PV_ABI_OFFSET(struct blkif_request_indirect, indirect_grefs, 28);

struct blkif_response {
	uint64_t id;
	uint8_t operation;
	int16_t status; /* BLKIF_RSP_* */
};
typedef struct blkif_response blkif_response_t;
PV_ABI_SIZE(struct blkif_response, 16);

#define BLKIF_RSP_EOPNOTSUPP -2
#define BLKIF_RSP_ERROR      -1
#define BLKIF_RSP_OKAY       0

DEFINE_RING_TYPES(blkif, struct blkif_request, struct blkif_response);
PV_ABI_OFFSET(struct blkif_sring, ring, 64);

#define VDISK_CDROM     0x1
#define VDISK_REMOVABLE 0x2
#define VDISK_READONLY  0x4

#endif /* PV_ABI_IO_BLKIF_H */
