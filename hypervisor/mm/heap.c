/* SPDX-License-Identifier: MIT
 *
 * The frame allocator: a buddy system of blocks of 1 to 1024 frames, in two zones (below 4 GiB,
 * which devices and guests with narrow DMA need, and above; the upper one is used first).
 *
 * Free memory that nobody has touched since power-on is kept as raw ranges of whole 4 MB chunks; a
 * chunk gets its frame structures when it is taken from there. So the start does not
 * depend on how much memory there is.
 *
 * Invariants: a free block's head has FC_FREE and its order; every frame of it has count 0 (else),
 * type 0 and no owner, and is on no list but the head. free_total counts blocks and raw ranges. A
 * frame is handed out only after every CPU that may still hold a translation of it has flushed.
 *
 * Locks: LOCK_HEAP for all of it. Next: mm/domain_pages.c.
 */
#include "mm/heap.h"
#include "lib/bitops.h"
#include "lib/panic.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "mm/tlb.h"

unsigned long max_mfn;
bool frame_chunk_live[MAX_CHUNKS];
unsigned long frame_chunk_ram[MAX_CHUNKS / 64];
unsigned long outstanding_claims;

#define FRAMES_4G (1UL << (32 - PAGE_SHIFT))
#define MAX_RAW 64

enum { ZONE_LOW, ZONE_HIGH, NR_ZONES };

static DEFINE_SPINLOCK(heap_lock, LOCK_HEAP);
static struct list free_list[NR_ZONES][MAX_ORDER + 1];
static uint32_t free_orders[NR_ZONES];      /* bit o: there may be free blocks of order o */
static struct raw_range { unsigned long start, end; } raw[MAX_RAW];
static unsigned int nr_raw;
static unsigned long free_total;
unsigned long ram_frames;

void heap_init(void)
{
	for (unsigned int z = 0; z < NR_ZONES; z++)
		for (unsigned int o = 0; o <= MAX_ORDER; o++)
			list_init(&free_list[z][o]);
}

static unsigned int zone_of(unsigned long m)
{
	return m < FRAMES_4G ? ZONE_LOW : ZONE_HIGH;
}

void frame_chunk_init(unsigned long chunk)
{
	memset(&frame_table[chunk << CHUNK_ORDER], 0, CHUNK_FRAMES * sizeof(struct frame));
	__atomic_store_n(&frame_chunk_live[chunk], true, __ATOMIC_RELEASE);
}

static void block_insert(struct frame *f, unsigned int order)
{
	f->count = FC_FREE;
	f->order = (uint8_t)order;
	list_add(&f->list, &free_list[zone_of(frame_to_mfn(f).n)][order]);
	free_orders[zone_of(frame_to_mfn(f).n)] |= 1U << order;
}

/* Heap locked. Joins the block with its free buddies. */
static void block_free(unsigned long m, unsigned int order)
{
	while (order < MAX_ORDER) {
		struct frame *buddy = mfn_to_frame(mfn(m ^ (1UL << order)));

		if (buddy->count != FC_FREE || buddy->order != order)
			break;
		list_del(&buddy->list);
		buddy->count = 0;
		m &= ~(1UL << order);
		order++;
	}
	block_insert(mfn_to_frame(mfn(m)), order);
}

/* Heap locked. Takes one chunk from the raw ranges, from the end so that low memory lasts. */
static struct frame *raw_take(unsigned int zone, unsigned long below)
{
	for (unsigned int i = nr_raw; i-- > 0;) {
		unsigned long chunk = raw[i].end - CHUNK_FRAMES;

		if (zone_of(raw[i].start) != zone || raw[i].start + CHUNK_FRAMES > below)
			continue;
		if (raw[i].end <= below) {
			raw[i].end = chunk;
		} else {
			chunk = raw[i].start;
			raw[i].start += CHUNK_FRAMES;
		}
		if (raw[i].start == raw[i].end)
			raw[i] = raw[--nr_raw];
		frame_chunk_init(chunk >> CHUNK_ORDER);
		return mfn_to_frame(mfn(chunk));
	}
	return NULL;
}

static struct frame *split(struct frame *f, unsigned int from, unsigned int to)
{
	f->count = 0;
	while (from > to) {
		from--;
		block_insert(f + (1UL << from), from);
	}
	return f;
}

/*
 * Heap locked. A block below frame @limit; the search of a list is bounded, a guest may cause it.
 */
