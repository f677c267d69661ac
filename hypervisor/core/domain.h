/* SPDX-License-Identifier: MIT
 *
 * Domains and vCPUs: what they are made of, how they are found, held and destroyed.
 *
 * A domain is held by reference (domain_get/put); the last reference frees it.
 * domain_kill() is the preemptible teardown that gives back pages, grants, event
 * channels and timers. A dead domain stays findable until nobody holds a page of
 * its: a backend that mapped its grants must still be able to unmap them.
 *
 * Each area keeps its part in a structure of its own (struct domain_mm and so on),
 * defined in that area's header and embedded here.
 *
 * Locks: LOCK_DOMAIN protects the fields marked [D]; others as marked.
 */
#ifndef HYPERVISOR_CORE_DOMAIN_H
#define HYPERVISOR_CORE_DOMAIN_H

#include <pv-abi/paravane.h>
#include <pv-abi/xen.h>
#include <pv-abi/sched.h>
#include <pv-abi/vcpu.h>
#include "arch/cpu.h"
#include "arch/fpu.h"
#include "arch/smp.h"
#include "core/evtchn.h"
#include "core/grant.h"
#include "core/runstate.h"
#include "core/sched.h"
#include "core/tasklet.h"
#include "core/timer.h"
#include "hvm/hvm.h"
#include "lib/list.h"
#include "lib/spinlock.h"
#include "lib/types.h"
#include "mm/domain_mm.h"
#include "pv/pv.h"

#define MAX_VCPUS 64            /* per domain */
#define NR_WATCHDOGS 2
#define SHUTDOWN_NONE 0xff      /* no reason set yet */
#define DOMAIN_NAME_MAX PARAVANE_BOOT_NAME_SIZE

/* How the CPU enters what a vCPU runs. */
enum vcpu_kind { VCPU_PV, VCPU_IDLE, VCPU_HVM };

enum domain_dying { DOMDYING_ALIVE, DOMDYING_DYING, DOMDYING_DEAD };

struct rangeset;
struct domain_console;
struct xen_domctl_createdomain;

struct domain {
	domid_t domid;
	bool privileged;                /* control domain */
	bool system;                    /* DOMID_XEN, DOMID_IO, DOMID_IDLE: never runs, never dies */
	uint8_t dying;                  /* enum domain_dying [D] */
	uint32_t refcount;              /* atomic */
	struct list list;               /* all domains, by rising domid [LOCK_DOMLIST] */
	struct domain *hash_next;       /* same hash of domid [LOCK_DOMLIST] */
	spinlock_t lock;                /* LOCK_DOMAIN */

	unsigned int max_vcpus;
	struct vcpu **vcpu;             /* max_vcpus entries, NULL where not allocated */
	xen_domain_handle_t handle;     /* uuid */
	uint32_t ssidref;
	uint32_t create_flags;          /* XEN_DOMCTL_CDF_* */
	uint64_t vm_assist;             /* VMASST_TYPE_* bits, own vCPUs only */

	/* Pause and shutdown [D] */
	int pause_count;                /* atomic: every reason together */
	int controller_pause_count;     /* pauses by domctl */
	bool creation_finished;
	bool shutting_down, shut_down, crashed; /* atomic: a crash comes in any context */
	uint8_t shutdown_code;          /* SHUTDOWN_*, or SHUTDOWN_NONE */
	uint8_t kill_step;              /* how far domain_kill() has come [LOCK_DOMCTL] */
	struct tasklet shutdown_tasklet, free_tasklet;
	struct vcpu *crashed_vcpu;      /* whose registers are still to be shown */
	char crash_reason[128];         /* why domain_crash() was called, for pvctl explain */
	struct paravane_domctl_boot_domain boot;        /* set by the builder of boot domains; no name: not one */

