/* SPDX-License-Identifier: MIT
 *
 * Domains: created, found, held, and taken apart.
 *
 * A domain lives from domain_create() until its last reference is put. The
 * list holds one reference, which domain_kill() drops; each frame list that is
 * not empty holds one (mm), and so does whoever has looked the domain up. So a
 * killed domain whose granted pages others still map stays on the list as a
 * zombie, and can be named when they unmap.
 *
 * The last domain_put() may happen under any lock (a page's last reference),
 * so freeing is left to a tasklet, which holds none.
 *
 * Locks: LOCK_DOMLIST for the list and the hash. An entry with reference count 0
 * is on its way out and is not found any more.
 *
 * Next: core/vcpu.c for what a domain runs, core/shutdown.c for how it ends by
 * its own will, core/domctl_domain.c for who asks.
 */
#include "core/domain.h"
#include <pv-abi/domctl.h>
#include "core/console.h"
#include "core/hypercall.h"
#include "core/rangeset.h"
#include "core/shutdown.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/frame.h"

#define DOMAIN_HASH 256         /* power of two */

static DEFINE_SPINLOCK(domlist_lock, LOCK_DOMLIST);
static struct list domain_list = LIST_INIT(domain_list);
static struct domain *domain_hash[DOMAIN_HASH];
static domid_t last_domid;      /* [LOCK_DOMLIST] where the search for a free domid goes on */

struct domain *dom0, *dom_xen, *dom_io, *dom_idle;
struct vcpu_info dummy_vcpu_info __aligned(64) = { .evtchn_upcall_mask = 1 };

/* --- references --- */

