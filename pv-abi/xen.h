/* SPDX-License-Identifier: MIT */
/*
 * The core of the PV interface: hypercall numbers, virtual interrupts, page-table updates,
 * multicalls, time, the shared page and the boot page.
 *
 * Names, numbers and layouts are those of Xen 4.17 for 64-bit x86 guests. Every hypercall returns
 * 0 or a result on success and a negative errno (see errno.h) on failure; -ENOSYS where nothing
 * answers. Read next: arch-x86/xen.h, event_channel.h, memory.h.
 */
#ifndef PV_ABI_XEN_H
#define PV_ABI_XEN_H

#include "xen-compat.h"

#ifdef __ASSEMBLY__
#define xen_mk_uint(x) x
#define xen_mk_ulong(x) x
#define xen_mk_ullong(x) x
#else
#define __xen_mk_uint(x) x ## U
#define __xen_mk_ulong(x) x ## UL
#define __xen_mk_ullong(x) x ## ULL
#define xen_mk_uint(x) __xen_mk_uint(x)
#define xen_mk_ulong(x) __xen_mk_ulong(x)
#define xen_mk_ullong(x) __xen_mk_ullong(x)
#endif

#include "arch-x86/xen.h"
#include "hypercall-numbers.h"

#ifndef __ASSEMBLY__
DEFINE_XEN_GUEST_HANDLE(char);
__DEFINE_XEN_GUEST_HANDLE(uchar, unsigned char);
DEFINE_XEN_GUEST_HANDLE(int);
__DEFINE_XEN_GUEST_HANDLE(uint, unsigned int);
DEFINE_XEN_GUEST_HANDLE(void);
DEFINE_XEN_GUEST_HANDLE(uint64_t);
DEFINE_XEN_GUEST_HANDLE(xen_pfn_t);
DEFINE_XEN_GUEST_HANDLE(xen_ulong_t);
__DEFINE_XEN_GUEST_HANDLE(uint8, uint8_t);
__DEFINE_XEN_GUEST_HANDLE(uint16, uint16_t);
__DEFINE_XEN_GUEST_HANDLE(uint32, uint32_t);
__DEFINE_XEN_GUEST_HANDLE(uint64, uint64_t);
#endif

/*
 * Virtual interrupts, bound with EVTCHNOP_bind_virq. (V) one per vCPU, (G) one per domain and to
 * be bound on vCPU 0, (DOM0) given to the control domain alone.
 */
#define VIRQ_TIMER      0  /* V  timer set by this vCPU has expired */
#define VIRQ_DEBUG      1  /* V  please print your state */
#define VIRQ_CONSOLE    2  /* G  (DOM0) input on the emergency console */
#define VIRQ_DOM_EXC    3  /* G  (DOM0) a domain shut down, crashed or died */
#define VIRQ_TBUF       4  /* G  (DOM0) trace buffer is filling up */
#define VIRQ_DEBUGGER   6  /* G  (DOM0) a domain stopped for debugging */
#define VIRQ_XENOPROF   7  /* V  profiling sample */
#define VIRQ_CON_RING   8  /* G  (DOM0) the console log has new text */
#define VIRQ_PCPU_STATE 9  /* G  (DOM0) a physical CPU changed state */
#define VIRQ_MEM_EVENT  10 /* G  (DOM0) a memory event happened */
#define VIRQ_ARGO       11 /* G  a message arrived */
#define VIRQ_ENOMEM     12 /* G  (DOM0) memory is low */
#define VIRQ_XENPMU     13 /* V  performance counter interrupt */
#define VIRQ_ARCH_0     16
#define VIRQ_ARCH_1     17
#define VIRQ_ARCH_2     18
#define VIRQ_ARCH_3     19
#define VIRQ_ARCH_4     20
#define VIRQ_ARCH_5     21
#define VIRQ_ARCH_6     22
#define VIRQ_ARCH_7     23
#define NR_VIRQS        24

