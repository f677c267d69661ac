/* SPDX-License-Identifier: MIT
 *
 * What the files of the grant table code share.
 */
#ifndef HYPERVISOR_CORE_GRANT_INTERNAL_H
#define HYPERVISOR_CORE_GRANT_INTERNAL_H

#include "arch/guest_access.h"
#include "core/domain.h"
#include "core/hypercall.h"
#include "lib/errno.h"
#include "lib/panic.h"

/* Who uses an entry, and how often: host and device mappings, reading and writing ones. */
union grant_pins {
	struct { uint16_t host_read, host_write, dev_read, dev_write; };
	uint64_t any;
};
#define PINS_NEAR_OVERFLOW 0x8000800080008000UL

/* Our own record of an entry in use; the guest's entry is not looked at again while it is. */
struct grant_active {
	union grant_pins pins;
	mfn_t mfn;
	domid_t domid;                  /* who uses it */
	uint16_t start, length;         /* part of the page that may be copied */
	bool part;                      /* it is a part */
	bool transitive;                /* stands for the next two; there is no mfn */
	domid_t trans_domid;
	grant_ref_t trans_ref;
};
_Static_assert(sizeof(struct grant_active) == 32, "a page has a power of two of them");
#define ACTIVE_PER_PAGE (PAGE_SIZE / sizeof(struct grant_active))

/* One mapping that the domain has made of another's frame; a handle is an index of these. */
struct maptrack {
	struct domain *domain;          /* whose frame; with a reference while in use */
	grant_ref_t ref;                /* or the next free one's number */
	uint16_t flags;                 /* GNTMAP_* that are in effect, 0: free; atomic */
};
#define MT_BUSY 0x8000                  /* somebody is just unmapping it */
#define MAPTRACK_PER_PAGE (PAGE_SIZE / sizeof(struct maptrack))
#define MAPTRACK_PER_FRAME 512U         /* Xen's entries a frame: what limits are counted in */

struct grant_table {
	spinlock_t lock;                /* LOCK_GRANT_TABLE: all down to maptrack_lock */
	unsigned int version;           /* 1 or 2 */
	unsigned int max_frames, nr_frames, nr_status;
	bool gone;                      /* of a dying domain: the shared frames are given back */
	void **shared;                  /* max_frames */
	grant_status_t **status;        /* version 2; as many as hold the status words of max_frames */
	struct grant_active **active;   /* pages, allocated when one of their entries is first used */

	spinlock_t maptrack_lock;       /* LOCK_MAPTRACK */
	unsigned int max_maptrack;      /* entries */
	unsigned int nr_maptrack;       /* entries below this exist; atomic */
	unsigned int free_maptrack;     /* first free one, MAPTRACK_NONE */
	struct maptrack **maptrack;     /* pages */
	unsigned int next_release;      /* how far teardown has come */
};
#define MAPTRACK_NONE (~0U)

#define V1_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define V2_PER_FRAME (PAGE_SIZE / sizeof(union grant_entry_v2))
#define STATUS_PER_FRAME (PAGE_SIZE / sizeof(grant_status_t))

/* The table's lock is held in all of these. */
static inline unsigned int grant_nr_entries(const struct grant_table *t)
{
	return t->gone ? 0 : t->nr_frames * (unsigned int)(t->version == 1 ? V1_PER_FRAME : V2_PER_FRAME);
}

static inline struct grant_entry_v1 *grant_v1(const struct grant_table *t, grant_ref_t ref)
{
	return (struct grant_entry_v1 *)t->shared[ref / V1_PER_FRAME] + ref % V1_PER_FRAME;
}

static inline union grant_entry_v2 *grant_v2(const struct grant_table *t, grant_ref_t ref)
{
	return (union grant_entry_v2 *)t->shared[ref / V2_PER_FRAME] + ref % V2_PER_FRAME;
}

static inline grant_status_t *grant_status(const struct grant_table *t, grant_ref_t ref)
{
	return t->status[ref / STATUS_PER_FRAME] + ref % STATUS_PER_FRAME;
}

/* NULL: never used. */
static inline struct grant_active *grant_active_find(const struct grant_table *t, grant_ref_t ref)
{
	struct grant_active *page = t->active[ref / ACTIVE_PER_PAGE];

	return page ? page + ref % ACTIVE_PER_PAGE : NULL;
}

/* Of an entry that somebody has pinned. */
static inline struct grant_active *grant_active_pinned(const struct grant_table *t, grant_ref_t ref)
{
	struct grant_active *act = grant_active_find(t, ref);

	BUG_ON(!act);
	return act;
}

enum grant_use { GRANT_MAP, GRANT_COPY };

/*
 * core/grant_entry.c: takes the entry into use by user, counted in none of the pins yet: the caller adds to one at once.
 * GNTST_okay and *out, or GNTST_*. The frame's number is in *out; no reference is taken.
 */
int grant_pin(struct domain *owner, grant_ref_t ref, domid_t user, bool readonly, enum grant_use use,
	      struct grant_active **out);
/* The caller has taken its pins away: clears the guest's reading and writing bits where nobody is left. */
void grant_unpin(struct domain *owner, grant_ref_t ref, struct grant_active *act);

/* core/grant.c */
int grant_grow(struct domain *d, unsigned int frames);          /* 0, -EINVAL, -ENOMEM; lock held */
void grant_give_back_frames(struct domain *d);          /* it is dying: the shared frames go */
long grant_set_version(unsigned long arg);

/* Operations on arrays: each does one element. */
void grant_map_one(struct gnttab_map_grant_ref *op);
void grant_copy_one(struct gnttab_copy *op);
void grant_transfer_one(struct gnttab_transfer *op);
void grant_swap_one(struct gnttab_swap_grant_ref *op);

/* Unmapping is done in batches, for one flush of the TLB each. */
struct grant_unmap {
	uint64_t host_addr, dev_bus_addr, new_addr;
	grant_handle_t handle;
	int16_t status;
	/* between the two halves: */
	struct maptrack *mt;            /* NULL: failed, and nothing to complete */
	mfn_t mfn;
	uint16_t done;                  /* GNTMAP_* of what is gone */
	bool readonly;
};
void grant_unmap_begin(struct grant_unmap *u);
void grant_unmap_complete(struct grant_unmap *u);       /* after the flush */

#endif
