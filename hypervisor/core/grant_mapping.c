/* SPDX-License-Identifier: MIT
 *
 * Mapping granted frames: map_grant_ref, unmap_grant_ref, unmap_and_replace, and the
 * release of everything when the mapping domain dies.
 *
 * A mapping consists of: a pin in the owner's table; a reference (and a type reference, if
 * writable) to the frame, which the page-table entry owns; a maptrack entry of the domain
 * that maps, with a reference to the owner. A guest that overwrites the page-table
 * entry itself gives the frame's references back, but stays in possession of
 * the pin, until it unmaps (which says that nothing is there) or dies.
 *
 * The owner may look at its own entry's bits to find out whether the frame is still in use: they are cleared
 * after the TLB of the domain that mapped is flushed, never before.
 *
 * Locks: the owner's table; inside it our page tables and maptrack_lock (LOCK_MAPTRACK). Who sets MT_BUSY in an
 * entry's flags has the entry to itself.
 * Next: core/grant_entry.c, mm/grant_map.c.
 */
#include "arch/context.h"
#include "core/grant_internal.h"

#define MAP_KINDS (GNTMAP_host_map | GNTMAP_device_map)
#define RELEASES_PER_CHECK 64

/* --- handles --- */

static struct maptrack *maptrack_at(const struct grant_table *t, unsigned int handle)
{
	return &t->maptrack[handle / MAPTRACK_PER_PAGE][handle % MAPTRACK_PER_PAGE];
}

/* maptrack_lock is held. */
static bool maptrack_grow(struct grant_table *t)
{
	unsigned int first = t->nr_maptrack, pages = t->max_maptrack / MAPTRACK_PER_PAGE;
	struct maptrack *page;

	if (first >= t->max_maptrack)
		return false;
	if (!t->maptrack)
		t->maptrack = kzalloc(pages * sizeof(t->maptrack[0]));
	page = t->maptrack ? kzalloc_pages(PAGE_SIZE) : NULL;
	if (!page)
		return false;
	for (unsigned int i = 0; i < MAPTRACK_PER_PAGE; i++)
		page[i].ref = i + 1 < MAPTRACK_PER_PAGE ? first + i + 1 : t->free_maptrack;
	t->maptrack[first / MAPTRACK_PER_PAGE] = page;
	t->free_maptrack = first;
	__atomic_store_n(&t->nr_maptrack, first + (unsigned int)MAPTRACK_PER_PAGE, __ATOMIC_RELEASE);
	return true;
}

static struct maptrack *maptrack_alloc(struct grant_table *t, unsigned int *handle)
{
	struct maptrack *mt = NULL;

	spin_lock(&t->maptrack_lock);
	if (t->free_maptrack != MAPTRACK_NONE || maptrack_grow(t)) {
		*handle = t->free_maptrack;
		mt = maptrack_at(t, *handle);
		t->free_maptrack = mt->ref;
	}
	spin_unlock(&t->maptrack_lock);
	return mt;
}

static void maptrack_free(struct grant_table *t, struct maptrack *mt, unsigned int handle)
{
	mt->domain = NULL;
	__atomic_store_n(&mt->flags, 0, __ATOMIC_RELEASE);
	spin_lock(&t->maptrack_lock);
	mt->ref = t->free_maptrack;
	t->free_maptrack = handle;
	spin_unlock(&t->maptrack_lock);
}

/* The entry of a handle in use, now ours alone, or NULL. */
static struct maptrack *maptrack_claim(struct grant_table *t, unsigned int handle)
{
	struct maptrack *mt;
	uint16_t flags;

