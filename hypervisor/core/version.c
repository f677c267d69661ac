/* SPDX-License-Identifier: MIT
 *
 * xen_version: what a guest may know about the hypervisor. The command line and
 * the build id are for the control domain; others read "<denied>".
 */
#include <pv-abi/version.h>
#include "arch/guest_access.h"
#include "boot/boot.h"
#include "core/hypercall.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/string.h"

#define VERSION_MAJOR 4
#define VERSION_MINOR 17
#define EXTRAVERSION  ".0-paravane"

#ifndef PARAVANE_CHANGESET
#define PARAVANE_CHANGESET ""
#endif

/* An ELF note, placed by the linker; see hypervisor.lds.S. */
extern const uint32_t build_id_note[], build_id_note_end[];

static long put_text(void *arg, const char *text, char *buf, size_t size)
{
	memset(buf, 0, size);
	strlcpy(buf, text, size);
	return copy_to_guest_va(arg, buf, size) ? -EFAULT : 0;
}

static long compile_info(void *arg)
{
	struct xen_compile_info info;

	memset(&info, 0, sizeof(info));
	strlcpy(info.compiler, "gcc " __VERSION__, sizeof(info.compiler));
	strlcpy(info.compile_by, "paravane", sizeof(info.compile_by));
	/* No date: two builds of the same source are the same image. */
	return copy_to_guest_va(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static uint32_t features(const struct domain *d)
{
	uint32_t f = 1U << XENFEAT_memory_op_vnode_supported | 1U << XENFEAT_mmu_pt_update_preserve_ad |
		     1U << XENFEAT_highmem_assist | 1U << XENFEAT_gnttab_map_avail_bits |
		     1U << XENFEAT_direct_mapped;

	if (d->vm_assist & (1UL << VMASST_TYPE_pae_extended_cr3))
		f |= 1U << XENFEAT_pae_pgdir_above_4gb;
	if (d->privileged)
		f |= 1U << XENFEAT_dom0;
	return f;
}

static inline long get_features(void *arg)
{
	struct xen_feature_info fi;

	if (copy_from_guest_va(&fi, arg, sizeof(fi)))
		return -EFAULT;
	if (fi.submap_idx >= XENFEAT_NR_SUBMAPS)
		return hypercall_error(-EINVAL, "feature submap %u: there is only %u", fi.submap_idx,
				       XENFEAT_NR_SUBMAPS);
	fi.submap = features(current->domain);
	return copy_to_guest_va(arg, &fi, sizeof(fi)) ? -EFAULT : 0;
}

/* The note: name size, descriptor size, type, name "GNU", descriptor. */
static long build_id(void *arg)
{
	const uint32_t *note = build_id_note;
	struct xen_build_id id;
	uint32_t len;

	if (build_id_note_end - build_id_note < 4)
		return -ENODATA;
	len = note[1];
	if (!arg)
		return len;
	if (copy_from_guest_va(&id, arg, sizeof(id)))
		return -EFAULT;
	if (id.len == 0)
		return -EINVAL;
	if (id.len < len)
		return -ENOBUFS;
	if (copy_to_guest_va((char *)arg + offsetof(struct xen_build_id, buf),
			     (const char *)&note[3] + ALIGN_UP(note[0], 4), len))
		return -EFAULT;
	return len;
}

static long platform_parameters(void *arg)
{
	struct xen_platform_parameters p = { .virt_start = HYPERVISOR_VIRT_START };

	return copy_to_guest_va(arg, &p, sizeof(p)) ? -EFAULT : 0;
}

long do_xen_version(unsigned long cmd, unsigned long guest_arg)
{
	const struct domain *d = current->domain;
	void *arg = (void *)guest_arg;
	union {
		xen_extraversion_t extraversion;
		xen_changeset_info_t changeset;
		xen_capabilities_info_t capabilities;
		xen_commandline_t commandline;
	} u;

	/* What guests ask for again and again: Linux makes this call to have its events delivered. */
	if (likely(cmd == XENVER_version))
		return VERSION_MAJOR << 16 | VERSION_MINOR;
	if (cmd == XENVER_get_features)
		return get_features(arg);
	switch ((int)cmd) {
	case XENVER_extraversion:
		return put_text(arg, EXTRAVERSION, u.extraversion, sizeof(u.extraversion));
	case XENVER_compile_info:
		return compile_info(arg);
	case XENVER_capabilities:
		return put_text(arg, "xen-3.0-x86_64", u.capabilities, sizeof(u.capabilities));
	case XENVER_changeset:
		return put_text(arg, PARAVANE_CHANGESET, u.changeset, sizeof(u.changeset));
	case XENVER_platform_parameters:
		return platform_parameters(arg);
	case XENVER_pagesize:
		return arg ? -EINVAL : (long)PAGE_SIZE;
	case XENVER_guest_handle:
		return copy_to_guest_va(arg, d->handle, sizeof(d->handle)) ? -EFAULT : 0;
	case XENVER_commandline:
		return put_text(arg, d->privileged ? boot_info.cmdline : "<denied>", u.commandline,
				sizeof(u.commandline));
	case XENVER_build_id:
		return d->privileged ? build_id(arg) : -EPERM;
	default:
		return -ENOSYS;
	}
}