bool domain_get(struct domain *d)
{
	uint32_t old = __atomic_load_n(&d->refcount, __ATOMIC_RELAXED);

	do {
		if (old == 0)
			return false;
	} while (!__atomic_compare_exchange_n(&d->refcount, &old, old + 1, true, __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return true;
}

void domain_put(struct domain *d)
{
	if (__atomic_sub_fetch(&d->refcount, 1, __ATOMIC_ACQ_REL) == 0)
		tasklet_schedule(&d->free_tasklet);
}

/* --- the list --- */

static struct domain *find_locked(domid_t id)
{
	struct domain *d = domain_hash[id % DOMAIN_HASH];

	while (d && d->domid != id)
		d = d->hash_next;
	return d;
}

static bool domid_free(domid_t id)
{
	return id < DOMID_FIRST_RESERVED && !find_locked(id);
}

/* The next one after the last given out, so that ids are not reused at once. 0 is the first boot domain's. */
static int domid_choose(domid_t *out)
{
	domid_t id = last_domid;

	for (unsigned int i = 0; i < DOMID_FIRST_RESERVED; i++) {
		if (++id >= DOMID_FIRST_RESERVED)
			id = 1;
		if (domid_free(id)) {
			*out = last_domid = id;
			return 0;
		}
	}
	return -ENOMEM;
}

static int domain_list_add(struct domain *d, domid_t wanted)
{
	struct domain *next;
	domid_t id = wanted;
	int rc = 0;

	spin_lock(&domlist_lock);
	if (wanted >= DOMID_FIRST_RESERVED)
		rc = domid_choose(&id);
	else if (!domid_free(wanted))
		rc = -EEXIST;
	if (rc == 0) {
		d->domid = id;
		list_for_each(next, &domain_list, list)
			if (next->domid > id)
				break;
		list_add_tail(&d->list, &next->list);
		d->hash_next = domain_hash[id % DOMAIN_HASH];
		domain_hash[id % DOMAIN_HASH] = d;
	}
	spin_unlock(&domlist_lock);
	return rc;
}

static void domain_list_del(struct domain *d)
{
	struct domain **p;

	spin_lock(&domlist_lock);
	list_del(&d->list);
	for (p = &domain_hash[d->domid % DOMAIN_HASH]; *p != d; p = &(*p)->hash_next)
		;
	*p = d->hash_next;
	spin_unlock(&domlist_lock);
}

struct domain *domain_find_get(domid_t id)
{
	struct domain *d = current->domain;

	if (id == DOMID_SELF || id == d->domid) {
		/* A running domain is held by its running. */
		__atomic_fetch_add(&d->refcount, 1, __ATOMIC_RELAXED);
		return d;
	}
	spin_lock(&domlist_lock);
	d = find_locked(id);
	if (d && !domain_get(d))
		d = NULL;
	spin_unlock(&domlist_lock);
	return d;
}

struct domain *domain_find_get_any(domid_t id)
{
	struct domain *d;

	switch (id) {
	case DOMID_IO:
		d = dom_io;
		break;
	case DOMID_XEN:
		d = dom_xen;
		break;
	default:
		return domain_find_get(id);
	}
	return domain_get(d) ? d : NULL;
}

struct domain *domain_find_get_remote(domid_t id, int *err)
{
	struct domain *d = domain_find_get(id);

	*err = 0;
	if (!d) {
		*err = (int)hypercall_error(-ESRCH, "there is no domain %u", id);
		return NULL;
	}
	if (d != current->domain && !current->domain->privileged) {
		domain_put(d);
		*err = (int)hypercall_error(-EPERM, "only the control domain may act on domain %u",
					    id);
		return NULL;
	}
	return d;
}

struct domain *domain_next(struct domain *after, domid_t from)
{
	struct domain *d, *found = NULL;

	spin_lock(&domlist_lock);
	list_for_each(d, &domain_list, list) {
		if (d->domid >= from && domain_get(d)) {
			found = d;
			break;
		}
	}
	spin_unlock(&domlist_lock);
	if (after)
		domain_put(after);
	return found;
}

void domain_for_each(void (*fn)(struct domain *d, void *arg), void *arg)
{
	struct domain *d;

	spin_lock(&domlist_lock);
	list_for_each(d, &domain_list, list)
		if (READ_ONCE(d->refcount))
			fn(d, arg);
	spin_unlock(&domlist_lock);
}

/* --- making one --- */

/* Everything that a domain without a name on the list may have, in any stage of being made. */
static void domain_free(struct domain *d)
{
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			vcpu_free(d->vcpu[i]);
	for (unsigned int i = 0; i < NR_WATCHDOGS; i++)
		timer_kill(&d->watchdog[i]);
	if (d->evtchn.ops)
		evtchn_domain_free(d);
	if (d->grant)
		grant_domain_free(d);
	pv_domain_free(d);
	if (is_hvm_domain(d))
		hvm_domain_free(d);
	if (d->console)
		console_domain_free(d);
	if (d->shared_info)
		free_shared_page(d->shared_info);
	mm_domain_free(d);
	rangeset_destroy(d->ioports);
	rangeset_destroy(d->iomem);
	rangeset_destroy(d->irqs);
	kfree(d->vcpu);
	kfree_pages(d, sizeof(*d));
}

static void domain_free_tasklet(void *arg)
{
	struct domain *d = arg;

	domain_list_del(d);
	domain_free(d);
	evtchn_send_global_virq(VIRQ_DOM_EXC);
}

static struct domain *domain_alloc(unsigned int max_vcpus)
{
	struct domain *d = kzalloc_pages(sizeof(*d));

	if (!d)
		return NULL;
	d->vcpu = kzalloc(MAX(max_vcpus, 1U) * sizeof(d->vcpu[0]));
	if (!d->vcpu) {
		kfree_pages(d, sizeof(*d));
		return NULL;
	}
	d->max_vcpus = max_vcpus;
	d->refcount = 1;
	d->shutdown_code = SHUTDOWN_NONE;
	d->shared_info_mfn = INVALID_MFN;
	list_init(&d->list);
	spin_lock_init(&d->lock, LOCK_DOMAIN);
	tasklet_init(&d->free_tasklet, domain_free_tasklet, d);
	shutdown_domain_init(d);
	return d;
}

static int domain_init_parts(struct domain *d, const struct xen_domctl_createdomain *config)
{
	int rc = mm_domain_init(d);

	if (rc)
		return rc;
	d->shared_info = alloc_shared_page(d, true);
	d->ioports = rangeset_create();
	d->iomem = rangeset_create();
	d->irqs = rangeset_create();
	if (!d->shared_info || !d->ioports || !d->iomem || !d->irqs)
		return -ENOMEM;
	clear_page(d->shared_info);
	d->shared_info_mfn = virt_to_mfn(d->shared_info);
	for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		d->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;

	rc = evtchn_domain_init(d, config->max_evtchn_port);
	if (rc == 0)
		rc = grant_domain_init(d, (unsigned int)config->max_grant_frames,
				       (unsigned int)config->max_maptrack_frames);
	if (rc == 0)
		rc = pv_domain_init(d);
	if (rc == 0)
		rc = console_domain_init(d);
	if (rc == 0)
		rc = sched_domain_init(d);
	if (CONFIG_HVM && rc == 0 && (config->flags & XEN_DOMCTL_CDF_hvm))
		rc = hvm_domain_init(d);
	return rc;
}

#define DEFAULT_GRANT_FRAMES    64
#define DEFAULT_MAPTRACK_FRAMES 1024

int domain_create_config(domid_t id, bool privileged, const struct xen_domctl_createdomain *asked,
			 struct domain **out)
{
	struct xen_domctl_createdomain config = *asked;
	struct domain *d;
	int rc;

	if (config.max_vcpus < 1 || config.max_vcpus > MAX_VCPUS)
		return (int)hypercall_error(-EINVAL, "max_vcpus = %u: expected 1 to %u",
					    config.max_vcpus, MAX_VCPUS);
	/* Negative: whatever the hypervisor's default is. */
	if (config.max_grant_frames < 0)
		config.max_grant_frames = DEFAULT_GRANT_FRAMES;
	if (config.max_maptrack_frames < 0)
		config.max_maptrack_frames = DEFAULT_MAPTRACK_FRAMES;

	d = domain_alloc(config.max_vcpus);
	if (!d)
		return (int)hypercall_error(-ENOMEM, "no memory for a domain structure");
	d->privileged = privileged;
	d->create_flags = config.flags;
	d->ssidref = config.ssidref;
	memcpy(d->handle, config.handle, sizeof(d->handle));
	/* Paused until the first unpause by the controller. */
	d->controller_pause_count = 1;
	d->pause_count = 1;

	rc = domain_init_parts(d, &config);
	if (rc == 0)
		rc = domain_list_add(d, id);
	if (rc) {
		domain_free(d);
		return (int)hypercall_error(rc, "domain could not be created (no memory, or id %u in use)",
					    id);
	}
	if (d->domid == 0)
		dom0 = d;
	*out = d;
	return 0;
}

int domain_create(domid_t id, bool privileged, unsigned int max_vcpus, uint32_t flags,
		  struct domain **out)
{
	struct xen_domctl_createdomain config = {
		.flags = flags,
		.max_vcpus = max_vcpus,
		.max_evtchn_port = ~0U,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
	};

	return domain_create_config(id, privileged, &config, out);
}

/* --- taking one apart --- */

enum kill_step { KILL_EVENTS, KILL_GRANTS, KILL_MEMORY, KILL_DONE };

/*
 * Nothing of the domain may run while it is taken apart: dying is set with its
 * vCPUs paused, and nobody unpauses a dying domain. Grants go before event
 * channels because a backend that is told of the close may look at its mappings;
 * memory goes last because both of those keep frames.
 */
int domain_kill(struct domain *d)
{
	int rc = 0;

	if (d == current->domain || d->system)
		return -EINVAL;
	spin_lock(&d->lock);
	if (d->dying == DOMDYING_DEAD) {
		spin_unlock(&d->lock);
		return 0;
	}
	if (d->dying == DOMDYING_ALIVE) {
		domain_pause_nosync(d);
		WRITE_ONCE(d->dying, DOMDYING_DYING);
	}
	spin_unlock(&d->lock);

	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			vcpu_sleep_sync(d->vcpu[i]);

	switch (d->kill_step) {
	case KILL_EVENTS:
		rc = grant_domain_release_mappings(d);
		if (rc)
			break;
		d->kill_step = KILL_GRANTS;
		/* fall through */
	case KILL_GRANTS:
		rc = evtchn_domain_destroy(d);
		if (rc)
			break;
		for (unsigned int i = 0; i < d->max_vcpus; i++) {
			if (d->vcpu[i]) {
				vcpu_put_info_area(d->vcpu[i]);
				evtchn_vcpu_destroy(d->vcpu[i]);
			}
		}
		d->kill_step = KILL_MEMORY;
		/* fall through */
	case KILL_MEMORY:
		rc = mm_relinquish(d);
		if (rc)
			break;
		d->kill_step = KILL_DONE;
		/* fall through */
	default:
		WRITE_ONCE(d->dying, DOMDYING_DEAD);
		evtchn_send_global_virq(VIRQ_DOM_EXC);
		domain_put(d);
	}
	return rc;
}

/* --- the system's own --- */

static struct domain *system_domain(domid_t id, unsigned int max_vcpus)
{
	struct domain *d = domain_alloc(max_vcpus);

	if (!d)
		panic("no memory for system domain %u", id);
	d->domid = id;
	d->system = true;
	if (mm_domain_init(d))
		panic("no memory for the frames of system domain %u", id);
	return d;
}

void domain_subsystem_init(void)
{
	tasklet_subsystem_init();
	dom_xen = system_domain(DOMID_XEN, 0);
	dom_io = system_domain(DOMID_IO, 0);
	dom_idle = system_domain(DOMID_IDLE, MAX_CPUS);
}