/*
 * HYPERVISOR_mmu_update(reqs, count, done, foreigndom): applies requests in order, stores in
 * *done (if not null) how many were, and stops at the first that fails with its error. The low
 * two bits of a request's ptr are one of these. foreigndom is DOMID_SELF, or in bits 0-15 the
 * owner of the frames that entries point to and in bits 16-31 (plus one) the owner of the page
 * tables.
 *
 * NORMAL and PRESERVE_AD: ptr is the machine address of an entry in a frame that is a page table,
 * val the new entry; PRESERVE_AD keeps accessed and dirty bits that the CPU sets meanwhile.
 * MACHPHYS: ptr is the machine address of a frame, val its PFN for the machine-to-physical table.
 * NO_TRANSLATE: as NORMAL, and val holds a machine frame even where guests' frames are
 * translated.
 */
#define MMU_NORMAL_PT_UPDATE       0
#define MMU_MACHPHYS_UPDATE        1
#define MMU_PT_UPDATE_PRESERVE_AD  2
#define MMU_PT_UPDATE_NO_TRANSLATE 3

/*
 * HYPERVISOR_mmuext_op(ops, count, done, foreigndom): operations on frames, base pointers and
 * TLBs, in order, with *done as above. A pin holds a type on a table even when nothing points at
 * it.
 *
 *   PIN_Ln_TABLE, UNPIN_TABLE  arg1.mfn
 *   NEW_BASEPTR                arg1.mfn: kernel L4 of this vCPU
 *   NEW_USER_BASEPTR           arg1.mfn: user L4 of this vCPU, or 0 for none
 *   TLB_FLUSH_*, INVLPG_*      arg1.linear_addr for INVLPG; LOCAL this vCPU, MULTI those in the
 *                              bitmap arg2.vcpumask, ALL every vCPU of the domain
 *   FLUSH_CACHE                writes back and invalidates; needs access to device memory
 *   SET_LDT                    arg1.linear_addr page-aligned, arg2.nr_ents at most 8192
 *   CLEAR_PAGE                 arg1.mfn; COPY_PAGE: to arg1.mfn from arg2.src_mfn
 *   MARK_SUPER, UNMARK_SUPER   not supported by Xen 4.17 without superpage support: -EOPNOTSUPP
 */
#define MMUEXT_PIN_L1_TABLE       0
#define MMUEXT_PIN_L2_TABLE       1
#define MMUEXT_PIN_L3_TABLE       2
#define MMUEXT_PIN_L4_TABLE       3
#define MMUEXT_UNPIN_TABLE        4
#define MMUEXT_NEW_BASEPTR        5
#define MMUEXT_TLB_FLUSH_LOCAL    6
#define MMUEXT_INVLPG_LOCAL       7
#define MMUEXT_TLB_FLUSH_MULTI    8
#define MMUEXT_INVLPG_MULTI       9
#define MMUEXT_TLB_FLUSH_ALL      10
#define MMUEXT_INVLPG_ALL         11
#define MMUEXT_FLUSH_CACHE        12
#define MMUEXT_SET_LDT            13
#define MMUEXT_NEW_USER_BASEPTR   15
#define MMUEXT_CLEAR_PAGE         16
#define MMUEXT_COPY_PAGE          17
#define MMUEXT_FLUSH_CACHE_GLOBAL 18
#define MMUEXT_MARK_SUPER         19
#define MMUEXT_UNMARK_SUPER       20

#ifndef __ASSEMBLY__
struct mmuext_op {
	unsigned int cmd;
	union {
		xen_pfn_t mfn;
		unsigned long linear_addr;
	} arg1;
	union {
		unsigned int nr_ents;
		XEN_GUEST_HANDLE(const_void) vcpumask;
		xen_pfn_t src_mfn;
	} arg2;
};
typedef struct mmuext_op mmuext_op_t;
DEFINE_XEN_GUEST_HANDLE(mmuext_op_t);
PV_ABI_SIZE(struct mmuext_op, 24);
#endif

/*
 * Flags of update_va_mapping: whether to flush, and whose TLBs. With UVMF_MULTI the bits above
 * hold a pointer to a bitmap of vCPUs; a null pointer (UVMF_LOCAL) means the calling vCPU.
 */
