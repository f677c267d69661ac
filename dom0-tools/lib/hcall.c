/* SPDX-License-Identifier: MIT */
/* Hypercalls and foreign memory through /dev/xen/privcmd: see hcall.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <pv-abi/paravane.h>

#include "hcall.h"

struct privcmd_hypercall {
	uint64_t op;
	uint64_t arg[5];
};

struct privcmd_mmapbatch_v2 {
	unsigned int num;
	domid_t dom;
	uint64_t addr;
	const xen_pfn_t *arr;
	int *err;
};

/* Linux's _IOC(_IOC_NONE, 'P', nr, size) */
#define PRIVCMD_IOC(nr, type) (((unsigned long)sizeof(type) << 16) | ('P' << 8) | (nr))
#define PRIVCMD_HYPERCALL PRIVCMD_IOC(0, struct privcmd_hypercall)
#define PRIVCMD_MMAPBATCH_V2 PRIVCMD_IOC(4, struct privcmd_mmapbatch_v2)

int hcall_open(struct hcall *h, struct err *e)
{
	memset(h, 0, sizeof(*h));
	h->fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (h->fd < 0)
		return err_sys(e, errno, "cannot reach the hypervisor: /dev/xen/privcmd "
			       "(run this in the control domain)");
	h->size = HCALL_ARENA_SIZE;
	h->arena = mmap(NULL, h->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (h->arena == MAP_FAILED) {
		close(h->fd);
		h->fd = -1;
		return err_sys(e, errno, "cannot allocate the hypercall buffer");
	}
	/* Keeps Linux from moving the pages. A kernel that never moves any may refuse. */
	(void)mlock(h->arena, 4 * PAGE_SIZE);
	return 0;
}

void hcall_close(struct hcall *h)
{
	if (h->fd < 0)
		return;
	munmap(h->arena, h->size);
	close(h->fd);
	h->fd = -1;
}

long hcall(struct hcall *h, unsigned int nr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
	   uint64_t a4)
{
	struct privcmd_hypercall call = { nr, { a0, a1, a2, a3, a4 } };
	long ret = ioctl(h->fd, PRIVCMD_HYPERCALL, &call);

	return ret == -1 ? -errno : ret;
}

void *hcall_put(struct hcall *h, const void *data, size_t len)
{
	size_t start = (h->used + 15) & ~(size_t)15;
	unsigned char *p = h->arena + start;

	if (len > h->size || start > h->size - len)
		return NULL;
	h->used = start + len;
	if (data)
		memcpy(p, data, len);
	else
		memset(p, 0, len);
	return p;
}

size_t hcall_mark(const struct hcall *h)
{
	return h->used;
}

void hcall_release(struct hcall *h, size_t mark)
{
	h->used = mark;
}

long hcall_op(struct hcall *h, unsigned int nr, unsigned int cmd, void *arg, size_t len)
{
	size_t mark = hcall_mark(h);
	void *buf = hcall_put(h, arg, len);
	long ret;

	if (!buf)
		return -ENOBUFS;
	ret = hcall(h, nr, cmd, (uintptr_t)buf, 0, 0, 0);
	memcpy(arg, buf, len);
	hcall_release(h, mark);
	return ret;
}

/* domctl and sysctl take the structure alone. */
static long hcall_ctl(struct hcall *h, unsigned int nr, void *op, size_t len)
{
	size_t mark = hcall_mark(h);
	void *buf = hcall_put(h, op, len);
	long ret;

	if (!buf)
		return -ENOBUFS;
	ret = hcall(h, nr, (uintptr_t)buf, 0, 0, 0, 0);
	memcpy(op, buf, len);
	hcall_release(h, mark);
	return ret;
}

long hcall_domctl(struct hcall *h, struct xen_domctl *op)
{
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	return hcall_ctl(h, __HYPERVISOR_domctl, op, sizeof(*op));
}

long hcall_sysctl(struct hcall *h, struct xen_sysctl *op)
{
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return hcall_ctl(h, __HYPERVISOR_sysctl, op, sizeof(*op));
}

int hcall_fail(struct hcall *h, struct err *e, long ret, const char *fmt, ...)
{
	const struct paravane_sysctl_error_reason *r;
	struct xen_sysctl op;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	memset(&op, 0, sizeof(op));
	op.cmd = PARAVANE_SYSCTL_error_reason;
	r = (const void *)&op.u;
	if (ret == -ENOBUFS || hcall_sysctl(h, &op) || !r->reason[0])
		return err_sys(e, (int)-ret, "%s", text);
	return err_sys(e, (int)-ret, "%s: %.*s", text, PARAVANE_REASON_SIZE, r->reason);
}

void *foreign_map(struct hcall *h, domid_t dom, const xen_pfn_t *mfns, size_t n, int writable,
		  struct err *e)
{
	int prot = PROT_READ | (writable ? PROT_WRITE : 0);
	struct privcmd_mmapbatch_v2 batch;
	void *addr;
	int *errs;
	size_t i;

	addr = mmap(NULL, n * PAGE_SIZE, prot, MAP_SHARED, h->fd, 0);
	if (addr == MAP_FAILED) {
		err_sys(e, errno, "cannot reserve addresses for %zu pages of domain %u", n, dom);
		return NULL;
	}
	errs = calloc(n, sizeof(*errs));
	if (!errs) {
		err_sys(e, ENOMEM, "mapping %zu pages", n);
		goto err_unmap;
	}
	batch = (struct privcmd_mmapbatch_v2){
		.num = (unsigned int)n, .dom = dom, .addr = (uintptr_t)addr,
		.arr = mfns, .err = errs,
	};
	if (ioctl(h->fd, PRIVCMD_MMAPBATCH_V2, &batch)) {
		err_sys(e, errno, "cannot map %zu frames of domain %u (first 0x%lx)", n, dom,
			n ? (unsigned long)mfns[0] : 0UL);
		goto err_free;
	}
	for (i = 0; i < n; i++) {
		if (errs[i]) {
			err_sys(e, -errs[i], "cannot map frame 0x%lx of domain %u",
				(unsigned long)mfns[i], dom);
			goto err_free;
		}
	}
	free(errs);
	return addr;

err_free:
	free(errs);
err_unmap:
	munmap(addr, n * PAGE_SIZE);
	return NULL;
}

void foreign_unmap(void *addr, size_t n)
{
	if (addr)
		munmap(addr, n * PAGE_SIZE);
}