	if (handle >= __atomic_load_n(&t->nr_maptrack, __ATOMIC_ACQUIRE))
		return NULL;
	mt = maptrack_at(t, handle);
	flags = READ_ONCE(mt->flags);
	if (!flags || (flags & MT_BUSY) ||
	    !__atomic_compare_exchange_n(&mt->flags, &flags, (uint16_t)(flags | MT_BUSY), false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return NULL;
	return mt;
}

/* --- mapping --- */

static bool frame_hold(mfn_t m, const struct domain *owner, bool readonly)
{
	if (!mfn_valid(m))
		return false;
	return readonly ? frame_get(mfn_to_frame(m), owner) :
			  frame_get_and_type(mfn_to_frame(m), owner, FRAME_WRITABLE);
}

static void frame_release(mfn_t m, bool readonly)
{
	if (readonly)
		frame_put(mfn_to_frame(m));
	else
		frame_put_and_type(mfn_to_frame(m));
}

static void count_pins(struct grant_active *act, unsigned int flags, int by)
{
	bool readonly = flags & GNTMAP_readonly;

	if (flags & GNTMAP_host_map)
		*(readonly ? &act->pins.host_read : &act->pins.host_write) += (uint16_t)by;
	if (flags & GNTMAP_device_map)
		*(readonly ? &act->pins.dev_read : &act->pins.dev_write) += (uint16_t)by;
}

/* References for each kind of mapping; on failure none is held. */
static int install(const struct gnttab_map_grant_ref *op, const struct domain *owner, mfn_t m)
{
	bool readonly = op->flags & GNTMAP_readonly;
	uint64_t avail = ((uint64_t)(op->flags >> _GNTMAP_guest_avail0) << 9) & (7UL << 9);
	int rc = GNTST_okay;

	if ((op->flags & GNTMAP_device_map) && !frame_hold(m, owner, readonly))
		return (int)hypercall_error(GNTST_bad_page, "frame %lx is not domain %u's or not of that use", m.n,
					    owner->domid);
	if (op->flags & GNTMAP_host_map) {
		if (!frame_hold(m, owner, readonly)) {
			rc = (int)hypercall_error(GNTST_bad_page, "frame %lx is not domain %u's or not of that use",
						  m.n, owner->domid);
		} else {
			rc = mm_create_grant_host_mapping(current, op->host_addr, op->flags & GNTMAP_contains_pte, m,
							  readonly, avail);
			if (rc != GNTST_okay)
				frame_release(m, readonly);
		}
	}
	if (rc != GNTST_okay && (op->flags & GNTMAP_device_map))
		frame_release(m, readonly);
	return rc;
}

/* The owner's table is locked. */
static int map_locked(struct gnttab_map_grant_ref *op, struct domain *owner)
{
	struct grant_active *act;
	int rc = grant_pin(owner, op->ref, current->domain->domid, op->flags & GNTMAP_readonly, GRANT_MAP, &act);

	if (rc != GNTST_okay)
		return rc;
	count_pins(act, op->flags, 1);
	rc = install(op, owner, act->mfn);
	if (rc != GNTST_okay) {
		count_pins(act, op->flags, -1);
		grant_unpin(owner, op->ref, act);
		return rc;
	}
	op->dev_bus_addr = mfn_to_maddr(act->mfn).a;
	return GNTST_okay;
}

void grant_map_one(struct gnttab_map_grant_ref *op)
{
	struct grant_table *own = current->domain->grant;
	struct domain *owner;
	struct maptrack *mt;
	unsigned int handle = 0;
	int rc;

	if (!(op->flags & MAP_KINDS)) {
		op->status = (int16_t)hypercall_error(GNTST_bad_gntref, "map: flags %#x ask for no mapping", op->flags);
		return;
	}
	owner = domain_find_get(op->dom);
	if (!owner) {
		op->status = (int16_t)hypercall_error(GNTST_bad_domain, "there is no domain %u", op->dom);
		return;
	}
	mt = maptrack_alloc(own, &handle);
	if (!mt) {
		domain_put(owner);
		op->status = (int16_t)hypercall_error(GNTST_no_device_space, "%u mappings, and no more", own->nr_maptrack);
		return;
	}
	spin_lock(&owner->grant->lock);
	rc = map_locked(op, owner);
	spin_unlock(&owner->grant->lock);
	op->status = (int16_t)rc;
	if (rc != GNTST_okay) {
		maptrack_free(own, mt, handle);
		domain_put(owner);
		return;
	}
	mt->domain = owner;
	mt->ref = op->ref;
	__atomic_store_n(&mt->flags, (uint16_t)(op->flags & 0xff), __ATOMIC_RELEASE);
	op->handle = handle;
}

/* --- unmapping --- */

/* The entry is claimed. What is found wrong leaves everything as it was. */
static int unmap_entry(struct grant_unmap *u, struct maptrack *mt, struct grant_active *act)
{
	unsigned int flags = mt->flags;
	int rc;

	u->readonly = flags & GNTMAP_readonly;
	u->mfn = act->mfn;
	if (u->dev_bus_addr && (!(flags & GNTMAP_device_map) || u->dev_bus_addr != mfn_to_maddr(act->mfn).a))
		return (int)hypercall_error(GNTST_bad_dev_addr, "unmap: bus address %lx is not that of the frame",
					    u->dev_bus_addr);
	if (u->host_addr && (flags & GNTMAP_host_map)) {
		rc = mm_replace_grant_host_mapping(current, u->host_addr, flags & GNTMAP_contains_pte, act->mfn,
						   u->new_addr, u->readonly);
		if (rc != GNTST_okay)
			return rc;
		u->done |= GNTMAP_host_map;
	}
	if (u->dev_bus_addr)
		u->done |= GNTMAP_device_map;
	return GNTST_okay;
}

void grant_unmap_begin(struct grant_unmap *u)
{
	struct maptrack *mt = maptrack_claim(current->domain->grant, u->handle);
	struct grant_table *t;

	u->mt = mt;
	u->done = 0;
	if (!mt) {
		u->status = (int16_t)hypercall_error(GNTST_bad_handle, "unmap: %u is not the handle of a mapping",
						     u->handle);
		return;
	}
	t = mt->domain->grant;
	spin_lock(&t->lock);
	u->status = (int16_t)unmap_entry(u, mt, grant_active_pinned(t, mt->ref));
	spin_unlock(&t->lock);
}

/* Pins of the kinds in @done are dropped; the entry is freed when nothing of it is left. */
static void drop_pins(struct grant_table *own, struct maptrack *mt, unsigned int handle, unsigned int done)
{
	unsigned int left = mt->flags & ~(done | MT_BUSY);
	struct domain *owner = mt->domain;
	struct grant_active *act;

	if (done) {
		spin_lock(&owner->grant->lock);
		act = grant_active_pinned(owner->grant, mt->ref);
		count_pins(act, done | (mt->flags & GNTMAP_readonly), -1);
		grant_unpin(owner, mt->ref, act);
		spin_unlock(&owner->grant->lock);
	}
	if (left & MAP_KINDS) {
		__atomic_store_n(&mt->flags, (uint16_t)left, __ATOMIC_RELEASE);
		return;
	}
	maptrack_free(own, mt, handle);
	domain_put(owner);
}

void grant_unmap_complete(struct grant_unmap *u)
{
	if (!u->mt)
		return;
	if (u->done & GNTMAP_host_map)
		frame_release(u->mfn, u->readonly);
	if (u->done & GNTMAP_device_map)
		frame_release(u->mfn, u->readonly);
	drop_pins(current->domain->grant, u->mt, u->handle, u->done);
}

/* --- teardown --- */

/* Its vCPUs do not run. Page-table entries keep their frames until the page tables go; device mappings end here. */
int grant_domain_release_mappings(struct domain *d)
{
	struct grant_table *t = d->grant;
	unsigned int seen = 0;

	if (!t)
		return 0;
	for (; t->next_release < t->nr_maptrack; t->next_release++) {
		struct maptrack *mt;

		if (++seen % RELEASES_PER_CHECK == 0 && hypercall_preempt_check())
			return -ERESTART;
		mt = maptrack_claim(t, t->next_release);
		if (!mt)
			continue;
		if (mt->flags & GNTMAP_device_map) {
			struct grant_active *act = grant_active_pinned(mt->domain->grant, mt->ref);

			frame_release(act->mfn, mt->flags & GNTMAP_readonly);
		}
		drop_pins(t, mt, t->next_release, mt->flags & MAP_KINDS);
	}
	grant_give_back_frames(d);
	return 0;
}