#define UVMF_NONE           (xen_mk_ulong(0) << 0)
#define UVMF_TLB_FLUSH      (xen_mk_ulong(1) << 0)
#define UVMF_INVLPG         (xen_mk_ulong(2) << 0)
#define UVMF_FLUSHTYPE_MASK (xen_mk_ulong(3) << 0)
#define UVMF_MULTI          (xen_mk_ulong(0) << 2)
#define UVMF_LOCAL          (xen_mk_ulong(0) << 2)
#define UVMF_ALL            (xen_mk_ulong(1) << 2)

/* HYPERVISOR_console_io(cmd, count, buffer): read returns the number of bytes, write returns 0. */
#define CONSOLEIO_write 0
#define CONSOLEIO_read  1

/* HYPERVISOR_vm_assist(cmd, type): switches a service of the hypervisor on or off. */
#define VMASST_CMD_enable  0
#define VMASST_CMD_disable 1

#define VMASST_TYPE_4gb_segments          0  /* 32-bit: emulate segments that wrap at 4 GB */
#define VMASST_TYPE_4gb_segments_notify   1  /* 32-bit: tell the guest (trap 15) */
#define VMASST_TYPE_writable_pagetables   2  /* emulate writes to page tables */
#define VMASST_TYPE_pae_extended_cr3      3  /* 32-bit: L3 above 4 GB */
#define VMASST_TYPE_architectural_iopl    4  /* set_iopl's value appears in pushed rflags */
#define VMASST_TYPE_runstate_update_flag  5  /* mark runstate areas while they are written */
#define VMASST_TYPE_m2p_strict            32 /* no machine-to-physical table in user mode */

/*
 * Domain identifiers: 15 bits, the upper ones of them reserved for meanings. DOMID_IO owns device
 * memory, DOMID_XEN what the hypervisor shares, DOMID_COW shared copy-on-write frames.
 */
#define DOMID_FIRST_RESERVED xen_mk_uint(0x7FF0)
#define DOMID_SELF           xen_mk_uint(0x7FF0)
#define DOMID_IO             xen_mk_uint(0x7FF1)
#define DOMID_XEN            xen_mk_uint(0x7FF2)
#define DOMID_COW            xen_mk_uint(0x7FF3)
#define DOMID_INVALID        xen_mk_uint(0x7FF4)
#define DOMID_IDLE           xen_mk_uint(0x7FFF)
#define DOMID_MASK           xen_mk_uint(0x7FFF)

#ifndef __ASSEMBLY__

typedef uint16_t domid_t;

struct mmu_update {
	uint64_t ptr; /* machine address, with the command in bits 0 and 1 */
	uint64_t val;
};
typedef struct mmu_update mmu_update_t;
DEFINE_XEN_GUEST_HANDLE(mmu_update_t);
PV_ABI_SIZE(struct mmu_update, 16);

/*
 * HYPERVISOR_multicall(calls, nr_calls): makes the calls in order, each whatever the others'
 * results; results are stored in place. Returns -EFAULT if the array cannot be read, else 0. Not
 * nestable.
 */
struct multicall_entry {
	xen_ulong_t op, result;
	xen_ulong_t args[6];
};
typedef struct multicall_entry multicall_entry_t;
DEFINE_XEN_GUEST_HANDLE(multicall_entry_t);
PV_ABI_SIZE(struct multicall_entry, 64);

/*
 * System time (ns since the machine started), for one vCPU:
 *   system_time + (((tsc - tsc_timestamp) << tsc_shift) * tsc_to_system_mul >> 32)
 * with a right shift for a negative tsc_shift. version is odd while the record is written; a
 * reader repeats until it saw the same even value before and after.
 */
struct vcpu_time_info {
	uint32_t version;
	uint32_t pad0;
	uint64_t tsc_timestamp;
	uint64_t system_time;
	uint32_t tsc_to_system_mul;
	int8_t tsc_shift;
	uint8_t flags;
	uint8_t pad1[2];
};
typedef struct vcpu_time_info vcpu_time_info_t;
PV_ABI_SIZE(struct vcpu_time_info, 32);
PV_ABI_OFFSET(struct vcpu_time_info, tsc_to_system_mul, 24);
PV_ABI_OFFSET(struct vcpu_time_info, flags, 29);

#define XEN_PVCLOCK_TSC_STABLE_BIT (1 << 0) /* monotonic across vCPUs */
#define XEN_PVCLOCK_GUEST_STOPPED  (1 << 1)

