/* SPDX-License-Identifier: MIT
 *
 * The frame table: one struct frame per machine frame, with its owner, its
 * reference count, its type and its type count. mm/type.c has the essay on
 * what the counts mean and why no sequence of operations breaks them.
 *
 * Locks: count and type words are changed by compare-and-exchange only; the
 * owner's page lists under LOCK_PAGE_ALLOC; free blocks under LOCK_HEAP.
 */
#ifndef HYPERVISOR_MM_FRAME_H
#define HYPERVISOR_MM_FRAME_H

#include "arch/layout.h"
#include "lib/list.h"
#include "lib/types.h"

struct domain;

struct frame {
	uint64_t count;         /* FC_* below */
	uint64_t type;          /* FT_* below */
	struct domain *owner;   /* NULL: nobody (free, or the hypervisor's private) */
	union {
		struct list list;       /* owner's page list, or list of free blocks */
		struct {                /* page of small objects (mm/kmalloc.c) */
			void *slab_free;
			uint16_t slab_class, slab_used;
		};
	};
	/* CPUs that have not flushed since may hold translations (mm/tlb.h) */
	uint64_t tlb_stamp;
	uint16_t nr_validated;  /* page table in transition: entries below this hold references */
	uint8_t order;          /* of a free block's head, or of a large kmalloc() */
	bool mapped_elsewhere;  /* another domain than the owner had it writable, and did not flush (mm/entry.c) */
	uint8_t spare[4];
} __aligned(64);

/* count: */
#define FC_ALLOCATED  (1UL << 63)       /* the owner's own reference is among the count */
#define FC_XEN        (1UL << 62)       /* the hypervisor's memory, whoever it is shared with */
#define FC_IO         (1UL << 61)       /* not RAM: belongs to DOMID_IO, never counted */
#define FC_FREE       (1UL << 60)       /* head of a free block */
#define FC_IN_USE     (1UL << 59)       /* shared page: free_shared_page() is still to come */
#define FC_UNSHARED   (1UL << 58)       /* shared page: nobody else has it any more */
#define FC_COUNT_MASK ((1UL << 48) - 1)

/* type: */
#define FT_SHIFT      60
#define FT_MASK       (0xfUL << FT_SHIFT)
#define FT_PINNED     (1UL << 59)       /* the owner holds one type count by MMUEXT_PIN_* */
#define FT_VALIDATED  (1UL << 58)
#define FT_PARTIAL    (1UL << 57)       /* (in)validation stopped half way, see mm/type.c */
#define FT_LOCKED     (1UL << 56)       /* one CPU is changing an entry of this table */
#define FT_COUNT_MASK 0xffffffffUL

#define frame_table ((struct frame *)FRAMETABLE_START)
extern unsigned long max_mfn;           /* frames below this may have an entry (holes: not valid) */

/*
 * Frame structures come to life by chunks of 4 MB, when the allocator first
 * takes something from the chunk; this is what keeps the start short.
 */
#define CHUNK_ORDER 10
#define CHUNK_FRAMES (1UL << CHUNK_ORDER)
#define MAX_ORDER CHUNK_ORDER
#define MAX_CHUNKS (1UL << 18)          /* 1 TiB of machine addresses */
extern bool frame_chunk_live[MAX_CHUNKS];       /* its frame structures may be read; a byte, because it is asked so often */
extern unsigned long frame_chunk_ram[MAX_CHUNKS / 64];   /* there is RAM in it */

/* RAM or firmware's hole between RAM, with a live frame structure. */
static inline bool mfn_valid(mfn_t m)
{
	unsigned long c = m.n >> CHUNK_ORDER;

	return c < MAX_CHUNKS && READ_ONCE(frame_chunk_live[c]);
}
bool mfn_is_io(mfn_t m);                /* device memory: neither RAM nor ours */

static inline struct frame *mfn_to_frame(mfn_t m) { return &frame_table[m.n]; }
static inline mfn_t frame_to_mfn(const struct frame *f)
{
	return mfn((unsigned long)(f - frame_table));
}

static inline void *mfn_to_virt(mfn_t m) { return (void *)(DIRECTMAP_START + (m.n << PAGE_SHIFT)); }
static inline mfn_t virt_to_mfn(const void *p)
{
	return mfn(((unsigned long)p - DIRECTMAP_START) >> PAGE_SHIFT);
}

static inline void *maddr_to_virt(maddr_t a) { return (void *)(DIRECTMAP_START + a.a); }
static inline maddr_t virt_to_maddr(const void *p)
{
	return maddr((unsigned long)p - DIRECTMAP_START);
}

static inline void *frame_to_virt(const struct frame *f) { return mfn_to_virt(frame_to_mfn(f)); }
static inline struct frame *virt_to_frame(const void *p) { return mfn_to_frame(virt_to_mfn(p)); }
maddr_t image_to_maddr(const void *p);  /* an address inside the hypervisor's image */

