/* SPDX-License-Identifier: MIT
 *
 * What stands below the functions under test: frames, domains, CPUs with TLBs, locks, memory. Each does what the
 * real one's contract says and nothing else; all of their state is in the arena or a variable here.
 */
#include "shim.h"
#include "arch/context.h"
#include "arch/guest_access.h"
#include "arch/smp.h"
#include "core/hypercall.h"
#include "core/rangeset.h"
#include "lib/bitops.h"
#include "lib/panic.h"
#include "mm/heap.h"

struct frame *model_frames;
char *model_memory;
unsigned long *model_m2p;
struct domain *model_domain[NR_DOMAINS], *dom0, *dom_xen, *dom_io, *dom_idle;
struct vcpu *model_vcpu[NR_CPUS];
struct cpu *cpus[MAX_CPUS];
unsigned int nr_cpus = NR_CPUS;
struct model_tlb *model_tlb;
unsigned long max_mfn = NR_FRAMES, outstanding_claims;
bool frame_chunk_live[MAX_CHUNKS] = { true };
mfn_t idle_l4 = { 0 };

/* --- making it --- */

static struct domain *new_domain(unsigned int domid)
{
	struct domain *d = model_alloc(sizeof(*d), 64);

	d->domid = (domid_t)domid;
	d->refcount = 2;                /* the list's, and that it runs */
	d->max_vcpus = NR_CPUS;
	d->vcpu = model_alloc(NR_CPUS * sizeof(d->vcpu[0]), 8);
	d->mm.max_pages = NR_FRAMES;
	spin_lock_init(&d->mm.page_alloc_lock, LOCK_PAGE_ALLOC);
	list_init(&d->mm.page_list);
	list_init(&d->mm.xen_page_list);
	list_init(&d->mm.relmem_list);
	d->shared_info_mfn = INVALID_MFN;
	return d;
}

void shim_init(const unsigned int domid_of[NR_CPUS])
{
	model_memory = model_alloc(NR_FRAMES * PAGE_SIZE, PAGE_SIZE);
	model_frames = model_alloc(NR_FRAMES * sizeof(model_frames[0]), 64);
	model_m2p = model_alloc(NR_FRAMES * sizeof(model_m2p[0]), 64);
	model_tlb = model_alloc(NR_CPUS * sizeof(model_tlb[0]), 64);
	for (unsigned int i = 0; i < NR_DOMAINS; i++)
		model_domain[i] = new_domain(i);
	dom_io = model_alloc(sizeof(*dom_io), 64);
	dom_xen = model_alloc(sizeof(*dom_xen), 64);
	dom0 = model_domain[0];
	dom0->privileged = true;
	for (unsigned int i = 0; i < NR_CPUS; i++) {
		struct domain *d = model_domain[domid_of[i]];
		struct vcpu *v = model_alloc(sizeof(*v), 64);
		struct cpu *c = model_alloc(sizeof(*c), 64);

		while (d->vcpu[v->vcpu_id])
			v->vcpu_id++;
		d->vcpu[v->vcpu_id] = model_vcpu[i] = v;
		v->domain = d;
		v->processor = i;
		v->mm.guest_table = v->mm.guest_table_user = INVALID_MFN;
		spin_lock_init(&v->mm.ldt_lock, LOCK_PAGE);
		c->id = i;
		c->curr = v;
		c->loaded_domain = d;
		c->mm = model_alloc(sizeof(struct mm_cpu), 64);
		cpus[i] = c;
		d->dirty_cpus.bits |= 1UL << i;
	}
}

struct frame *shim_give_frame(struct domain *d, unsigned int m)
{
	struct frame *f = &model_frames[m];

	f->owner = d;
	f->count = FC_ALLOCATED | 1;
	list_add_tail(&f->list, &d->mm.page_list);
	if (!d->mm.tot_pages++)
		d->refcount++;
	return f;
}

uint64_t *shim_entry(unsigned int m, unsigned int slot)
{
	return (uint64_t *)(model_memory + m * PAGE_SIZE) + slot;
}

