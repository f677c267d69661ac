/* SPDX-License-Identifier: MIT
 *
 * The FIFO ABI of event channels: 131072 ports and 16 priorities.
 *
 * Each port has a word in an array of the guest's pages: PENDING, MASKED, LINKED and the
 * number of the next port. Ports that become pending are linked into a queue, one for each
 * vCPU and priority, which the vCPU's control block shows the head of. We append at the
 * tail, the guest takes from the head; both at once, without a lock between us:
 *   the guest clears LINKED of the word it takes, and reads the link in the same instant;
 *   we set a link only in a word that is LINKED, by compare-and-exchange; if it no longer is, the guest has
 *   emptied the queue and we write a new head.
 * BUSY tells the guest not to unmask while we try again; the tries are bounded, and a guest that
 * keeps the word changing under them is crashed.
 *
 * Nothing that the guest writes is followed: the tails are our own, and the words only
 * tell whether a port is linked, never where to go next.
 *
 * Locks: d->evtchn.lock for set-up; the domain's queue lock (fifo->lock, a byte lock like a
 * channel's, inside a channel's, interrupts off) for tails and links.
 */
#include "core/evtchn_internal.h"
#include "core/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define ARRAY_PAGES    (EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)
#define LINK_TRIES     4

struct evtchn_fifo_domain {
	uint8_t lock;                   /* queues of all vCPUs */
	unsigned int nr_words;
	event_word_t *page[ARRAY_PAGES];        /* each holds a WRITABLE reference */
};

struct evtchn_fifo_vcpu {
	struct evtchn_fifo_control_block *block;        /* in a page of the guest's, with a WRITABLE reference */
	uint32_t tail[EVTCHN_FIFO_MAX_QUEUES];          /* port last put on it, 0: empty */
};

static event_word_t *word_of(const struct evtchn_fifo_domain *f, unsigned int port)
{
	if (unlikely(port >= __atomic_load_n(&f->nr_words, __ATOMIC_ACQUIRE)))
		return NULL;
	return f->page[port / WORDS_PER_PAGE] + port % WORDS_PER_PAGE;
}

/* --- queues; the queue lock is held --- */

enum link { LINKED, NOT_LINKED, CHANGED };

static enum link try_link(event_word_t *word, event_word_t *seen, unsigned int port)
{
	event_word_t new;

