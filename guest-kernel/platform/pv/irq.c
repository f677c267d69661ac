/* SPDX-License-Identifier: MIT */
/*
 * Interrupts are events: a bit for each port in the shared page, an upcall that says "look", and a mask
 * in each vCPU's part that stands for the interrupt flag. [pv-abi/event_channel.h]
 *
 * Locks: irq_lock for the table of handlers.
 */
#include "../../kernel/lib.h"
#include "../../kernel/lock.h"
#include "../../kernel/page.h"
#include "../../kernel/task.h"
#include "pv.h"

#define PORTS 4096
#define WORDS (PORTS / 64)

struct action {
	void (*handler)(void *arg);
	void *arg;
};

/* A page of handlers at a time: a small domain uses few ports. */
static struct action *actions[PORTS / 256];
static u64 cpu_ports[MAX_CPUS][WORDS];		/* which CPU looks at a port */
static volatile u32 dispatching[MAX_CPUS];	/* the port whose handler runs; 0 is no port */
static struct spinlock irq_lock = SPINLOCK_INIT(LOCK_IRQ);

void cpu_init_ipi(unsigned cpu);

static inline struct vcpu_info *vcpu_info(void)
{
	return &shared_info.vcpu_info[this_cpu()->id];
}

bool plat_irqs_on(void)
{
	return !READ_ONCE(vcpu_info()->evtchn_upcall_mask);
}

u64 plat_irq_save(void)
{
	struct vcpu_info *v = vcpu_info();
	u64 on = !READ_ONCE(v->evtchn_upcall_mask);

	WRITE_ONCE(v->evtchn_upcall_mask, 1);
	barrier();
	return on;
}

/* What became pending while masked is delivered on the way out of any hypercall. */
static void unmask_events(void)
{
	struct vcpu_info *v = vcpu_info();

	barrier();
	WRITE_ONCE(v->evtchn_upcall_mask, 0);
	barrier();
	if (unlikely(READ_ONCE(v->evtchn_upcall_pending)))
		HYPERVISOR_xen_version(XENVER_version, NULL);
}

void plat_irq_restore(u64 flags)
{
	if (flags)
		unmask_events();
}

void plat_irq_enable(void)
{
	unmask_events();
}

void plat_irq_disable(void)
{
	WRITE_ONCE(vcpu_info()->evtchn_upcall_mask, 1);
	barrier();
}

void evtchn_mask(evtchn_port_t port)
{
	__atomic_or_fetch(&shared_info.evtchn_mask[port / 64], 1ul << (port % 64), __ATOMIC_SEQ_CST);
}

/* By hypercall: it also raises the upcall if the port is pending, on the right vCPU. */
void evtchn_unmask(evtchn_port_t port)
{
	struct evtchn_unmask u = { .port = port };

	HYPERVISOR_event_channel_op(EVTCHNOP_unmask, &u);
}

void evtchn_send(evtchn_port_t port)
{
	struct evtchn_send s = { .port = port };

	HYPERVISOR_event_channel_op(EVTCHNOP_send, &s);
}

int evtchn_bind(evtchn_port_t port, unsigned cpu, void (*handler)(void *), void *arg)
{
	struct action *page = NULL;

	if (port >= PORTS)
		return -1;
	if (!actions[port / 256]) {
		page = kzalloc(256 * sizeof(*page));
		if (!page)
			return -1;
	}
	spin_lock(&irq_lock);
	if (!actions[port / 256] && page) {
		actions[port / 256] = page;
		page = NULL;
	}
	actions[port / 256][port % 256] = (struct action){ handler, arg };
	for (unsigned c = 0; c < MAX_CPUS; c++)
		cpu_ports[c][port / 64] &= ~(1ul << (port % 64));
	cpu_ports[cpu][port / 64] |= 1ul << (port % 64);
	spin_unlock(&irq_lock);
	kfree(page);
	evtchn_unmask(port);
	return 0;
}

void evtchn_release(evtchn_port_t port)
{
	struct evtchn_close c = { .port = port };

	evtchn_mask(port);
	HYPERVISOR_event_channel_op(EVTCHNOP_close, &c);
	spin_lock(&irq_lock);
	if (port < PORTS && actions[port / 256])
		actions[port / 256][port % 256] = (struct action){ NULL, NULL };
	spin_unlock(&irq_lock);
	/* A handler that runs on another CPU right now finishes first. */
	for (unsigned cpu = 0; cpu < cpu_count; cpu++)
		while (READ_ONCE(dispatching[cpu]) == port && cpu != this_cpu()->id)
			plat_relax();
}