/* machine to pseudo-physical table */
#define INVALID_M2P_ENTRY (~0UL)
#define SHARED_M2P_ENTRY (~0UL - 1)
static inline unsigned long m2p_get(mfn_t m)
{
	return ((volatile unsigned long *)M2P_RW_START)[m.n];
}

static inline void m2p_set(mfn_t m, unsigned long gpfn)
{
	((volatile unsigned long *)M2P_RW_START)[m.n] = gpfn;
}


/* Types. The page tables' values are their levels. */
enum frame_type {
	FRAME_NONE, FRAME_L1, FRAME_L2, FRAME_L3, FRAME_L4, FRAME_SEGDESC, FRAME_WRITABLE, FRAME_SHARED
};

static inline enum frame_type frame_type_of(uint64_t type_word)
{
	return (enum frame_type)(type_word >> FT_SHIFT);
}

/* References. frame_get fails when the page is not d's or is being freed. */
bool frame_get(struct frame *f, const struct domain *d) __must_check;
void frame_put(struct frame *f);
/* also validates a page table; false on failure */
bool frame_get_type(struct frame *f, enum frame_type t) __must_check;
void frame_put_type(struct frame *f);
bool frame_get_and_type(struct frame *f, const struct domain *d, enum frame_type t) __must_check;
void frame_put_and_type(struct frame *f);
/* d == NULL: any. Reference to the frame behind the current guest's mfn, or NULL. */
struct frame *frame_get_from_mfn(mfn_t m, struct domain *d);
/*
 * Preemptible forms. get: 0, -EINVAL or -ERESTART: call again, nothing is held. put: 0, or
 * -ERESTART: the type reference is gone, and frame_finish_partial() is to be called until it
 * returns 0. The caller holds a general reference throughout.
 */
int frame_get_type_preemptible(struct frame *f, enum frame_type t) __must_check;
int frame_put_type_preemptible(struct frame *f) __must_check;
int frame_finish_partial(struct frame *f, bool preemptible) __must_check;

/* Allocation. Order in pages, naturally aligned. NULL / INVALID_MFN when there is none. */
/* the hypervisor's own memory, direct-mapped, not cleared */
void *alloc_hv_pages(unsigned int order);
void free_hv_pages(void *p, unsigned int order);
static inline void *alloc_hv_page(void) { return alloc_hv_pages(0); }
static inline void free_hv_page(void *p) { free_hv_pages(p, 0); }
/*
 * Memory of the hypervisor that d (and its guest) shares: shared_info, grant frames. Cleared. Owned
 * by d, not counted in its allowance.
 */
void *alloc_shared_page(struct domain *d, bool guest_may_write);
void free_shared_page(void *p);
/* Pages for a guest, cleared, counted against max_pages. */
struct frame *alloc_domain_pages(struct domain *d, unsigned int order, unsigned int memflags);
#define MEMF_NO_REFCOUNT 1              /* owned by nobody and on no list: assign_page() later */
#define MEMF_BELOW_4G    2
#define MEMF_NO_CLEAR    4
/* machine addresses of at most n bits; 0: any */
#define MEMF_BITS(n)     ((unsigned int)(n) << 8)
/*
 * -E2BIG beyond max_pages (not asked with MEMF_NO_REFCOUNT: the page takes the place of one that was
 * stolen), -EINVAL: d dies.
 */
int assign_page(struct domain *d, struct frame *f, unsigned int order, unsigned int memflags);
/*
 * Takes a page that nobody else uses from d: no owner, no references. The caller gives d a page
 * for it, with MEMF_NO_REFCOUNT, or says that none will come; until then d cannot fill its place.
 */
bool steal_page(struct domain *d, struct frame *f);
void stolen_page_left(struct domain *d);
void free_stolen_page(struct frame *f);
/* The allocator itself: frames without an owner, contents and translations as they were flushed. */
struct frame *heap_alloc(unsigned int order, unsigned int memflags);
void heap_free(struct frame *f, unsigned int order, uint64_t tlb_stamp);
unsigned long free_frames(void), total_frames(void);
/*
 * Boot modules and .init: give [start, end) (machine addresses, rounded inward) to the allocator.
 */
void mm_release_boot_range(uint64_t start, uint64_t end);

/* Small objects, 16-byte aligned (64 from 64 bytes on); kzalloc clears. NULL when out of memory. */
void *kmalloc(size_t n);
void *kzalloc(size_t n);
void kfree(void *p);
/* Debug key A (audit.c). */
void mm_audit(void);

/* larger than a page, page aligned, cleared; kfree_pages(p, n) */
void *kzalloc_pages(size_t n);
void kfree_pages(void *p, size_t n);

#endif
