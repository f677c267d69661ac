/* SPDX-License-Identifier: MIT
 *
 * Physical interrupts: a domain's numbers for them, and the way of one interrupt:
 * the line fires, arch/irq.c masks it if it is level-triggered, pirq_raise() makes the
 * port pending, the guest's handler calls PHYSDEVOP_eoi, the line is unmasked.
 *
 * Only a domain that maps an interrupt gets a table. GSI n is pirq n unless the
 * domain asks otherwise; messages get numbers from the top.
 *
 * Locks: LOCK_EVTCHN of the domain for the table; pirq_raise() reads one port without it
 * and finds out under the channel's lock whether it still holds.
 * Next: core/physdev.c, arch/irq.c.
 */
#include <pv-abi/physdev.h>
#include "core/evtchn_internal.h"
#include "core/hypercall.h"
#include "core/msi.h"
#include "core/pirq.h"
#include "core/rangeset.h"
#include "lib/errno.h"

static struct pirq *find(const struct domain *d, unsigned int pirq)
{
	struct pirq *table = __atomic_load_n(&d->evtchn.pirq, __ATOMIC_ACQUIRE);

	return table && pirq < NR_PIRQS ? &table[pirq] : NULL;
}

/* LOCK_EVTCHN is held. */
static int need_table(struct domain *d)
{
	struct pirq *table;

	if (d->evtchn.pirq)
		return 0;
	table = kzalloc(NR_PIRQS * sizeof(*table));
	if (!table)
		return -ENOMEM;
	__atomic_store_n(&d->evtchn.pirq, table, __ATOMIC_RELEASE);
	return 0;
}

/* The control domain has every line that the hypervisor does not keep: irq_bind_gsi() refuses those. */
static bool gsi_permitted(const struct domain *d, unsigned int gsi)
{
	return gsi < NR_GSIS && (d->privileged || rangeset_contains(d->irqs, gsi, gsi));
}

bool pirq_permitted(const struct domain *d, unsigned int pirq)
{
	struct pirq *p = find(d, pirq);

	/* Xen's own numbering lets a domain bind GSI n as pirq n without mapping it first. */
	if (!p || p->kind == PIRQ_FREE)
		return gsi_permitted(d, pirq);
	return p->kind == PIRQ_MSI || (p->kind == PIRQ_GSI && gsi_permitted(d, p->gsi));
}

/* --- mapping --- */

static int choose(const struct domain *d, int wanted, bool message)
{
	if (wanted >= 0)
		return wanted < NR_PIRQS ? wanted : -EINVAL;
	for (unsigned int i = NR_PIRQS - 1; message && i >= NR_GSIS; i--)
		if (d->evtchn.pirq[i].kind == PIRQ_FREE)
			return (int)i;
	for (unsigned int i = 0; !message && i < NR_GSIS; i++)
		if (d->evtchn.pirq[i].kind == PIRQ_FREE)
			return (int)i;
	return -ENOSPC;
}

/* LOCK_EVTCHN is held. */
static int map_gsi(struct domain *d, int gsi, int *pirq)
{
	struct pirq *p;
	int n;

	if (gsi < 0 || gsi >= NR_GSIS)
		return (int)hypercall_error(-EINVAL, "map_pirq: GSI %d: at most %d", gsi, NR_GSIS - 1);
	if (!gsi_permitted(d, (unsigned int)gsi))
		return (int)hypercall_error(-EPERM, "map_pirq: GSI %d is not domain %u's", gsi, d->domid);
	/* Asked for any, and it has one: that one. */
	for (unsigned int i = 0; *pirq < 0 && i < NR_PIRQS; i++)
		if (d->evtchn.pirq[i].kind == PIRQ_GSI && d->evtchn.pirq[i].gsi == gsi)
			*pirq = (int)i;
	n = *pirq < 0 && d->evtchn.pirq[gsi].kind == PIRQ_FREE ? gsi : choose(d, *pirq, false);
	if (n < 0)
		return n;
	p = &d->evtchn.pirq[n];
	if (p->kind == PIRQ_GSI && p->gsi != gsi)
		return (int)hypercall_error(-EEXIST, "map_pirq: pirq %d is GSI %u already", n, p->gsi);
	if (p->kind == PIRQ_MSI)
		return (int)hypercall_error(-EEXIST, "map_pirq: pirq %d is a message already", n);
	p->kind = PIRQ_GSI;
	p->gsi = (uint16_t)gsi;
	*pirq = n;
	return 0;
}

