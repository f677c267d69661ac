/* SPDX-License-Identifier: MIT
 *
 * update_descriptor: one entry of a descriptor table that the guest itself
 * cannot write, because the page has the type SEGDESC. On any other page of the
 * guest it is a plain 8-byte write.
 */
#include "core/hypercall.h"
#include "hypercall_protos.h"
#include "lib/errno.h"
#include "pv/internal.h"

long do_update_descriptor(unsigned long address, unsigned long desc)
{
	mfn_t m = maddr_to_mfn(maddr(address));
	struct frame *f;
	uint64_t d = desc;
	long rc = -EINVAL;

	if (address & 7)
		return hypercall_error(-EINVAL, "descriptor address %#lx: not a multiple of 8", address);
	if (!descriptor_fix(&d))
		return hypercall_error(-EINVAL, "descriptor %#lx: a gate, a system segment or more privileged than ring 3",
				       desc);
	f = frame_get_from_mfn(m, current->domain);
	if (!f)
		return hypercall_error(-EINVAL, "machine frame %#lx is not the domain's", mfn_x(m));
	/* A page that is a descriptor table now cannot become writable, and the other way round. */
	if (frame_get_type(f, FRAME_WRITABLE) || frame_get_type(f, FRAME_SEGDESC)) {
		__atomic_store_n((uint64_t *)((char *)mfn_to_virt(m) + (address & ~PAGE_MASK)), d,
				 __ATOMIC_RELEASE);
		frame_put_type(f);
		rc = 0;
	}
	frame_put(f);
	return rc;
}