struct cpu *this_cpu(void) { return cpus[model_cpu()]; }
struct vcpu *get_current(void) { return model_vcpu[model_cpu()]; }

/* --- domains: references come and go in one step, as they commute --- */

#define UNSEEN __attribute__((no_sanitize("thread")))

UNSEEN bool domain_get(struct domain *d)
{
	memory_will_write(&d->refcount, sizeof(d->refcount));
	if (!*(volatile uint32_t *)&d->refcount)
		return false;
	__atomic_fetch_add(&d->refcount, 1, __ATOMIC_SEQ_CST);
	return true;
}

UNSEEN void domain_put(struct domain *d)
{
	memory_will_write(&d->refcount, sizeof(d->refcount));
	MODEL_CHECK(d->refcount != 0, "domain %u: a reference is put that nobody had", d->domid);
	__atomic_sub_fetch(&d->refcount, 1, __ATOMIC_SEQ_CST);
}

bool shim_domain_freed(const struct domain *d)
{
	return !d->refcount;
}

struct domain *domain_find_get(domid_t id)
{
	struct domain *d = id == DOMID_SELF ? current->domain : id < NR_DOMAINS ? model_domain[id] : NULL;

	return d && domain_get(d) ? d : NULL;
}

struct domain *domain_find_get_any(domid_t id)
{
	struct domain *d = id == DOMID_IO ? dom_io : id == DOMID_XEN ? dom_xen : NULL;

	return d ? (domain_get(d) ? d : NULL) : domain_find_get(id);
}

struct domain *domain_find_get_remote(domid_t id, int *err)
{
	struct domain *d = domain_find_get(id);

	*err = d ? 0 : -ESRCH;
	if (d && d != current->domain && !current->domain->privileged) {
		domain_put(d);
		*err = -EPERM;
		return NULL;
	}
	return d;
}

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
	return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	model_fail("domain %u is crashed: %s", d->domid, fmt);
}

/* --- locks, waiting, and what ends badly --- */

void spin_lock(spinlock_t *l) { model_lock(l, l->level, false); }
void spin_unlock(spinlock_t *l) { model_unlock(l); }

void spin_lock_pair(spinlock_t *a, spinlock_t *b)
{
	model_lock(MIN(a, b), a->level, false);
	if (a != b)
		model_lock(MAX(a, b), a->level, true);
}

void spin_unlock_pair(spinlock_t *a, spinlock_t *b)
{
	if (a != b)
		model_unlock(MAX(a, b));
	model_unlock(MIN(a, b));
}

unsigned long spin_lock_irqsave_(spinlock_t *l)
{
	spin_lock(l);
	return 0;
}

void spin_unlock_irqrestore(spinlock_t *l, unsigned long flags) { spin_unlock(l); }
void smp_poll(void) { model_wait(); }

void panic(const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	model_fail("panic: %s", text);
}

/* --- hypercalls --- */

static struct { bool again; unsigned long arg[4]; } continued[NR_CPUS];

long hypercall_error(long err, const char *fmt, ...) { return err; }
bool hypercall_preempt_check(void) { return model_choose(2); }

long hypercall_continue(unsigned int op, unsigned int nargs, ...)
{
	va_list ap;

	va_start(ap, nargs);
	for (unsigned int i = 0; i < nargs; i++)
		continued[model_cpu()].arg[i] = va_arg(ap, unsigned long);
	va_end(ap);
	continued[model_cpu()].again = true;
	return 0;
}

long do_mmu_update(unsigned long, unsigned long, unsigned long, unsigned long) __attribute__((weak));
long do_mmuext_op(unsigned long, unsigned long, unsigned long, unsigned long) __attribute__((weak));
long do_grant_table_op(unsigned long, unsigned long, unsigned long) __attribute__((weak));
long do_event_channel_op(unsigned long, unsigned long) __attribute__((weak));