static struct frame *take_from_zone(unsigned int z, unsigned int order, unsigned long limit)
{
	for (uint32_t left = free_orders[z] >> order << order; left; left &= left - 1) {
		unsigned int o = first_bit(left), looked = 0;
		struct frame *f;

		if (list_empty(&free_list[z][o])) {
			free_orders[z] &= ~(1U << o);
			continue;
		}
		list_for_each(f, &free_list[z][o], list) {
			if (frame_to_mfn(f).n + (1UL << order) <= limit) {
				list_del(&f->list);
				return split(f, o, order);
			}
			if (++looked == 256)
				break;
		}
	}
	return NULL;
}

/* Heap locked. Memory above 4 GiB first, and in each zone what has been used before. */
static struct frame *take_block(unsigned int order, unsigned long limit)
{
	for (unsigned int z = NR_ZONES; z-- > 0;) {
		struct frame *f;

		if (z == ZONE_HIGH && limit <= FRAMES_4G)
			continue;
		f = take_from_zone(z, order, limit);
		if (f)
			return f;
		f = raw_take(z, limit);
		if (f)
			return split(f, MAX_ORDER, order);
	}
	return NULL;
}

static unsigned long frame_limit(unsigned int memflags)
{
	unsigned int bits = memflags >> 8;
	unsigned long limit = ~0UL;

	if (bits && bits < 52)
		limit = bits > PAGE_SHIFT ? 1UL << (bits - PAGE_SHIFT) : 0;
	if (memflags & MEMF_BELOW_4G)
		limit = MIN(limit, FRAMES_4G);
	return limit;
}

struct frame *heap_alloc(unsigned int order, unsigned int memflags)
{
	uint64_t stamp = 0;
	struct frame *f;

	if (order > MAX_ORDER)
		return NULL;
	spin_lock(&heap_lock);
	f = take_block(order, frame_limit(memflags));
	if (f)
		free_total -= 1UL << order;
	spin_unlock(&heap_lock);
	if (!f)
		return NULL;
	for (unsigned long i = 0; i < 1UL << order; i++) {
		stamp = MAX(stamp, f[i].tlb_stamp);
		f[i].tlb_stamp = 0;
		f[i].type = 0;
		list_init(&f[i].list);
	}
	tlb_flush_since(tlb_all_cpus(), stamp);
	return f;
}

void heap_free(struct frame *f, unsigned int order, uint64_t tlb_stamp)
{
	for (unsigned long i = 0; i < 1UL << order; i++) {
		f[i].count = 0;
		f[i].type = 0;
		f[i].owner = NULL;
		f[i].tlb_stamp = MAX(tlb_stamp, f[i].tlb_stamp);
		f[i].nr_validated = 0;
	}
	spin_lock(&heap_lock);
	free_total += 1UL << order;
	block_free(frame_to_mfn(f).n, order);
	spin_unlock(&heap_lock);
}

void heap_add_raw(unsigned long start, unsigned long end)
{
	if (nr_raw == MAX_RAW) {
		printk(LOG_WARN "mm: memory map in too many pieces, %lu MB not used\n",
		       (end - start) >> 8);
		return;
	}
	raw[nr_raw++] = (struct raw_range){ start, end };
	free_total += end - start;
}

void heap_add_frames(unsigned long start, unsigned long end)
{
	while (start < end) {
		unsigned int order = start ? (unsigned int)__builtin_ctzl(start) : MAX_ORDER;

		order = MIN(order, (unsigned int)MAX_ORDER);
		while (start + (1UL << order) > end)
			order--;
		heap_free(mfn_to_frame(mfn(start)), order, 0);
		start += 1UL << order;
	}
}

bool heap_claim(long pages)
{
	bool ok = true;

	spin_lock(&heap_lock);
	if (pages > 0 && (unsigned long)pages > free_total - MIN(outstanding_claims, free_total))
		ok = false;
	else
		outstanding_claims += (unsigned long)pages;
	spin_unlock(&heap_lock);
	return ok;
}

unsigned long free_frames(void)
{
	return READ_ONCE(free_total);
}

unsigned long total_frames(void)
{
	return ram_frames;
}

bool mfn_is_io(mfn_t m)
{
	unsigned long c = m.n >> CHUNK_ORDER;

	if (mfn_valid(m))
		return mfn_to_frame(m)->count & FC_IO;
	return c >= MAX_CHUNKS || !((frame_chunk_ram[c / 64] >> (c % 64)) & 1);
}