	if (!(*seen & (1U << EVTCHN_FIFO_LINKED)))
		return NOT_LINKED;
	new = (*seen & ~((1U << EVTCHN_FIFO_BUSY) | EVTCHN_FIFO_LINK_MASK)) | port;
	return __atomic_compare_exchange_n(word, seen, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ? LINKED : CHANGED;
}

/* Makes port the successor of the queue's tail. False: the tail is no longer on the queue. */
static bool link_tail(struct domain *d, event_word_t *word, unsigned int port)
{
	event_word_t seen = READ_ONCE(*word);
	enum link l = try_link(word, &seen, port);

	if (likely(l != CHANGED))
		return l == LINKED;
	set_bit(EVTCHN_FIFO_BUSY, word);
	seen = READ_ONCE(*word);
	for (unsigned int i = 0; i < LINK_TRIES; i++) {
		l = try_link(word, &seen, port);
		if (l == LINKED)
			return true;
		if (l == NOT_LINKED)
			break;
	}
	clear_bit(EVTCHN_FIFO_BUSY, word);
	if (l == CHANGED)
		domain_crash(d, "event channels: the event word before port %u keeps changing", port);
	return false;
}

/*
 * True: the queue was empty, and the guest is to be told. @v and @priority are what the caller has read once: a sender
 * from another domain does not hold chn's lock, so bind_vcpu and set_priority may change them at any time, and the
 * record of where a port is must be of the queue that it was put on.
 */
static bool append(struct domain *d, struct vcpu *v, unsigned int priority, struct evtchn *chn)
{
	struct evtchn_fifo_vcpu *to = v->evtchn.fifo;
	struct vcpu *last = d->vcpu[chn->last_vcpu];
	event_word_t *before;
	unsigned int tail;
	bool linked;

	/* It may still be the tail of where it was last, taken off by the guest: then that queue is empty. */
	if (last && last->evtchn.fifo && last->evtchn.fifo->tail[chn->last_priority] == chn->port)
		last->evtchn.fifo->tail[chn->last_priority] = 0;
	chn->last_vcpu = (uint16_t)v->vcpu_id;
	chn->last_priority = (uint8_t)priority;

	tail = to->tail[priority];
	before = tail ? word_of(d->evtchn.fifo, tail) : NULL;
	linked = before && link_tail(d, before, chn->port);
	if (!linked)
		__atomic_store_n(&to->block->head[priority], chn->port, __ATOMIC_SEQ_CST);
	to->tail[priority] = chn->port;
	return !linked;
}

static void enqueue(struct domain *d, struct evtchn *chn, event_word_t *word)
{
	struct evtchn_fifo_domain *f = d->evtchn.fifo;
	struct vcpu *v = d->vcpu[READ_ONCE(chn->notify_vcpu)];
	struct evtchn_fifo_vcpu *to = v ? v->evtchn.fifo : NULL;
	unsigned int priority = READ_ONCE(chn->priority);
	bool first;

	/* A guest does not unmask before its control block is there. */
	if (unlikely(!to || !to->block))
		return;
	while (unlikely(__atomic_exchange_n(&f->lock, 1, __ATOMIC_ACQUIRE))) {
		smp_poll();
		cpu_relax();
	}
	first = !test_and_set_bit(EVTCHN_FIFO_LINKED, word) && append(d, v, priority, chn);
	__atomic_store_n(&f->lock, 0, __ATOMIC_RELEASE);
	if (first && !test_and_set_bit(priority, &to->block->ready))
		vcpu_mark_events_pending(v);
}

/* --- the operations; the channel's lock is held --- */

void evtchn_fifo_set_pending(struct domain *d, struct evtchn *chn)
{
	event_word_t *word = word_of(d->evtchn.fifo, chn->port);
	bool was_pending;

	if (unlikely(!word)) {
		chn->pending = true;
		return;
	}
	was_pending = test_and_set_bit(EVTCHN_FIFO_PENDING, word);
	/* Also when it was: a guest may have unmasked it without the hypercall since. */
	if (!(READ_ONCE(*word) & ((1U << EVTCHN_FIFO_MASKED) | (1U << EVTCHN_FIFO_LINKED))))
		enqueue(d, chn, word);
	if (unlikely(READ_ONCE(d->poll_mask)) && !was_pending)
		sched_check_pollers(d, chn->port);
}

static void fifo_init(struct domain *d, struct evtchn *chn)
{
	chn->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
}

static void fifo_clear_pending(struct domain *d, struct evtchn *chn)
{
	event_word_t *word = word_of(d->evtchn.fifo, chn->port);

	if (word)
		clear_bit(EVTCHN_FIFO_PENDING, word);
}

static void fifo_unmask(struct domain *d, struct evtchn *chn)
{
	event_word_t *word = word_of(d->evtchn.fifo, chn->port);

	if (!word)
		return;
	clear_bit(EVTCHN_FIFO_MASKED, word);
	if (test_bit(EVTCHN_FIFO_PENDING, word))
		evtchn_fifo_set_pending(d, chn);
}

static bool fifo_is_pending(const struct domain *d, const struct evtchn *chn)
{
	event_word_t *word = word_of(d->evtchn.fifo, chn->port);

	return word && test_bit(EVTCHN_FIFO_PENDING, word);
}

/* Takes effect when the port is next put on a queue. */
static int fifo_set_priority(struct domain *d, struct evtchn *chn, unsigned int priority)
{
	if (priority > EVTCHN_FIFO_PRIORITY_MIN)
		return (int)hypercall_error(-EINVAL, "priority %u: at most %u", priority, EVTCHN_FIFO_PRIORITY_MIN);
	chn->priority = (uint8_t)priority;
	return 0;
}

const struct evtchn_ops evtchn_fifo_ops = {
	.nr_ports = EVTCHN_FIFO_NR_CHANNELS,
	.init = fifo_init,
	.clear_pending = fifo_clear_pending,
	.unmask = fifo_unmask,
	.is_pending = fifo_is_pending,
	.set_priority = fifo_set_priority,
};

/* --- set-up; LOCK_EVTCHN is held --- */

static void *hold_guest_page(struct domain *d, uint64_t gfn)
{
	if (gfn >= max_mfn || !mfn_valid(mfn(gfn)) || !frame_get_and_type(mfn_to_frame(mfn(gfn)), d, FRAME_WRITABLE)) {
		hypercall_error(-EINVAL, "frame %lx is not writable memory of domain %u", gfn, d->domid);
		return NULL;
	}
	return mfn_to_virt(mfn(gfn));
}

static void put_guest_page(void *p)
{
	frame_put_and_type(virt_to_frame(p));
}

static int vcpu_setup(struct vcpu *v)
{
	if (!v->evtchn.fifo)
		v->evtchn.fifo = kzalloc(sizeof(*v->evtchn.fifo));
	return v->evtchn.fifo ? 0 : -ENOMEM;
}

static int map_block(struct vcpu *v, const struct evtchn_init_control *c)
{
	char *page;

	if (v->evtchn.fifo->block)
		return (int)hypercall_error(-EINVAL, "init_control: vCPU %u has a control block", v->vcpu_id);
	page = hold_guest_page(v->domain, c->control_gfn);
	if (!page)
		return -EINVAL;
	__atomic_store_n(&v->evtchn.fifo->block, (struct evtchn_fifo_control_block *)(page + c->offset),
			 __ATOMIC_RELEASE);
	return 0;
}

/*
 * Locks a channel of d's against everybody who might just be sending to it: another domain's sender
 * holds the lock of its own end only. Whoever has looked at the ABI or at the number of words before
 * is done; whoever comes next sees what they are now.
 */
static unsigned long lock_out_senders(struct evtchn *chn)
{
	unsigned long flags = local_irq_save();

	/* LOCK_EVTCHN keeps the peer from going away. */
	if (chn->state == ECS_INTERDOMAIN && chn->u.interdomain.peer != chn) {
		evtchn_lock(chn->u.interdomain.peer);
		evtchn_unlock(chn->u.interdomain.peer);
	}
	evtchn_lock(chn);
	return flags;
}

/*
 * From now on senders use the words. What one has just set in the shared page is seen below; the words
 * come with expand_array.
 */
static void switch_abi(struct domain *d, struct evtchn_fifo_domain *f)
{
	/* In this order: the operations take it that the words are there, and unmask and poll hold no lock of ours. */
	__atomic_store_n(&d->evtchn.fifo, f, __ATOMIC_SEQ_CST);
	WRITE_ONCE(d->evtchn.ops, &evtchn_fifo_ops);
	for (unsigned int port = 1; port < d->evtchn.valid_ports; port++) {
		struct evtchn *chn = evtchn_find(d, port);
		unsigned long flags;

		if (!chn)
			break;
		flags = lock_out_senders(chn);
		chn->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
		if (port < EVTCHN_2L_NR_CHANNELS && test_and_clear_bit(port, d->shared_info->evtchn_pending))
			chn->pending = true;
		evtchn_unlock_irqrestore(chn, flags);
	}
}

static int first_block(struct domain *d, struct vcpu *v, const struct evtchn_init_control *c)
{
	struct evtchn_fifo_domain *f = kzalloc(sizeof(*f));
	struct vcpu *each;
	int rc = f ? 0 : -ENOMEM;

	for_each_vcpu(d, each)
		if (rc == 0)
			rc = vcpu_setup(each);
	if (rc == 0)
		rc = map_block(v, c);
	if (rc) {
		kfree(f);
		return rc;
	}
	switch_abi(d, f);
	return 0;
}

int evtchn_fifo_init_control(struct domain *d, struct evtchn_init_control *c)
{
	struct vcpu *v = domain_vcpu(d, c->vcpu);
	int rc;

	c->link_bits = EVTCHN_FIFO_LINK_BITS;
	if (!v)
		return (int)hypercall_error(-ENOENT, "there is no vCPU %u", c->vcpu);
	if (c->offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) || (c->offset & 7))
		return (int)hypercall_error(-EINVAL, "init_control: offset %u: expected a multiple of 8 to %lu", c->offset,
					    PAGE_SIZE - sizeof(struct evtchn_fifo_control_block));
	spin_lock(&d->evtchn.lock);
	if (READ_ONCE(d->dying))
		rc = -EINVAL;
	else if (!d->evtchn.fifo)
		rc = first_block(d, v, c);
	else {
		rc = vcpu_setup(v);
		if (rc == 0)
			rc = map_block(v, c);
	}
	spin_unlock(&d->evtchn.lock);
	return rc;
}

