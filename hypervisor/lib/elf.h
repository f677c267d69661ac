/* SPDX-License-Identifier: MIT
 *
 * Reading a PV64 kernel's ELF file: what to put where, and what its Xen notes
 * ask for. Pure: no memory is touched but the image. Every offset and size of
 * the file is checked before it is followed.
 *
 * [System V ABI, AMD64 4, 5] [Xen public/elfnote.h]
 */
#ifndef HYPERVISOR_LIB_ELF_H
#define HYPERVISOR_LIB_ELF_H

#include "lib/types.h"

#define ELF_MAX_LOADS 16

struct elf_kernel {
	struct elf_load {
		const void *data;               /* file bytes */
		uint64_t filesz, memsz;
		uint64_t vaddr;                 /* where the guest finds it */
	} load[ELF_MAX_LOADS];
	unsigned int nr_loads;
	uint64_t virt_base, entry;
	uint64_t kernel_start, kernel_end;      /* virtual, end exclusive */
	uint64_t hypercall_page;                /* 0: none */
	uint64_t init_p2m;                      /* 0: the P2M list follows the module */
	bool mod_start_pfn;
	bool has_notes;                         /* Xen notes were found */
	char guest_os[16], guest_version[16];
};

/* 0, or -ENOEXEC and *why, a text that names field and value. */
int elf_parse_kernel(const void *image, size_t size, struct elf_kernel *out, char *why, size_t why_size);

#endif
