/* SPDX-License-Identifier: MIT
 *
 * The frame table: one struct frame per machine frame, with its owner, its
 * reference count, its type and its type count. mm/type.c has the essay on
 * what the counts mean and why no sequence of operations breaks them.
 *
 * Locks: count and type words are changed by compare-and-exchange only; the
 * owner's page lists under LOCK_PAGE_ALLOC.
 */
#ifndef HYPERVISOR_MM_FRAME_H
#define HYPERVISOR_MM_FRAME_H

#include "arch/layout.h"
#include "lib/list.h"
#include "lib/types.h"

struct domain;

struct frame {
	uint64_t count;         /* FC_*: allocated, hypervisor's, broken; low bits references */
	uint64_t type;          /* FT_*: type, pinned, validated, partial; low bits type count */
	struct domain *owner;   /* NULL: nobody (free, or the hypervisor's private) */
	union {
		struct list list;       /* owner's page list */
		struct {                /* free: */
			struct list free_list;
		};
	};
	union {
		uint64_t tlb_stamp;     /* free or retyped: when last flushed */
		struct {                /* page table being (in)validated by steps */
			uint16_t nr_validated;
			int16_t partial;
			uint32_t linear;
		};
	};
	union {
		unsigned int order;     /* of a free block's head */
		uint32_t lock;          /* page-table lock bit lives in type; spare */
	};
} __aligned(64);

#define frame_table ((struct frame *)FRAMETABLE_START)
extern unsigned long max_mfn;           /* frames below this have an entry (holes: not valid) */

bool mfn_valid(mfn_t m);                /* RAM with a frame table entry */
static inline struct frame *mfn_to_frame(mfn_t m) { return &frame_table[m.n]; }
static inline mfn_t frame_to_mfn(const struct frame *f) { return mfn((unsigned long)(f - frame_table)); }
static inline void *mfn_to_virt(mfn_t m) { return (void *)(DIRECTMAP_START + (m.n << PAGE_SHIFT)); }
static inline mfn_t virt_to_mfn(const void *p) { return mfn(((unsigned long)p - DIRECTMAP_START) >> PAGE_SHIFT); }
static inline void *maddr_to_virt(maddr_t a) { return (void *)(DIRECTMAP_START + a.a); }
static inline maddr_t virt_to_maddr(const void *p) { return maddr((unsigned long)p - DIRECTMAP_START); }
maddr_t image_to_maddr(const void *p);  /* an address inside the hypervisor's image */

/* machine to pseudo-physical table */
#define INVALID_M2P_ENTRY (~0UL)
static inline unsigned long m2p_get(mfn_t m) { return ((volatile unsigned long *)M2P_RW_START)[m.n]; }
static inline void m2p_set(mfn_t m, unsigned long gpfn) { ((volatile unsigned long *)M2P_RW_START)[m.n] = gpfn; }

/* Types. */
enum frame_type { FRAME_NONE, FRAME_L1, FRAME_L2, FRAME_L3, FRAME_L4, FRAME_SEGDESC, FRAME_WRITABLE, FRAME_SHARED };

/* References. frame_get fails when the page is not d's or is being freed. */
bool frame_get(struct frame *f, const struct domain *d) __must_check;
void frame_put(struct frame *f);
bool frame_get_type(struct frame *f, enum frame_type t) __must_check;   /* also validates a page table; false on failure */
void frame_put_type(struct frame *f);
bool frame_get_and_type(struct frame *f, const struct domain *d, enum frame_type t) __must_check;
void frame_put_and_type(struct frame *f);
struct domain *frame_owner(const struct frame *f);
/* d == NULL: any. Reference to the frame behind the current guest's mfn, or NULL. */
struct frame *frame_get_from_mfn(mfn_t m, struct domain *d);

/* Allocation. Order in pages, naturally aligned. NULL / INVALID_MFN when there is none. */
void *alloc_hv_pages(unsigned int order);       /* the hypervisor's own memory, direct-mapped, not cleared */
void free_hv_pages(void *p, unsigned int order);
static inline void *alloc_hv_page(void) { return alloc_hv_pages(0); }
static inline void free_hv_page(void *p) { free_hv_pages(p, 0); }
/* Memory of the hypervisor that d (and its guest) shares: shared_info, grant frames. Owned by d, not counted in its allowance. */
void *alloc_shared_page(struct domain *d, bool guest_may_write);
void free_shared_page(void *p);
/* Pages for a guest, cleared, counted against max_pages. */
struct frame *alloc_domain_pages(struct domain *d, unsigned int order, unsigned int memflags);
#define MEMF_NO_REFCOUNT 1
#define MEMF_BELOW_4G    2
#define MEMF_NO_CLEAR    4
int assign_page(struct domain *d, struct frame *f, unsigned int order, unsigned int memflags);
bool steal_page(struct domain *d, struct frame *f);
unsigned long free_frames(void), total_frames(void);

/* Small objects, 16-byte aligned; kzalloc clears. NULL when out of memory. */
void *kmalloc(size_t n);
void *kzalloc(size_t n);
void kfree(void *p);
void *kzalloc_pages(size_t n);          /* larger than a page, page aligned, cleared; kfree_pages(p, n) */
void kfree_pages(void *p, size_t n);

#endif