int evtchn_bind_virq(unsigned virq, unsigned cpu, void (*handler)(void *), void *arg)
{
	struct evtchn_bind_virq b = { .virq = virq, .vcpu = cpu };
	int ret = HYPERVISOR_event_channel_op(EVTCHNOP_bind_virq, &b);

	return ret ? ret : evtchn_bind(b.port, cpu, handler, arg);
}

/* A device's line, level-triggered: after each interrupt the hypervisor waits for our EOI. */
struct line {
	u32 pirq;
	struct {
		void (*handler)(void *arg);
		void *arg;
	} users[8];
	unsigned count;
};
static struct line *lines[24];

static void line_event(void *arg)
{
	struct line *l = arg;
	struct physdev_eoi eoi = { .irq = l->pirq };

	for (unsigned i = 0; i < l->count; i++)
		l->users[i].handler(l->users[i].arg);
	HYPERVISOR_physdev_op(PHYSDEVOP_eoi, &eoi);
}

static int line_create(unsigned n)
{
	struct physdev_setup_gsi setup = { .gsi = n, .triggering = 1, .polarity = 0 };
	struct physdev_map_pirq map = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = n, .pirq = n };
	struct evtchn_bind_pirq bind = { .flags = BIND_PIRQ__WILL_SHARE };
	struct line *l = kzalloc(sizeof(*l));
	int ret;

	if (!l)
		return -1;
	HYPERVISOR_physdev_op(PHYSDEVOP_setup_gsi, &setup);
	ret = HYPERVISOR_physdev_op(PHYSDEVOP_map_pirq, &map);
	bind.pirq = l->pirq = map.pirq;
	if (!ret)
		ret = HYPERVISOR_event_channel_op(EVTCHNOP_bind_pirq, &bind);
	if (ret) {
		kfree(l);
		return ret;
	}
	lines[n] = l;
	evtchn_bind(bind.port, 0, line_event, l);
	/* In case it was raised before. */
	struct physdev_eoi eoi = { .irq = l->pirq };
	HYPERVISOR_physdev_op(PHYSDEVOP_eoi, &eoi);
	return 0;
}

int plat_irq_bind(unsigned n, void (*handler)(void *), void *arg)
{
	int ret;

	if (n >= ARRAY_SIZE(lines))
		return -1;
	if (!lines[n]) {
		ret = line_create(n);
		if (ret)
			return ret;
	}
	if (lines[n]->count == ARRAY_SIZE(lines[n]->users))
		return -1;
	lines[n]->users[lines[n]->count].handler = handler;
	lines[n]->users[lines[n]->count].arg = arg;
	barrier();
	lines[n]->count++;
	return 0;
}

void irq_init_cpu(unsigned cpu)
{
	if (!cpu)
		memset(shared_info.evtchn_mask, 0xff, sizeof(shared_info.evtchn_mask));
	cpu_init_ipi(cpu);
}

static void dispatch_port(unsigned port)
{
	struct action *page = actions[port / 256], a = { NULL, NULL };
	unsigned cpu = this_cpu()->id;

	__atomic_and_fetch(&shared_info.evtchn_pending[port / 64], ~(1ul << (port % 64)), __ATOMIC_SEQ_CST);
	__atomic_store_n(&dispatching[cpu], port, __ATOMIC_SEQ_CST);
	if (page)
		a = page[port % 256];
	if (a.handler)
		a.handler(a.arg);
	__atomic_store_n(&dispatching[cpu], 0, __ATOMIC_SEQ_CST);
}

/* TOUR 5.7: the upcall. Events are masked; what arrives meanwhile sets `pending` again. */
void pv_upcall(struct trapframe *tf)
{
	struct vcpu_info *v = vcpu_info();
	unsigned cpu = this_cpu()->id;

	while (READ_ONCE(v->evtchn_upcall_pending)) {
		u64 words;

		WRITE_ONCE(v->evtchn_upcall_pending, 0);
		words = __atomic_exchange_n(&v->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
		while (words) {
			unsigned w = __builtin_ctzl(words);
			u64 ports;

			words &= words - 1;
			ports = READ_ONCE(shared_info.evtchn_pending[w]) & ~shared_info.evtchn_mask[w] &
				(w < WORDS ? cpu_ports[cpu][w] : 0);
			for (; ports; ports &= ports - 1)
				dispatch_port(w * 64 + __builtin_ctzl(ports));
		}
	}
	if (from_user(tf))
		user_return(tf);
}
