/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls and foreign memory through /dev/xen/privcmd, with Linux's ioctls.
 *
 * The hypervisor reads and writes hypercall arguments at the caller's virtual addresses and never
 * faults a page in for it. All arguments therefore pass through an arena of pages that are present
 * and private: hcall_put() copies in (which touches every page), the call runs, hcall_get() copies out.
 * One thread per handle; the arena is a stack that hcall_mark()/hcall_release() unwind.
 */
#ifndef DOM0_TOOLS_LIB_HCALL_H
#define DOM0_TOOLS_LIB_HCALL_H

#include "abi.h"
#include "err.h"

struct hcall {
	int fd;
	unsigned char *arena;
	size_t size, used;
};

/* Open the device. Fails with a message that says what to check. */
int hcall_open(struct hcall *h, struct err *e);
void hcall_close(struct hcall *h);

/* Issue hypercall @nr; returns what it returned, errors as negative errno. */
long hcall(struct hcall *h, unsigned int nr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
	   uint64_t a4);

/*
 * Record that a hypercall, the last one issued, returned @ret: the text, then the reason that the
 * hypervisor gives, if it is one that gives reasons, then what the errno means. Always returns -1.
 */
int hcall_fail(struct hcall *h, struct err *e, long ret, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Space of @len bytes in the arena, a copy of @data or zeroes when that is NULL; NULL: arena full. */
void *hcall_put(struct hcall *h, const void *data, size_t len);
size_t hcall_mark(const struct hcall *h);
void hcall_release(struct hcall *h, size_t mark);

/* Calls with one structure in and out. Negative errno or the hypercall's result. */
long hcall_op(struct hcall *h, unsigned int nr, unsigned int cmd, void *arg, size_t len);
long hcall_domctl(struct hcall *h, struct xen_domctl *op);
long hcall_sysctl(struct hcall *h, struct xen_sysctl *op);

#define HCALL_ARENA_SIZE (256UL << 10)

/*
 * Map @n machine frames of domain @dom at one address. Returns NULL with the failing frame in @e.
 * foreign_unmap() must come before the frames become page tables: a writable mapping pins their type.
 */
void *foreign_map(struct hcall *h, domid_t dom, const xen_pfn_t *mfns, size_t n, int writable,
		  struct err *e);
void foreign_unmap(void *addr, size_t n);

#endif
