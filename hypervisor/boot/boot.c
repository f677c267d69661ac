/* SPDX-License-Identifier: MIT
 *
 * What the boot loader left behind, brought into one form. Everything is copied:
 * afterwards its memory may be reused. (The modules themselves stay where they are.)
 *
 * [Multiboot 0.6.96, 3.3] [Multiboot2 2.0, 3.6]
 * Next: boot/main.c
 */
#include "boot/boot.h"
#include "arch/layout.h"
#include "boot/main.h"
#include "lib/panic.h"
#include "lib/string.h"

struct boot_info boot_info;

static char strings[8192] __initdata;   /* command lines */
static size_t strings_used __initdata;

struct mb1_info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr;
	uint32_t syms[4];
	uint32_t mmap_length, mmap_addr;
};
struct mb1_module { uint32_t start, end, string, reserved; };
struct mb1_range { uint32_t size; uint64_t addr, len; uint32_t type; } __packed;
struct mb2_tag { uint32_t type, size; };

/* Valid while the boot tables or their like are loaded: the low 4 GiB. */
static __init void *low(uint64_t a)
{
	return (void *)(DIRECTMAP_START + a);
}

static __init const char *keep_string(const char *s)
{
	char *to = strings + strings_used;
	size_t n = strlen(s) + 1;

	if (n > sizeof(strings) - strings_used)
		panic("command lines of hypervisor and modules are longer than %zu bytes in all",
		      sizeof(strings));
	memcpy(to, s, n);
	strings_used += n;
	return to;
}

/* QEMU and GRUB 1 put the image's path first; GRUB 2 leaves it out. */
static __init const char *skip_image_name(const char *s)
{
	const char *e = s;

	while (*e && *e != ' ')
		e++;
	if (!memchr(s, '/', (size_t)(e - s)) && memchr(s, '=', (size_t)(e - s)))
		return s;
	while (*e == ' ')
		e++;
	return e;
}

static __init void add_range(uint64_t start, uint64_t len, uint32_t type)
{
	unsigned int i = boot_info.nr_ram;

	if (!len || i == BOOT_MAX_RAM)
		return;
	while (i && boot_info.ram[i - 1].start > start) {
		boot_info.ram[i] = boot_info.ram[i - 1];
		i--;
	}
	boot_info.ram[i] = (struct boot_range){ start, start + len, type };
	boot_info.nr_ram++;
}

static __init void add_module(uint64_t start, uint64_t end, const char *args)
{
	if (boot_info.nr_modules == BOOT_MAX_MODULES)
		panic("more than %d modules", BOOT_MAX_MODULES);
	if (end < start || end > 1ULL << 32)
		panic("module %u: bad range %#lx-%#lx", boot_info.nr_modules, (unsigned long)start,
		      (unsigned long)end);
	while (*args == ' ')
		args++;
	boot_info.module[boot_info.nr_modules++] =
		(struct boot_module){ start, end - start, keep_string(args) };
}

static __init void parse_mb1(const struct mb1_info *mb)
{
	if (mb->flags & 4)
		boot_info.cmdline = keep_string(skip_image_name(low(mb->cmdline)));
	if (mb->flags & 8) {
		const struct mb1_module *m = low(mb->mods_addr);

		for (uint32_t i = 0; i < mb->mods_count; i++, m++)
			add_module(m->start, m->end, m->string ? low(m->string) : "");
	}
	if (!(mb->flags & 64))
		panic("the boot loader gave no memory map");
	for (uint32_t off = 0; off < mb->mmap_length;) {
		const struct mb1_range *r = low(mb->mmap_addr + off);

		add_range(r->addr, r->len, r->type);
		off += r->size + 4;
	}
}

static __init void parse_mb2_mmap(const struct mb2_tag *t)
{
	const char *p = (const char *)t + 16, *end = (const char *)t + t->size;
	uint32_t entry = ((const uint32_t *)t)[2];

	if (entry < 24)
		panic("multiboot2: memory map entries of %u bytes", entry);
	for (; p + entry <= end; p += entry) {
		uint64_t addr, len;
		uint32_t type;

		memcpy(&addr, p, 8);
		memcpy(&len, p + 8, 8);
		memcpy(&type, p + 16, 4);
		add_range(addr, len, type);
	}
}

static __init void parse_mb2(uint64_t info)
{
	const uint32_t *head = low(info);
	const char *p = (const char *)head + 8, *end = (const char *)head + head[0];

	while (p + 8 <= end) {
		const struct mb2_tag *t = (const struct mb2_tag *)p;
		const uint32_t *w = (const uint32_t *)p;

		if (t->type == 0 || t->size < 8)
			break;
		if (t->type == 1)
			boot_info.cmdline = keep_string(p + 8);
		else if (t->type == 3)
			add_module(w[2], w[3], p + 16);
		else if (t->type == 6)
			parse_mb2_mmap(t);
		else if ((t->type == 14 || t->type == 15) && !boot_info.rsdp)
			boot_info.rsdp = info + (uint64_t)(p + 8 - (const char *)head);
		p += ALIGN_UP(t->size, 8U);
	}
}

/* TOUR 1.2: in 64-bit C. The boot loader's memory map, modules and arguments are copied into boot_info. */
void __init boot_start(uint32_t magic, uint32_t info)
{
	boot_early_percpu();
	boot_info.cmdline = "";
	if (magic == 0x2BADB002)
		parse_mb1(low(info));
	else if (magic == 0x36D76289)
		parse_mb2(info);
	else
		panic("started by something that is not a Multiboot loader (magic %#x)", magic);
	boot_main();
}
