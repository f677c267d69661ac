/* SPDX-License-Identifier: MIT */
/* Multiboot kernels: see multiboot.h. */
#include <stdio.h>
#include <string.h>

#include "multiboot.h"

#define HEADER_MAGIC 0x1badb002u
#define HEADER_SEARCH 8192u		/* bytes of the file in which it must be */
#define HEADER_KNOWN 3u			/* modules on page boundaries; memory map */
#define HEADER_MUST 0xffffu		/* what a loader that does not know it must refuse */
#define HEADER_VIDEO 4u
#define HEADER_ADDRESSES 0x10000u

#define INFO_ADDR 0x9000u
#define LOW_END 0x9fc00u		/* where a BIOS has its own data */
#define HIGH_START 0x100000u
#define PAGE 4096u

enum { INFO_MEMORY = 1, INFO_CMDLINE = 4, INFO_MODULES = 8, INFO_MMAP = 0x40, INFO_LOADER = 0x200 };
enum { RAM = 1, RESERVED = 2 };

struct info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4];
	uint32_t mmap_length, mmap_addr, drives_length, drives_addr, config_table, boot_loader_name;
	uint32_t rest[13];
};

struct module {
	uint32_t start, end, string, reserved;
};

struct __attribute__((packed)) mmap_entry {
	uint32_t size;
	uint64_t addr, length;
	uint32_t type;
};

struct ehdr32 {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version, entry, phoff, shoff, flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct ehdr64 {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct phdr32 {
	uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

struct phdr64 {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

#define PT_LOAD 1
#define EM_386 3
#define EM_X86_64 62

/* What both classes of ELF have in common. */
struct parse {
	const uint8_t *file;
	size_t size;
	int wide;
	uint64_t entry, phoff;
	unsigned int phentsize, phnum;
	struct err *e;
};

static int in_file(const struct parse *p, uint64_t off, uint64_t len)
{
	return off <= p->size && len <= p->size - off;
}

static int check_multiboot(const struct parse *p)
{
	uint32_t h[3];

	for (size_t at = 0; at + sizeof(h) <= p->size && at + sizeof(h) <= HEADER_SEARCH; at += 4) {
		memcpy(h, p->file + at, sizeof(h));
		if (h[0] != HEADER_MAGIC || h[0] + h[1] + h[2])
			continue;
		if (h[1] & HEADER_ADDRESSES)
			return err_set(p->e, "Multiboot header flags 0x%x: addresses in the header (bit 16) are not "
				       "supported, expected an ELF file without them", h[1]);
		if (h[1] & HEADER_VIDEO)
			return err_set(p->e, "Multiboot header flags 0x%x: it requires a video mode (bit 2), and there is "
				       "no display", h[1]);
		if (h[1] & HEADER_MUST & ~HEADER_KNOWN)
			return err_set(p->e, "Multiboot header flags 0x%x: it requires what is not known, expected bits 0 "
				       "and 1 only", h[1]);
		return 0;
	}
	return err_set(p->e, "no Multiboot header in the first %u bytes: not a kernel that can be started without a BIOS "
		       "(a Linux kernel runs as type = \"pv\")", HEADER_SEARCH);
}

static int read_header(struct parse *p)
{
	struct ehdr32 n;
	struct ehdr64 w;
	unsigned int machine, type;

	if (p->size < sizeof(w))
		return err_set(p->e, "truncated: %zu bytes", p->size);
	memcpy(&n, p->file, sizeof(n));
	memcpy(&w, p->file, sizeof(w));
	if (memcmp(n.ident, "\177ELF", 4))
		return err_set(p->e, "not an ELF file (first bytes %02x %02x %02x %02x)", n.ident[0], n.ident[1], n.ident[2],
			       n.ident[3]);
	if ((n.ident[4] != 1 && n.ident[4] != 2) || n.ident[5] != 1)
		return err_set(p->e, "ELF class %u, byte order %u: expected 32 or 64 bits (1, 2), little-endian (1)",
			       n.ident[4], n.ident[5]);
	p->wide = n.ident[4] == 2;
	machine = p->wide ? w.machine : n.machine;
	type = p->wide ? w.type : n.type;
	if (machine != EM_386 && machine != EM_X86_64)
		return err_set(p->e, "for machine type %u: expected 3 (x86) or 62 (x86-64)", machine);
	if (type != 2)
		return err_set(p->e, "ELF type %u: expected an executable (2)", type);
	p->entry = p->wide ? w.entry : n.entry;
	p->phoff = p->wide ? w.phoff : n.phoff;
	p->phentsize = p->wide ? w.phentsize : n.phentsize;
	p->phnum = p->wide ? w.phnum : n.phnum;
	if (!p->phnum || p->phentsize < (p->wide ? sizeof(struct phdr64) : sizeof(struct phdr32)))
		return err_set(p->e, "no program headers (%u of %u bytes)", p->phnum, p->phentsize);
	if (!in_file(p, p->phoff, (uint64_t)p->phnum * p->phentsize))
		return err_set(p->e, "truncated: program headers at 0x%llx+0x%x, file has 0x%zx bytes",
			       (unsigned long long)p->phoff, p->phnum * p->phentsize, p->size);
	return 0;
}

static struct phdr64 get_phdr(const struct parse *p, unsigned int i)
{
	const uint8_t *at = p->file + p->phoff + (size_t)i * p->phentsize;
	struct phdr64 w;
	struct phdr32 n;