/*
 * Per-vCPU part of the shared page, or where VCPUOP_register_vcpu_info put it.
 * evtchn_upcall_pending: set by the hypervisor when an event arrives, cleared by the guest before
 * it looks. evtchn_upcall_mask: set while the guest wants no upcall, the virtual interrupt flag
 * inverted; the hypervisor sets it when it delivers one. evtchn_pending_sel (2-level): one bit
 * for each word of evtchn_pending that may have a bit set.
 */
struct vcpu_info {
	uint8_t evtchn_upcall_pending;
	uint8_t evtchn_upcall_mask;
	xen_ulong_t evtchn_pending_sel;
	struct arch_vcpu_info arch;
	vcpu_time_info_t time;
};
typedef struct vcpu_info vcpu_info_t;
PV_ABI_SIZE(struct vcpu_info, 64);
PV_ABI_OFFSET(struct vcpu_info, evtchn_upcall_mask, 1);
PV_ABI_OFFSET(struct vcpu_info, evtchn_pending_sel, 8);
PV_ABI_OFFSET(struct vcpu_info, arch, 16);
PV_ABI_OFFSET(struct vcpu_info, time, 32);

/*
 * One page, shared by the hypervisor and the guest, whose machine address start_info gives. Wall
 * clock: time of day at system time 0, in wc_sec_hi:wc_sec and wc_nsec, guarded by wc_version as
 * the time records are by theirs.
 */
struct shared_info {
	struct vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
	xen_ulong_t evtchn_pending[sizeof(xen_ulong_t) * 8];
	xen_ulong_t evtchn_mask[sizeof(xen_ulong_t) * 8];
	uint32_t wc_version;
	uint32_t wc_sec;
	uint32_t wc_nsec;
	uint32_t wc_sec_hi;
#define xen_wc_sec_hi wc_sec_hi
	struct arch_shared_info arch;
};
typedef struct shared_info shared_info_t;
PV_ABI_SIZE(struct shared_info, 3136);
PV_ABI_OFFSET(struct shared_info, evtchn_pending, 2048);
PV_ABI_OFFSET(struct shared_info, evtchn_mask, 2560);
PV_ABI_OFFSET(struct shared_info, wc_version, 3072);
PV_ABI_OFFSET(struct shared_info, arch, 3088);

/*
 * Boot page of a PV guest; %rsi has its virtual address at the first instruction. The domain's
 * image lies in the guest's virtual space from the ELF note's base up, in this order: kernel,
 * module, P2M list (unless the INIT_P2M note puts it elsewhere), this page, store and console
 * rings, page tables, boot stack; all mapped, up to the next 4 MB with at least 512 KB to spare.
 */
struct start_info {
	char magic[32];            /* "xen-3.0-x86_64" */
	unsigned long nr_pages;    /* pages given to the domain */
	unsigned long shared_info; /* MACHINE address of struct shared_info */
	uint32_t flags;            /* SIF_* */
	xen_pfn_t store_mfn;       /* XenStore ring; MACHINE frame */
	uint32_t store_evtchn;
	union {
		struct {
			xen_pfn_t mfn; /* console ring; MACHINE frame */
			uint32_t evtchn;
		} domU;
		struct {
			uint32_t info_off;  /* of dom0_vga_console_info in this page */
			uint32_t info_size; /* 0: none */
		} dom0;
	} console;
	unsigned long pt_base;      /* virtual address of the L4 */
	unsigned long nr_pt_frames; /* page tables follow it contiguously */
	unsigned long mfn_list;     /* virtual address of the P2M list */
	unsigned long mod_start;    /* virtual address of the module, or PFN if SIF_MOD_START_PFN */
	unsigned long mod_len;      /* bytes, 0: none */
#define MAX_GUEST_CMDLINE 1024
	int8_t cmd_line[MAX_GUEST_CMDLINE]; /* always ends with NUL */
	unsigned long first_p2m_pfn;        /* frames of the P2M list, if it has its own mapping */
	unsigned long nr_p2m_frames;
};
typedef struct start_info start_info_t;
PV_ABI_SIZE(struct start_info, 1168);
PV_ABI_OFFSET(struct start_info, shared_info, 40);
PV_ABI_OFFSET(struct start_info, store_mfn, 56);
PV_ABI_OFFSET(struct start_info, console, 72);
PV_ABI_OFFSET(struct start_info, pt_base, 88);
PV_ABI_OFFSET(struct start_info, cmd_line, 128);
PV_ABI_OFFSET(struct start_info, first_p2m_pfn, 1152);

