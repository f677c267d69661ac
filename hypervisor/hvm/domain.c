/* SPDX-License-Identifier: MIT
 *
 * The life of a fully virtualized domain and its vCPUs, as far as it differs from a paravirtualized one's.
 *
 * Its structure hangs at domain->hvm, NULL for all others; that pointer never changes once the domain has a name. What the
 * domain's vCPUs may do to memory is decided by the backend's tables; so its pages are never page tables to us, and hypercalls
 * that would make them so refuse the domain (mm/).
 *
 * Next: hvm/run.c.
 */
#include "core/hypercall.h"
#include "hvm/internal.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/frame.h"
#include <pv-abi/domctl.h>

long hvm_check_flags(uint32_t flags)
{
	if (flags & PARAVANE_CDF_deprivileged)
		return hypercall_error(-EOPNOTSUPP, "createdomain: trap and emulate is not offered yet");
	if (!(flags & XEN_DOMCTL_CDF_hap))
		return hypercall_error(-EOPNOTSUPP, "createdomain: shadow paging is not offered yet: use nested paging (hap)");
	if (!svm_available())
		return hypercall_error(-EOPNOTSUPP, "createdomain: hvm with hap: this machine has no SVM with nested paging");
	return 0;
}

int hvm_domain_init(struct domain *d)
{
	int rc;

	d->hvm = kzalloc(sizeof(*d->hvm));
	if (!d->hvm)
		return -ENOMEM;
	d->hvm->backend = &svm_backend;
	d->hvm->p2m_epoch = 1;
	/* Its time stamp counter starts at 0, as a machine's does when it is switched on. */
	d->hvm->tsc_offset = -rdtsc();
	rc = p2m_init(d);
	if (rc) {
		kfree(d->hvm);
		d->hvm = NULL;
	}
	return rc;
}

void hvm_domain_free(struct domain *d)
{
	p2m_free(d);
	kfree(d->hvm);
	d->hvm = NULL;
}

int hvm_vcpu_init(struct vcpu *v)
{
	int rc;

	v->kind = VCPU_HVM;
	v->hvm = kzalloc(sizeof(*v->hvm));
	if (!v->hvm)
		return -ENOMEM;
	/* DOMID_XEN's, so that a device model maps it without being told who it is for. */
	v->hvm->page = alloc_shared_page(dom_xen, true);
	if (!v->hvm->page)
		return -ENOMEM;
	v->hvm->pat = 0x0007040600070406ULL;
	v->fpu.xcr0 = 1;
	rc = backend(v)->vcpu_init(v);
	return rc;
}

/* Also of one that hvm_vcpu_init() gave up half-way. */
void hvm_vcpu_destroy(struct vcpu *v)
{
	if (!v->hvm)
		return;
	backend(v)->vcpu_destroy(v);
	free_shared_page(v->hvm->page);
	kfree(v->hvm);
	v->hvm = NULL;
}

void hvm_prepare_cpu(struct cpu *c)
{
	svm_prepare_cpu(c);
}

void hvm_init_cpu(struct cpu *c)
{
	svm_init_cpu(c);
}
