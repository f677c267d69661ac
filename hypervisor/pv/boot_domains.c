/* SPDX-License-Identifier: MIT
 *
 * Which domains to build when the machine starts. A module that is a flattened
 * device tree says so (pv/hyperlaunch.c); without one the ordinary rule holds:
 * the first module is the control domain's kernel, its arguments those of the
 * module, the second its ramdisk.
 */
#include "arch/smp.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "pv/builder.h"
#include "pv/hyperlaunch.h"
#include "pv/internal.h"

/* Arguments of a module without the file's name in front. */
const char *module_arguments(const char *s)
{
	while (*s && *s != ' ')
		s++;
	while (*s == ' ')
		s++;
	return s;
}

/* dom0_mem=SIZE or min:SIZE,max:SIZE,... as Xen has it: the plain size, else the largest named. */
static uint64_t __init dom0_memory(void)
{
	char v[64];
	const char *p = v;
	uint64_t plain = 0, limit = 0;

	if (!cmdline_find("dom0_mem", v, sizeof(v)))
		return 0;
	while (*p) {
		bool max = !strncmp(p, "max:", 4), min = !strncmp(p, "min:", 4);
		uint64_t size = parse_size(max || min ? p + 4 : p, &p);

		if (max)
			limit = size;
		else if (!min)
			plain = size;
		if (*p && *p != ',')
			panic("dom0_mem=%s: expected SIZE, min:SIZE or max:SIZE, separated by commas", v);
		p += *p == ',';
	}
	return plain ? plain : limit;
}

static unsigned int __init dom0_vcpus(void)
{
	char v[16];
	unsigned int n = nr_cpus;

	if (cmdline_find("dom0_max_vcpus", v, sizeof(v)) && v[0])
		n = (unsigned int)strtoul(v, NULL, 0);
	if (!n || n > MAX_VCPUS)
		panic("dom0_max_vcpus=%s: expected 1 to %d", v, MAX_VCPUS);
	return n;
}

static void __init build_control_domain(const struct boot_info *bi)
{
	struct boot_domain b = {
		.domid = 0,
		.privileged = true,
		.name = "Domain-0",
		.kernel = bi->module[0],
		.cmdline = module_arguments(bi->module[0].args),
		.memory = dom0_memory(),
		.max_vcpus = dom0_vcpus(),
	};
	struct domain *d;
	char why[192], mem[64];

	if (bi->nr_modules > 1)
		b.ramdisk = bi->module[1];
	if (build_boot_domain(&b, &d, why, sizeof(why))) {
		if (!cmdline_find("dom0_mem", mem, sizeof(mem)))
			panic("the control domain could not be built: %s", why);
		panic("the control domain could not be built with dom0_mem=%s: %s", mem, why);
	}
	domain_unpause_by_controller(d);
}

/* TOUR 1.5: the boot modules become domains. */
void __init pv_build_boot_domains(const struct boot_info *bi)
{
	if (!bi->nr_modules)
		panic("no boot module: the first one must be the control domain's kernel");
	if (!hyperlaunch_build(bi))
		build_control_domain(bi);
	for (unsigned int i = 0; i < bi->nr_modules; i++)
		mm_release_boot_range(bi->module[i].start, bi->module[i].start + bi->module[i].size);
}

/* Stubs of 32 bytes: number in EAX, SYSCALL, RET; RCX and R11 are saved around it. iret does not return. */
void pv_write_hypercall_page(void *page)
{
	static const uint8_t stub[] = { 0x51, 0x41, 0x53, 0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3 };
	/* push %rcx; push %r11; push %rax; mov $23, %eax; syscall */
	static const uint8_t iret[] = { 0x51, 0x41, 0x53, 0x50, 0xb8, 23, 0, 0, 0, 0x0f, 0x05 };
	uint8_t *p = page;

	memset(page, 0xcc, PAGE_SIZE);
	for (uint32_t i = 0; i < PAGE_SIZE / 32; i++, p += 32) {
		if (i == __HYPERVISOR_iret) {
			memcpy(p, iret, sizeof(iret));
			continue;
		}
		memcpy(p, stub, sizeof(stub));
		memcpy(p + 4, &i, 4);
	}
}