	if (p->wide) {
		memcpy(&w, at, sizeof(w));
		return w;
	}
	memcpy(&n, at, sizeof(n));
	return (struct phdr64){ .type = n.type, .offset = n.offset, .paddr = n.paddr, .filesz = n.filesz, .memsz = n.memsz };
}

static int take_segment(const struct parse *p, struct multiboot_kernel *k, unsigned int i, const struct phdr64 *ph)
{
	struct multiboot_segment *s = &k->seg[k->nr_segs];

	if (ph->filesz > ph->memsz)
		return err_set(p->e, "segment %u: file size 0x%llx exceeds memory size 0x%llx", i,
			       (unsigned long long)ph->filesz, (unsigned long long)ph->memsz);
	if (!in_file(p, ph->offset, ph->filesz))
		return err_set(p->e, "truncated: segment %u is at 0x%llx+0x%llx, file has 0x%zx bytes", i,
			       (unsigned long long)ph->offset, (unsigned long long)ph->filesz, p->size);
	if (ph->paddr < HIGH_START || ph->paddr > MULTIBOOT_MAX_MEMORY || ph->memsz > MULTIBOOT_MAX_MEMORY - ph->paddr)
		return err_set(p->e, "segment %u: physical address 0x%llx+0x%llx is outside of 0x%x to 0x%x", i,
			       (unsigned long long)ph->paddr, (unsigned long long)ph->memsz, HIGH_START,
			       MULTIBOOT_MAX_MEMORY);
	if (k->nr_segs == MULTIBOOT_MAX_SEGMENTS)
		return err_set(p->e, "more than %u segments", MULTIBOOT_MAX_SEGMENTS);
	k->nr_segs++;
	s->addr = (uint32_t)ph->paddr;
	s->data = p->file + ph->offset;
	s->filesz = (uint32_t)ph->filesz;
	s->memsz = (uint32_t)ph->memsz;
	if (s->addr < k->start)
		k->start = s->addr;
	if (s->addr + s->memsz > k->end)
		k->end = s->addr + s->memsz;
	return 0;
}

int multiboot_parse(struct multiboot_kernel *k, const uint8_t *file, size_t size, struct err *e)
{
	struct parse p = { .file = file, .size = size, .e = e };

	memset(k, 0, sizeof(*k));
	k->start = UINT32_MAX;
	if (read_header(&p) || check_multiboot(&p))
		return -1;
	for (unsigned int i = 0; i < p.phnum; i++) {
		struct phdr64 ph = get_phdr(&p, i);

		if (ph.type == PT_LOAD && ph.memsz && take_segment(&p, k, i, &ph))
			return -1;
	}
	if (!k->nr_segs)
		return err_set(e, "no segment to load");
	if (p.entry < k->start || p.entry >= k->end)
		return err_set(e, "entry point 0x%llx is outside of the kernel (0x%x to 0x%x, physical addresses)",
			       (unsigned long long)p.entry, k->start, k->end);
	k->entry = (uint32_t)p.entry;
	return 0;
}

static uint64_t page_up(uint64_t v)
{
	return (v + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

int multiboot_place(struct multiboot_layout *l, const struct multiboot_kernel *k, uint64_t ramdisk_size, uint64_t memory,
		    struct err *e)
{
	uint64_t ramdisk = page_up(k->end), end = ramdisk + page_up(ramdisk_size);

	memset(l, 0, sizeof(*l));
	if (memory > MULTIBOOT_MAX_MEMORY)
		return err_set(e, "memory of %llu MB: a fully virtualized domain has at most %u",
			       (unsigned long long)memory >> 20, MULTIBOOT_MAX_MEMORY >> 20);
	if (ramdisk_size > MULTIBOOT_MAX_MEMORY || end + PAGE > memory)
		return err_set(e, "memory of %llu MB is too small: the kernel (up to 0x%x) and a ramdisk of %llu KB need at "
			       "least %llu", (unsigned long long)memory >> 20, k->end,
			       (unsigned long long)ramdisk_size >> 10, (unsigned long long)((end + PAGE) >> 20) + 1);
	l->memory = memory & ~(uint64_t)(PAGE - 1);
	l->info = INFO_ADDR;
	l->kernel = k->start & ~(PAGE - 1);
	l->kernel_end = (uint32_t)ramdisk;
	if (ramdisk_size) {
		l->ramdisk = (uint32_t)ramdisk;
		l->ramdisk_size = (uint32_t)ramdisk_size;
	}
	l->store = (uint32_t)(l->memory - PAGE);
	return 0;
}

/* The page is filled from its start. */
struct writer {
	uint8_t *page;
	uint32_t base, used;
	int full;
};

static uint32_t put(struct writer *w, const void *data, size_t len)
{
	uint32_t at = (w->used + 3) & ~3u;

	if (w->full || at + len > PAGE) {
		w->full = 1;
		return 0;
	}
	if (data)
		memcpy(w->page + at, data, len);
	w->used = at + (uint32_t)len;
	return w->base + at;
}

static uint32_t put_line(struct writer *w, const char *file, const char *args)
{
	char text[PAGE];
	int n = snprintf(text, sizeof(text), "%s%s%s", file, args && *args ? " " : "", args ? args : "");

	if (n < 0 || (size_t)n >= sizeof(text)) {
		w->full = 1;
		return 0;
	}
	return put(w, text, (size_t)n + 1);
}

static uint32_t put_map(struct writer *w, const struct multiboot_layout *l, uint32_t *length)
{
	const struct mmap_entry map[] = {
		{ 20, 0, LOW_END, RAM },
		{ 20, LOW_END, 0xa0000 - LOW_END, RESERVED },
		{ 20, 0xf0000, 0x10000, RESERVED },
		{ 20, HIGH_START, l->store - HIGH_START, RAM },
		{ 20, l->store, PAGE, RESERVED },
	};

	*length = sizeof(map);
	return put(w, map, sizeof(map));
}

int multiboot_write_info(uint8_t *page, const struct multiboot_layout *l, const char *kernel, const char *cmdline,
			 const char *ramdisk, struct err *e)
{
	struct writer w = { .page = page, .base = l->info };
	struct info i = {
		.flags = INFO_MEMORY | INFO_CMDLINE | INFO_MMAP | INFO_LOADER,
		.mem_lower = LOW_END >> 10, .mem_upper = (l->store - HIGH_START) >> 10,
	};
	struct module m = { .start = l->ramdisk, .end = l->ramdisk + l->ramdisk_size };

	memset(page, 0, PAGE);
	put(&w, NULL, sizeof(i));
	i.mmap_addr = put_map(&w, l, &i.mmap_length);
	i.boot_loader_name = put_line(&w, "Paravane", NULL);
	i.cmdline = put_line(&w, kernel, cmdline);
	if (l->ramdisk_size) {
		i.flags |= INFO_MODULES;
		m.string = put_line(&w, ramdisk, NULL);
		i.mods_count = 1;
		i.mods_addr = put(&w, &m, sizeof(m));
	}
	if (w.full)
		return err_set(e, "the command line (%zu characters) and the names of kernel and ramdisk do not fit into a "
			       "page", cmdline ? strlen(cmdline) : 0);
	memcpy(page, &i, sizeof(i));
	return 0;
}