	struct shared_info *shared_info;        /* direct-mapped, owned by the domain, shared with it */
	mfn_t shared_info_mfn;
	s_time_t time_offset;           /* settimeoffset, in ns */
	cpumask_t dirty_cpus;           /* CPUs that may hold translations of this domain; atomic bits */
	uint32_t virq_to_evtchn_global[NR_VIRQS];
	struct timer watchdog[NR_WATCHDOGS];
	uint32_t watchdog_inuse;        /* [D] */
	uint32_t suspend_port;          /* XEN_DOMCTL_subscribe: told of a suspend; 0 none */
	uint64_t poll_mask;             /* vCPUs in SCHEDOP_poll; atomic bits */

	/* Hardware access. Sorted, disjoint, inclusive ranges; only the control domain has any by default. */
	struct rangeset *ioports, *iomem, *irqs;

	struct domain_mm mm;            /* mm/domain_mm.h */
	struct domain_evtchn evtchn;    /* core/evtchn.h */
	struct grant_table *grant;      /* core/grant.h */
	struct domain_sched sched;      /* core/sched.h */
	struct domain_pv pv;            /* pv/pv.h */
	struct domain_console *console; /* core/console.h: output of console_io, rate limit */
	struct domain_hvm *hvm;         /* hvm/internal.h; NULL: paravirtualized */
};

struct vcpu {
	/*
	 * The entry frame. IRET to the guest is executed with RSP in it, and a
	 * fault there pushes a second frame below: entry_pad takes what of that
	 * does not fit (arch/entry.S has the picture). regs sits at 8 modulo 16,
	 * so that RSP0, just behind its SS, is a multiple of 16.
	 */
	uint64_t entry_pad[9];
	struct cpu_user_regs regs;
	struct domain *domain;
	unsigned int vcpu_id;
	unsigned int processor;         /* CPU it is on or was last on */
	bool initialised;               /* has a context (VCPUOP_initialise or the builder) [D] */
	bool is_running;                /* its registers are live on a CPU; LOCK_SCHED */
	uint8_t kind;                   /* enum vcpu_kind */
	unsigned long pause_flags;      /* VPF_* bits, atomic; runs only when 0 */
	int pause_count;                /* atomic: vcpu_pause nesting */
	unsigned int poll_evtchn;       /* SCHEDOP_poll: the one port, or POLL_ANY */
	bool paused_for_shutdown;
	int8_t pin_override;            /* SCHEDOP_pin_override: CPU, or -1 */

	struct vcpu_info *vcpu_info;    /* in shared_info or registered; never NULL */
	mfn_t vcpu_info_mfn;            /* registered page, INVALID_MFN when in shared_info */

	struct vcpu_runstate_info runstate;     /* LOCK_SCHED */
	struct vcpu_runstate_info *runstate_guest;      /* guest virtual address, or NULL */
	bool runstate_stale;            /* the guest's copy could not be written in user mode */
	struct vcpu_time_info *time_guest;              /* likewise, VCPUOP_register_vcpu_time_memory_area */

	s_time_t periodic_period, periodic_last;
	struct timer periodic_timer, singleshot_timer, poll_timer;

	struct vcpu_sched sched;        /* core/sched.h */
	struct vcpu_evtchn evtchn;      /* core/evtchn.h */
	struct vcpu_mm mm;              /* mm/domain_mm.h */
	struct vcpu_pv pv;              /* pv/pv.h */
	struct vcpu_fpu fpu;            /* arch/fpu.h */
	struct vcpu_hvm *hvm;           /* hvm/internal.h; NULL: paravirtualized */
	uint32_t virq_to_evtchn[NR_VIRQS];
	struct vcpu_error {             /* hypercall_error(): why its last hypercall failed */
		int32_t err;
		uint32_t op;
		s_time_t when;
		char text[128];         /* PARAVANE_REASON_SIZE */
		bool fresh;             /* set during the call that is going on */
	} error;
} __aligned(64);

_Static_assert(offsetof(struct vcpu, regs) % 16 == 8, "RSP0 must be a multiple of 16");
_Static_assert(offsetof(struct vcpu, regs) >= 64, "room for a frame of a fault in IRET");

/* pause_flags */
#define VPF_BLOCKED     0       /* bit numbers: waiting for an event */
#define VPF_DOWN        1       /* VCPUOP_down, or never brought up */
#define VPF_PARKED      2       /* used up its domain's cap */

