/* SPDX-License-Identifier: MIT
 *
 * What memory management keeps per domain and per vCPU, and what others call.
 */
#ifndef HYPERVISOR_MM_DOMAIN_MM_H
#define HYPERVISOR_MM_DOMAIN_MM_H

#include <pv-abi/xen.h>
#include "lib/list.h"
#include "lib/spinlock.h"
#include "mm/frame.h"

struct domain;
struct vcpu;

/* An entry of a memory map as guests see it. */
struct boot_e820 {
	uint64_t start, size;
	uint32_t type;
} __attribute__((packed));

struct domain_mm {
	spinlock_t page_alloc_lock;     /* LOCK_PAGE_ALLOC: the lists and counts below */
	struct list page_list;          /* frames the domain has been given */
	struct list xen_page_list;      /* shared with it by the hypervisor */
	unsigned int tot_pages, xen_pages, max_pages;
	unsigned int outstanding_pages; /* claimed, not yet allocated */
	unsigned int stolen_pages;      /* on their way out, or others come for them: keep their place */
	/* LOCK_PAGING: mmu_update & co. of this domain, where needed */
	spinlock_t paging_lock;
	uint64_t *perdomain_l3;         /* table behind PERDOMAIN_SLOT */
	int relmem;                     /* progress of teardown */
	struct list relmem_list;
	struct boot_e820 *e820;         /* XENMEM_set_memory_map; page_alloc_lock */
	unsigned int nr_e820;
};

struct vcpu_mm {
	mfn_t guest_table;              /* kernel-mode L4 (typed, referenced); INVALID_MFN: none */
	mfn_t guest_table_user;         /* user-mode L4, or INVALID_MFN */
	/* L1 entries of this vCPU's GDT/LDT window: 16 GDT + 16 LDT */
	uint64_t *perdomain_l1;
	spinlock_t ldt_lock;            /* LOCK_PAGE: which pages of the LDT window are mapped */
	unsigned int ldt_pages;         /* how many those are */
	/* tables that its last operation left half taken apart; own vCPU only */
	struct frame *unfinished[4];
};

struct boot_info;
/* frame table, direct map, M2P, allocators: boot CPU */
void mm_early_init(const struct boot_info *bi);
void mm_init_cpu(unsigned int cpu);
extern mfn_t idle_l4;                   /* the page table with the hypervisor's slots only */
int mm_domain_init(struct domain *d);
int mm_vcpu_init(struct vcpu *v);
void mm_vcpu_destroy(struct vcpu *v);
/* 0 or -ERESTART: gives back every page; vCPUs do not run */
int mm_relinquish(struct domain *d);
void mm_domain_free(struct domain *d);

/* Put L4 entries 256..271 (and the per-domain one) into a guest's new L4. */
void mm_init_guest_l4(struct domain *d, uint64_t *l4);
/*
 * Load CR3 for v's mode (kernel or user table; idle_l4 for the idle vCPU). Keeps the domains'
 * dirty_cpus and this CPU's loaded_domain: nobody else changes them. An idle CPU may leave the last
 * guest's tables loaded, if its TLB flush is tlb_reload_cr3() (mm/tlb.h).
 */
void mm_load_cr3(struct vcpu *v);
unsigned long vcpu_cr3_maddr(const struct vcpu *v);
/*
 * As MMUEXT_NEW_BASEPTR and NEW_USER_BASEPTR, for current or a vCPU that does not run: validates if
 * need be, takes references, drops those of the old table. 0, -EINVAL, or -ERESTART: nothing
 * changed, call again (not when called from the idle or boot context). User: INVALID_MFN for none.
 */
int mm_set_guest_table(struct vcpu *v, mfn_t l4);
int mm_set_guest_table_user(struct vcpu *v, mfn_t l4);
void mm_drop_guest_tables(struct vcpu *v);

/* Page fault at CPL 3 from guest kernel mode: writable-page-table emulation. True if dealt with. */
bool mm_fixup_fault(struct vcpu *v, unsigned long addr, struct cpu_user_regs *regs);

/* GDT frames of a vCPU (set_gdt hypercall, setvcpucontext, builder). n entries, 1..14 frames. */
int mm_set_gdt(struct vcpu *v, const unsigned long *frames, unsigned int entries);
void mm_destroy_gdt(struct vcpu *v);
/*
 * Lazy LDT: map page number @page of the current vCPU's LDT window on a fault; true if it is now
 * mapped.
 */
bool mm_map_ldt_page(struct vcpu *v, unsigned int page);
bool mm_invalidate_ldt(struct vcpu *v); /* drops lazily mapped LDT pages; true if there were some */
/* Is this a descriptor a guest may have? Adjusts DPL as Xen does. */
bool descriptor_fix(uint64_t *desc);

/* Hypervisor mappings. */
void *vmap_io(maddr_t a, size_t size);  /* uncached; never unmapped */
/* RAM or firmware tables below 4 GiB in the direct map, read-only use */
void *map_boot_range(maddr_t a, size_t size);
/*
 * A large buffer, mapped in one piece, while the hypervisor starts; the last one allocated is freed
 * first. NULL. Not cleared.
 */
void *vmap_boot_alloc(size_t size);
void vmap_boot_free(void *p, size_t size);
void *alloc_guarded_stack(unsigned int size);   /* unmapped page below; NULL */
void mm_map_perdomain(struct vcpu *v, unsigned int window_page, uint64_t l1e);

/* [first, last] (frames) is device memory that the hypervisor uses itself: no guest maps it. */
void mm_own_io(unsigned long first, unsigned long last);
bool mm_io_is_ours(unsigned long frame);
/* false: no such */
bool mm_own_io_range(unsigned int i, unsigned long *first, unsigned long *last);

/*
 * For grants: install, remove or replace a mapping in v's (current's) domain, at a virtual address
 * or at the machine address of an L1 entry. GNTST_okay or another GNTST_* code.
 *
 * create: the caller has a reference to @frame, and a WRITABLE type reference unless readonly. On
 * success the page-table entry owns them (they go when the guest overwrites the entry); on failure
 * they are still the caller's. replace: if the entry maps @frame with these rights it is cleared,
 * or, when @new_addr is not 0, gets what @new_addr's entry holds, which is cleared instead. The
 * references are the caller's again. The TLB is the caller's to flush.
 */
int mm_create_grant_host_mapping(struct vcpu *v, uint64_t addr, bool addr_is_pte, mfn_t frame,
				 bool readonly, uint64_t extra_pte_flags);
int mm_replace_grant_host_mapping(struct vcpu *v, uint64_t addr, bool addr_is_pte, mfn_t frame,
				  uint64_t new_addr, bool readonly);

#endif
