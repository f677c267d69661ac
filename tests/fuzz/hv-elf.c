/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: the hypervisor's reader of boot kernels. What it accepts must lie inside the file.
 *
 * CFLAGS: -Ihypervisor
 * LINK: hypervisor/lib/elf.c tests/fuzz/hv-support.c
 */
#include "fuzz.h"
#include "hypervisor/lib/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_kernel k;
	char why[128];

	if (elf_parse_kernel(data, size, &k, why, sizeof(why)))
		return 0;
	MUST(k.nr_loads <= ELF_MAX_LOADS && k.kernel_start <= k.kernel_end);
	for (unsigned int i = 0; i < k.nr_loads; i++) {
		const uint8_t *p = k.load[i].data;

		MUST(k.load[i].filesz <= k.load[i].memsz);
		MUST(p >= data && p <= data + size && k.load[i].filesz <= (size_t)(data + size - p));
		MUST(k.load[i].vaddr >= k.kernel_start && k.load[i].vaddr + k.load[i].memsz <= k.kernel_end);
	}
	return 0;
}