#define POLL_ANY (~0U)          /* poll_evtchn: any of several ports, or none */

extern struct domain *dom0, *dom_xen, *dom_io, *dom_idle;
extern struct vcpu_info dummy_vcpu_info;        /* of vCPUs above 31 before they register one */

static inline bool is_idle_domain(const struct domain *d) { return d->domid == DOMID_IDLE; }
static inline bool is_idle_vcpu(const struct vcpu *v) { return is_idle_domain(v->domain); }
#ifndef CONFIG_HVM      /* compiled for a test on the host */
#define CONFIG_HVM 0
#endif
static inline bool is_hvm_domain(const struct domain *d) { return CONFIG_HVM && d->hvm; }
#define for_each_vcpu(d, v) \
	for (unsigned int i__ = 0; i__ < (d)->max_vcpus; i__++) \
		if (((v) = (d)->vcpu[i__]) == NULL) ; else
static inline bool vcpu_runnable(const struct vcpu *v)
{
	return !(v->pause_flags | (unsigned int)v->pause_count | (unsigned int)v->domain->pause_count);
}

void domain_subsystem_init(void);       /* system domains and the idle domain */
/* *out is the domain, with one reference for the list, paused; 0 or -errno. domid 0xffff...: choose one. */
int domain_create(domid_t id, bool privileged, unsigned int max_vcpus, uint32_t flags, struct domain **out);
int vcpu_create(struct domain *d, unsigned int vcpu_id, struct vcpu **out);
struct vcpu *idle_vcpu_create(unsigned int cpu);
/* As XEN_DOMCTL_createdomain asks; domain_create() is this with the defaults. */
int domain_create_config(domid_t id, bool privileged, const struct xen_domctl_createdomain *config,
			 struct domain **out);
/* DOMID_SELF allowed. Returns with a reference, NULL when there is no such domain. It may be dying: look at d->dying. */
struct domain *domain_find_get(domid_t id);
/* The caller's domain, or one that a privileged caller may act on; with a reference. NULL and *err. */
struct domain *domain_find_get_remote(domid_t id, int *err);
/* With a reference; system domains (DOMID_IO, DOMID_XEN) too. For foreign-frame operations. */
struct domain *domain_find_get_any(domid_t id);
bool domain_get(struct domain *d);      /* false when the last reference is gone */
void domain_put(struct domain *d);
int domain_kill(struct domain *d);      /* 0, or -ERESTART: call again */
void domain_pause(struct domain *d);    /* waits until no vCPU runs */
void domain_pause_nosync(struct domain *d);
void domain_unpause(struct domain *d);
int domain_pause_by_controller(struct domain *d);
int domain_unpause_by_controller(struct domain *d);
void domain_shutdown(struct domain *d, uint8_t reason);
void domain_resume(struct domain *d);
/* Crash a domain, for the reason that pvctl explain shows. May be called from any context; the current vCPU does not return to the guest. */
void domain_crash(struct domain *d, const char *fmt, ...) __printf(2, 3);
/* For lists: the first domain with domid >= from, with a reference; drops the one on after (may be NULL). */
struct domain *domain_next(struct domain *after, domid_t from);
/* Calls fn for each domain under LOCK_DOMLIST. */
void domain_for_each(void (*fn)(struct domain *d, void *arg), void *arg);

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id);      /* or NULL */
void vcpu_free(struct vcpu *v);         /* never ran, or its domain is gone */
void vcpu_set_info_area(struct vcpu *v, struct vcpu_info *vi, mfn_t m); /* takes over the frame reference */
void vcpu_put_info_area(struct vcpu *v);

void vcpu_pause(struct vcpu *v);
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
void vcpu_kick(struct vcpu *v);         /* make it look at its pending events soon */
void vcpu_wake(struct vcpu *v);         /* something in its pause state changed for the better */
void vcpu_sleep_nosync(struct vcpu *v);
void vcpu_sleep_sync(struct vcpu *v);
void vcpu_block(void);                  /* current, unless an event is pending */
void vcpu_unblock(struct vcpu *v);

#endif