long shim_hypercall(unsigned int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	unsigned long *arg = continued[model_cpu()].arg;
	long rc;

	arg[0] = a;
	arg[1] = b;
	arg[2] = c;
	arg[3] = d;
	do {
		continued[model_cpu()].again = false;
		switch (op) {
		case __HYPERVISOR_mmu_update:
			rc = do_mmu_update(arg[0], arg[1], arg[2], arg[3]);
			break;
		case __HYPERVISOR_mmuext_op:
			rc = do_mmuext_op(arg[0], arg[1], arg[2], arg[3]);
			break;
		case __HYPERVISOR_grant_table_op:
			rc = do_grant_table_op(arg[0], arg[1], arg[2]);
			break;
		default:
			rc = do_event_channel_op(arg[0], arg[1]);
		}
	} while (continued[model_cpu()].again);
	arg[0] = arg[1] = arg[2] = arg[3] = 0;
	return rc;
}

/* Guests' arguments are on the operation's stack. */
unsigned long guest_copy_from(void *to, const void *guest, unsigned long n)
{
	memcpy(to, guest, n);
	return 0;
}

unsigned long guest_copy_to(void *guest, const void *from, unsigned long n)
{
	memcpy(guest, from, n);
	return 0;
}

/* --- memory --- */

static DEFINE_SPINLOCK(heap_lock, LOCK_HEAP);
static uint32_t free_mfns;
static struct { void *p; size_t size; bool used; } pool[32];

bool mfn_is_io(mfn_t m) { return m.n >= NR_FRAMES; }
maddr_t image_to_maddr(const void *p) { return maddr(0); }
unsigned long free_frames(void) { return (unsigned long)__builtin_popcount(free_mfns); }
bool heap_claim(long pages) { return true; }

struct frame *heap_alloc(unsigned int order, unsigned int memflags)
{
	struct frame *f = NULL;

	spin_lock(&heap_lock);
	if (free_mfns) {
		f = &model_frames[first_bit(free_mfns)];
		free_mfns &= free_mfns - 1;
	}
	spin_unlock(&heap_lock);
	if (f) {
		tlb_flush_since(tlb_all_cpus(), f->tlb_stamp);
		f->count = 0;
		f->tlb_stamp = 0;
	}
	return f;
}

void heap_free(struct frame *f, unsigned int order, uint64_t tlb_stamp)
{
	uint32_t bit = 1U << (f - model_frames);

	MODEL_CHECK(!(f->count & FC_COUNT_MASK), "frame %lu is freed with %lu references", frame_to_mfn(f).n,
		    f->count & FC_COUNT_MASK);
	MODEL_CHECK((f->count & FC_XEN) || !(f->type & FT_COUNT_MASK), "frame %lu is freed in use as type %u",
		    frame_to_mfn(f).n, frame_type_of(f->type));
	f->owner = NULL;
	f->count = FC_FREE;
	f->type = 0;
	f->tlb_stamp = tlb_stamp;
	f->mapped_elsewhere = false;
	list_init(&f->list);
	spin_lock(&heap_lock);
	MODEL_CHECK(!(free_mfns & bit), "frame %lu is freed twice", frame_to_mfn(f).n);
	free_mfns |= bit;
	spin_unlock(&heap_lock);
}

void shim_free_frame(unsigned int m)
{
	model_frames[m].count = FC_FREE;
	list_init(&model_frames[m].list);
	free_mfns |= 1U << m;
}

/* What is allocated in setup can be freed and allocated again; there is nothing else. */
static void *grow_pool(size_t n)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(pool); i++)
		if (!pool[i].p) {
			pool[i].p = model_alloc(n, n >= PAGE_SIZE ? PAGE_SIZE : 64);
			pool[i].size = n;
			pool[i].used = true;
			return pool[i].p;
		}
	model_fail("too many pieces in the pool");
}

void *kzalloc(size_t n)
{
	if (model_in_setup())
		return grow_pool(n);
	for (unsigned int i = 0; i < ARRAY_SIZE(pool); i++)
		if (pool[i].p && !pool[i].used && pool[i].size >= n && pool[i].size <= 2 * n + 64) {
			pool[i].used = true;
			memset(pool[i].p, 0, n);
			return pool[i].p;
		}
	return NULL;
}

void kfree(void *p)
{
	for (unsigned int i = 0; p && i < ARRAY_SIZE(pool); i++)
		if (pool[i].p == p) {
			MODEL_CHECK(pool[i].used, "memory is freed twice");
			pool[i].used = false;
		}
}

