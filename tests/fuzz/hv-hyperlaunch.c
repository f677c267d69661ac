/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: boot domains from a device tree. The input is the tree; two more modules are there
 * for it to name. A tree that is refused ends in panic(), which is a jump back here.
 *
 * CFLAGS: -w -fno-sanitize=alignment -D__PARAVANE__ -Ihypervisor -Ibuild/hypervisor -Ibuild/deps/src/libfdt
 * LINK: tests/fuzz/hv-support.c build/deps/src/libfdt/fdt.c build/deps/src/libfdt/fdt_ro.c
 */
#include <setjmp.h>
#include <string.h>

#include "fuzz.h"
#include "hypervisor/pv/hyperlaunch.c"

static jmp_buf refused;
static struct domain *const a_domain = (struct domain *)8;

void panic(const char *fmt, ...)
{
	longjmp(refused, 1);
}

const char *module_arguments(const char *s)
{
	return s;
}

int build_boot_domain(const struct boot_domain *b, struct domain **out, char *why, size_t why_size)
{
	MUST(b->domid < DOMID_FIRST_RESERVED && b->max_vcpus && b->max_vcpus <= MAX_VCPUS && b->kernel.size);
	MUST(memchr(b->name, 0, sizeof(b->name)) && strlen(b->cmdline) < 1 << 20);
	*out = a_domain;
	return 0;
}

int domain_unpause_by_controller(struct domain *d)
{
	MUST(d == a_domain);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct boot_info bi = { .nr_modules = 3 };

	for (unsigned int i = 0; i < bi.nr_modules; i++)
		bi.module[i] = (struct boot_module){ virt_to_maddr(i ? "kernel" : (const void *)data).a, i ? 6 : size, "a" };
	if (!setjmp(refused))
		hyperlaunch_build(&bi);
	return 0;
}