/* What became pending before its word was there. */
static void deliver_waiting(struct domain *d, unsigned int first)
{
	for (unsigned int port = first; port < first + WORDS_PER_PAGE; port++) {
		struct evtchn *chn = evtchn_find(d, port);
		unsigned long flags;

		if (!chn)
			break;
		flags = lock_out_senders(chn);
		if (chn->pending) {
			chn->pending = false;
			if (chn->state >= ECS_UNBOUND)
				evtchn_fifo_set_pending(d, chn);
		}
		evtchn_unlock_irqrestore(chn, flags);
	}
}

int evtchn_fifo_expand_array(struct domain *d, const struct evtchn_expand_array *e)
{
	struct evtchn_fifo_domain *f;
	void *page = NULL;
	int rc = 0;

	spin_lock(&d->evtchn.lock);
	f = d->evtchn.fifo;
	if (!f)
		rc = (int)hypercall_error(-EOPNOTSUPP, "expand_array: before init_control");
	else if (READ_ONCE(d->dying))
		rc = -EINVAL;
	else if (f->nr_words >= EVTCHN_FIFO_NR_CHANNELS)
		rc = (int)hypercall_error(-ENOSPC, "expand_array: %lu pages are all", ARRAY_PAGES);
	else if (!(page = hold_guest_page(d, e->array_gfn)))
		rc = -EINVAL;
	if (page) {
		unsigned int first = f->nr_words;

		f->page[first / WORDS_PER_PAGE] = page;
		__atomic_store_n(&f->nr_words, first + (unsigned int)WORDS_PER_PAGE, __ATOMIC_RELEASE);
		deliver_waiting(d, first);
	}
	spin_unlock(&d->evtchn.lock);
	return rc;
}

void evtchn_fifo_destroy(struct domain *d)
{
	struct evtchn_fifo_domain *f = d->evtchn.fifo;
	struct vcpu *v;

	d->evtchn.ops = &evtchn_2l_ops;
	__atomic_store_n(&d->evtchn.fifo, NULL, __ATOMIC_SEQ_CST);
	for_each_vcpu(d, v) {
		struct evtchn_fifo_vcpu *fv = v->evtchn.fifo;

		v->evtchn.fifo = NULL;
		if (fv && fv->block)
			put_guest_page(fv->block);
		kfree(fv);
	}
	for (unsigned int i = 0; f && i < f->nr_words / WORDS_PER_PAGE; i++)
		put_guest_page(f->page[i]);
	kfree(f);
}