void *kmalloc(size_t n) { return kzalloc(n); }
void *kzalloc_pages(size_t n) { return kzalloc(n); }
void kfree_pages(void *p, size_t n) { kfree(p); }

/* --- TLBs --- */

UNSEEN static void forget_translations(unsigned int c)
{
	/* All of them go in one instant; those that the tables still allow come back with settle(). */
	model_access(&model_tlb[c], sizeof(model_tlb[c]), true);
	model_tlb[c].read = model_tlb[c].write = 0;
}

static void flush_cpu(unsigned int c)
{
	uint64_t t = tlb_flush_begin();

	forget_translations(c);
	WRITE_ONCE(((struct mm_cpu *)cpus[c]->mm)->tlb_stamp, t);
}

void flush_tlb_mask(cpumask_t m)
{
	for (unsigned int c = 0; c < NR_CPUS; c++)
		if (cpumask_test(m, c))
			flush_cpu(c);
}

void flush_tlb_local(void) { flush_cpu(model_cpu()); }
void flush_tlb_one_local(unsigned long va) { }
void flush_tlb_one_mask(cpumask_t m, unsigned long va) { }

void load_ldt(const struct vcpu *v) { }
void smp_call(cpumask_t to, void (*fn)(void *), void *arg) { }

void tlb_fill(void)
{
	struct model_tlb now[NR_CPUS];

	for (unsigned int c = 0; c < NR_CPUS; c++)
		now[c] = model_tlb[c];
	for (unsigned int m = 1; m < NR_FRAMES; m++) {
		const struct frame *f = &model_frames[m];

		if (frame_type_of(f->type) != FRAME_L1 || !(f->type & FT_VALIDATED) || !(f->type & FT_COUNT_MASK))
			continue;
		for (unsigned int slot = 0; slot < ENTRIES_PER_TABLE; slot++) {
			uint64_t e = *shim_entry(m, slot);

			for (unsigned int c = 0; (e & PTE_P) && c < NR_CPUS; c++) {
				if (f->owner != model_vcpu[c]->domain)
					continue;
				now[c].read |= 1UL << pte_mfn(e).n;
				now[c].write |= e & PTE_RW ? 1UL << pte_mfn(e).n : 0;
			}
		}
	}
	for (unsigned int c = 0; c < NR_CPUS; c++)
		if (now[c].read != model_tlb[c].read || now[c].write != model_tlb[c].write) {
			memory_will_write(&model_tlb[c], sizeof(model_tlb[c]));
			model_tlb[c] = now[c];
		}
}

/* What the TLB says and the write are one instant. */
UNSEEN void tlb_store(unsigned int m, unsigned int slot, uint64_t value)
{
	uint64_t *p = shim_entry(m, slot);

	model_access(&model_tlb[model_cpu()], sizeof(model_tlb[0]), false);
	model_access(p, sizeof(*p), true);
	if (model_tlb[model_cpu()].write & (1UL << m))
		*p = value;
}

void tlb_canonical(void)
{
	uint64_t *v[NR_FRAMES + NR_CPUS + 1], last = 0, next = 1;
	unsigned int n = 0, sorted;

	v[n++] = &tlb_clock;
	for (unsigned int c = 0; c < NR_CPUS; c++)
		v[n++] = &((struct mm_cpu *)cpus[c]->mm)->tlb_stamp;
	for (unsigned int m = 1; m < NR_FRAMES; m++)
		v[n++] = &model_frames[m].tlb_stamp;
	for (sorted = 0; sorted < n; sorted++)
		for (unsigned int i = sorted + 1; i < n; i++)
			if (*v[i] < *v[sorted]) {
				uint64_t *t = v[i];

				v[i] = v[sorted];
				v[sorted] = t;
			}
	for (unsigned int i = 0; i < n; i++) {
		uint64_t old = *v[i];

		if (!old)
			continue;
		next += last && old != last;
		last = old;
		if (old != next) {
			memory_will_write(v[i], sizeof(*v[i]));
			*v[i] = next;
		}
	}
}