/* LOCK_EVTCHN is held. */
static int map_msi(struct domain *d, struct physdev_map_pirq *m)
{
	uint16_t bdf;
	int rc = msi_check(m, &bdf), n;

	if (rc)
		return rc;
	for (unsigned int i = 0; i < NR_PIRQS; i++)
		if (d->evtchn.pirq[i].kind == PIRQ_MSI && d->evtchn.pirq[i].bdf == bdf)
			return (int)hypercall_error(-EEXIST, "map_pirq: device %x has pirq %u", bdf, i);
	n = choose(d, m->pirq, true);
	if (n < 0)
		return n;
	if (d->evtchn.pirq[n].kind == PIRQ_GSI || d->evtchn.pirq[n].kind == PIRQ_MSI)
		return (int)hypercall_error(-EEXIST, "map_pirq: pirq %d is mapped already", n);
	rc = msi_enable(d, (unsigned int)n, bdf);
	if (rc)
		return rc;
	d->evtchn.pirq[n] = (struct pirq){ .kind = PIRQ_MSI, .bdf = bdf };
	m->pirq = n;
	return 0;
}

int pirq_map(struct domain *d, struct physdev_map_pirq *m)
{
	int rc;

	spin_lock(&d->evtchn.lock);
	rc = READ_ONCE(d->dying) ? -EINVAL : need_table(d);
	if (rc == 0) {
		switch (m->type) {
		case MAP_PIRQ_TYPE_GSI:
			rc = map_gsi(d, m->index, &m->pirq);
			break;
		case MAP_PIRQ_TYPE_MSI:
		case MAP_PIRQ_TYPE_MSI_SEG:
		case MAP_PIRQ_TYPE_MULTI_MSI:
			rc = map_msi(d, m);
			break;
		default:
			rc = (int)hypercall_error(-EINVAL, "map_pirq: type %d is not known", m->type);
		}
	}
	spin_unlock(&d->evtchn.lock);
	return rc;
}

/* LOCK_EVTCHN is held; no port is bound. */
static void forget(struct domain *d, unsigned int pirq)
{
	struct pirq *p = &d->evtchn.pirq[pirq];

	if (p->kind == PIRQ_MSI)
		msi_disable(d, pirq, p->bdf);
	*p = (struct pirq){ .kind = PIRQ_FREE };
}

int pirq_unmap(struct domain *d, unsigned int pirq)
{
	struct pirq *p;
	int rc = 0;

	spin_lock(&d->evtchn.lock);
	p = find(d, pirq);
	if (!p || p->kind < PIRQ_GSI)
		rc = (int)hypercall_error(-EINVAL, "unmap_pirq: pirq %u is not mapped", pirq);
	else if (p->port)
		rc = (int)hypercall_error(-EBUSY, "unmap_pirq: pirq %u is bound to port %u", pirq, p->port);
	else
		forget(d, pirq);
	spin_unlock(&d->evtchn.lock);
	return rc;
}

int pirq_get_free(struct domain *d, int type, uint32_t *pirq)
{
	int rc;

	spin_lock(&d->evtchn.lock);
	rc = need_table(d);
	if (rc == 0) {
		rc = choose(d, -1, type != MAP_PIRQ_TYPE_GSI);
		if (rc >= 0) {
			d->evtchn.pirq[rc].kind = PIRQ_RESERVED;
			*pirq = (uint32_t)rc;
			rc = 0;
		}
	}
	spin_unlock(&d->evtchn.lock);
	return rc;
}

/* --- ports --- */

static void note_needs_eoi(struct domain *d, unsigned int pirq, bool needs)
{
	unsigned long *map = d->evtchn.pirq_eoi_map;

	if (map && needs)
		set_bit(pirq, map);
	else if (map)
		clear_bit(pirq, map);
}