#endif /* !__ASSEMBLY__ */

#define SIF_PRIVILEGED      (1 << 0)   /* may make control operations */
#define SIF_INITDOMAIN      (1 << 1)   /* the control domain */
#define SIF_MULTIBOOT_MOD   (1 << 2)   /* mod_start points at an xen_multiboot_mod_list */
#define SIF_MOD_START_PFN   (1 << 3)   /* mod_start is a PFN, not mapped */
#define SIF_VIRT_P2M_4TOOLS (1 << 4)   /* tools understand a virtually mapped P2M */
#define SIF_PM_MASK         (0xFF << 8) /* power management options for domain 0 */

#ifndef __ASSEMBLY__

struct xen_multiboot_mod_list {
	uint32_t mod_start; /* physical address of the first byte */
	uint32_t mod_end;   /* and of the first behind it */
	uint32_t cmdline;
	uint32_t pad;
};
PV_ABI_SIZE(struct xen_multiboot_mod_list, 16);

/* What the control domain needs in order to take the display over. */
typedef struct dom0_vga_console_info {
	uint8_t video_type;
#define XEN_VGATYPE_TEXT_MODE_3 0x03
#define XEN_VGATYPE_VESA_LFB    0x23
#define XEN_VGATYPE_EFI_LFB     0x70
	union {
		struct {
			uint16_t font_height;          /* pixels */
			uint16_t cursor_x, cursor_y;   /* characters */
			uint16_t rows, columns;        /* characters */
		} text_mode_3;
		struct {
			uint16_t width, height;
			uint16_t bytes_per_line;
			uint16_t bits_per_pixel;
			uint32_t lfb_base;             /* low 32 bits */
			uint32_t lfb_size;             /* in units of 64 KB */
			uint8_t red_pos, red_size;
			uint8_t green_pos, green_size;
			uint8_t blue_pos, blue_size;
			uint8_t rsvd_pos, rsvd_size;
			uint32_t gbl_caps;
			uint16_t mode_attrs;
			uint16_t pad;
			uint32_t ext_lfb_base;         /* high 32 bits */
		} vesa_lfb;
	} u;
} dom0_vga_console_info_t;
#define xen_vga_console_info dom0_vga_console_info
#define xen_vga_console_info_t dom0_vga_console_info_t
PV_ABI_SIZE(struct dom0_vga_console_info, 40);

typedef uint8_t xen_domain_handle_t[16]; /* a UUID */

typedef struct {
	uint8_t a[16];
} xen_uuid_t;

/* A UUID from its written form: 32, 16, 16 and 16 bits, then six bytes. */
#define XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6) \
	{ { ((a) >> 24) & 0xFF, ((a) >> 16) & 0xFF, ((a) >> 8) & 0xFF, ((a) >> 0) & 0xFF, \
	    ((b) >> 8) & 0xFF, ((b) >> 0) & 0xFF, ((c) >> 8) & 0xFF, ((c) >> 0) & 0xFF, \
	    ((d) >> 8) & 0xFF, ((d) >> 0) & 0xFF, e1, e2, e3, e4, e5, e6 } }
#define XEN_DEFINE_UUID(a, b, c, d, e1, e2, e3, e4, e5, e6) \
	((xen_uuid_t)XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6))

/* A bitmap of nr_bits bits in guest memory, in bytes, least significant bit first. */
struct xenctl_bitmap {
	XEN_GUEST_HANDLE_64(uint8) bitmap;
	uint32_t nr_bits;
};
typedef struct xenctl_bitmap xenctl_bitmap_t;
PV_ABI_SIZE(struct xenctl_bitmap, 16);

#endif /* !__ASSEMBLY__ */

#endif /* PV_ABI_XEN_H */