int pirq_bind_port(struct domain *d, unsigned int pirq, unsigned int port)
{
	struct pirq *p;
	int rc = need_table(d);

	if (rc)
		return rc;
	p = find(d, pirq);
	if (!p)
		return (int)hypercall_error(-EINVAL, "pirq %u: at most %u", pirq, NR_PIRQS - 1);
	if (p->port)
		return (int)hypercall_error(-EEXIST, "pirq %u is bound to port %u", pirq, p->port);
	if (p->kind == PIRQ_FREE && pirq < NR_GSIS) {
		p->kind = PIRQ_GSI;
		p->gsi = (uint16_t)pirq;
	}
	if (p->kind < PIRQ_GSI)
		return (int)hypercall_error(-EINVAL, "pirq %u is not mapped", pirq);
	/* A line that fires at once must find its port, and be told to need an EOI. */
	WRITE_ONCE(p->port, port);
	note_needs_eoi(d, pirq, p->kind == PIRQ_GSI);
	if (p->kind == PIRQ_GSI) {
		rc = irq_bind_gsi(p->gsi, d, pirq);
		if (rc) {
			WRITE_ONCE(p->port, 0);
			note_needs_eoi(d, pirq, false);
			return (int)hypercall_error(rc, "pirq %u: GSI %u is in use or not there", pirq, p->gsi);
		}
	}
	return 0;
}

void pirq_unbind_port(struct domain *d, unsigned int pirq, unsigned int port)
{
	struct pirq *p = find(d, pirq);

	if (!p || p->port != port)
		return;
	if (p->kind == PIRQ_GSI)
		irq_unbind_gsi(p->gsi, d);
	WRITE_ONCE(p->port, 0);
	note_needs_eoi(d, pirq, false);
}

/* Interrupts are off. A line whose port is just being closed stays masked. */
void pirq_raise(struct domain *d, unsigned int pirq)
{
	struct pirq *p = find(d, pirq);
	struct evtchn *chn = p ? evtchn_find(d, READ_ONCE(p->port)) : NULL;

	if (!chn)
		return;
	evtchn_lock(chn);
	if (chn->state == ECS_PIRQ && chn->u.pirq == pirq)
		evtchn_set_pending(d, chn);
	evtchn_unlock(chn);
}

int pirq_eoi(struct domain *d, unsigned int pirq)
{
	struct pirq *p = find(d, pirq);

	if (!p || p->kind == PIRQ_FREE)
		return (int)hypercall_error(-EINVAL, "eoi: pirq %u is not mapped", pirq);
	if (p->kind == PIRQ_GSI && READ_ONCE(p->port))
		irq_eoi_gsi(p->gsi, d);
	return 0;
}

void pirq_unmasked(struct domain *d, unsigned int port)
{
	struct evtchn *chn = evtchn_find(d, port);

	if (chn && READ_ONCE(chn->state) == ECS_PIRQ)
		(void)pirq_eoi(d, chn->u.pirq);
}

/* --- the page that saves EOI hypercalls --- */

int pirq_set_eoi_page(struct domain *d, unsigned long gmfn, bool automatic)
{
	struct domain_evtchn *e = &d->evtchn;
	mfn_t m = mfn(gmfn);
	int rc = 0;

	if (!mfn_valid(m) || !frame_get_and_type(mfn_to_frame(m), d, FRAME_WRITABLE))
		return (int)hypercall_error(-EINVAL, "pirq_eoi_gmfn: frame %lx is not writable memory of "
					    "domain %u", gmfn, d->domid);
	spin_lock(&e->lock);
	if (e->pirq_eoi_map || READ_ONCE(d->dying)) {
		rc = -EBUSY;
	} else {
		e->pirq_eoi_mfn = m;
		e->pirq_eoi_auto = automatic;
		e->pirq_eoi_map = mfn_to_virt(m);
		for (unsigned int i = 0; e->pirq && i < NR_PIRQS; i++)
			if (e->pirq[i].port)
				note_needs_eoi(d, i, e->pirq[i].kind == PIRQ_GSI);
	}
	spin_unlock(&e->lock);
	if (rc) {
		frame_put_and_type(mfn_to_frame(m));
		return (int)hypercall_error(rc, "pirq_eoi_gmfn: there is such a page already");
	}
	return 0;
}

/* The table itself stays until the domain is freed: an interrupt may be on its way. */
void pirq_domain_destroy(struct domain *d)
{
	struct domain_evtchn *e = &d->evtchn;

	for (unsigned int i = 0; e->pirq && i < NR_PIRQS; i++)
		forget(d, i);

	if (e->pirq_eoi_map) {
		e->pirq_eoi_map = NULL;
		frame_put_and_type(mfn_to_frame(e->pirq_eoi_mfn));
		e->pirq_eoi_mfn = INVALID_MFN;
	}
}
