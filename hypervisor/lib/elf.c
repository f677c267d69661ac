/* SPDX-License-Identifier: MIT
 *
 * See elf.h. The key by which segments are placed is the physical address: the
 * virtual one of a segment is p_paddr - PADDR_OFFSET + VIRT_BASE. (Linux has a
 * segment with virtual address 0.)
 */
#include "lib/elf.h"
#include <pv-abi/elfnote.h>
#include "lib/errno.h"
#include "lib/string.h"

struct ehdr {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct phdr {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct shdr {
	uint32_t name, type;
	uint64_t flags, addr, offset, size;
	uint32_t link, info;
	uint64_t addralign, entsize;
};

struct note {
	uint32_t namesz, descsz, type;
};

#define PT_LOAD 1
#define PT_NOTE 4
#define SHT_NOTE 7
#define UNSET (~0ULL)

struct parse {
	const char *image;
	size_t size;
	struct ehdr eh;
	struct elf_kernel *out;
	uint64_t virt_base, paddr_offset, entry;
	bool bad_os;
	char *why;
	size_t why_size;
};

#define FAIL(p, ...) (snprintf((p)->why, (p)->why_size, __VA_ARGS__), -ENOEXEC)

static bool in_file(const struct parse *p, uint64_t off, uint64_t len)
{
	return off <= p->size && len <= p->size - off;
}

static uint64_t note_number(const char *desc, uint32_t size)
{
	uint64_t v = 0;

	memcpy(&v, desc, MIN(size, 8U));
	return v;
}

static void note_text(char *to, size_t n, const char *desc, uint32_t size)
{
	size_t len = MIN((size_t)strnlen(desc, size), n - 1);

	memcpy(to, desc, len);
	to[len] = 0;
}

static void take_note(struct parse *p, uint32_t type, const char *desc, uint32_t size)
{
	struct elf_kernel *k = p->out;

	k->has_notes = true;
	switch (type) {
	case XEN_ELFNOTE_ENTRY:
		p->entry = note_number(desc, size);
		break;
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		k->hypercall_page = note_number(desc, size);
		break;
	case XEN_ELFNOTE_VIRT_BASE:
		p->virt_base = note_number(desc, size);
		break;
	case XEN_ELFNOTE_PADDR_OFFSET:
		p->paddr_offset = note_number(desc, size);
		break;
	case XEN_ELFNOTE_INIT_P2M:
		k->init_p2m = note_number(desc, size);
		break;
	case XEN_ELFNOTE_MOD_START_PFN:
		k->mod_start_pfn = note_number(desc, size) != 0;
		break;
	case XEN_ELFNOTE_GUEST_OS:
		note_text(k->guest_os, sizeof(k->guest_os), desc, size);
		break;
	case XEN_ELFNOTE_GUEST_VERSION:
		note_text(k->guest_version, sizeof(k->guest_version), desc, size);
		break;
	}
}

static void walk_notes(struct parse *p, uint64_t off, uint64_t size)
{
	const char *at, *end;

	if (!in_file(p, off, size))
		return;
	at = p->image + off;
	end = at + size;
	while ((size_t)(end - at) >= sizeof(struct note)) {
		struct note n;
		uint64_t name, desc;

		memcpy(&n, at, sizeof(n));
		name = ALIGN_UP((uint64_t)n.namesz, 4ULL);
		desc = ALIGN_UP((uint64_t)n.descsz, 4ULL);
		at += sizeof(n);
		if (name > (uint64_t)(end - at) || n.descsz > (uint64_t)(end - at) - name)
			return;
		if (n.namesz == 4 && !memcmp(at, "Xen", 4))
			take_note(p, n.type, at + name, n.descsz);
		at += MIN(name + desc, (uint64_t)(end - at));
	}
}

static void find_notes(struct parse *p)
{
	for (unsigned int i = 0; i < p->eh.phnum; i++) {
		struct phdr h;

		memcpy(&h, p->image + p->eh.phoff + (uint64_t)i * p->eh.phentsize, sizeof(h));
		if (h.type == PT_NOTE)
			walk_notes(p, h.offset, h.filesz);
	}
	if (p->out->has_notes || !p->eh.shoff || p->eh.shentsize < sizeof(struct shdr) ||
	    !in_file(p, p->eh.shoff, (uint64_t)p->eh.shnum * p->eh.shentsize))
		return;
	for (unsigned int i = 0; i < p->eh.shnum; i++) {
		struct shdr s;

		memcpy(&s, p->image + p->eh.shoff + (uint64_t)i * p->eh.shentsize, sizeof(s));
		if (s.type == SHT_NOTE)
			walk_notes(p, s.offset, s.size);
	}
}

static int check_header(struct parse *p)
{
	if (p->size < sizeof(p->eh) || memcmp(p->image, "\177ELF", 4))
		return FAIL(p, "not an ELF file");
	memcpy(&p->eh, p->image, sizeof(p->eh));
	if (p->eh.ident[4] != 2)
		return FAIL(p, "ELF class %u: only 64-bit kernels (class 2)", p->eh.ident[4]);
	if (p->eh.machine != 62)
		return FAIL(p, "ELF machine %u: only x86-64 (62)", p->eh.machine);
	if (p->eh.phentsize < sizeof(struct phdr) ||
	    !in_file(p, p->eh.phoff, (uint64_t)p->eh.phnum * p->eh.phentsize))
		return FAIL(p, "program headers lie outside the file: it is truncated");
	return 0;
}

static int take_loads(struct parse *p)
{
	struct elf_kernel *k = p->out;
	uint64_t offset = p->virt_base - p->paddr_offset;

	k->kernel_start = UNSET;
	k->kernel_end = 0;
	for (unsigned int i = 0; i < p->eh.phnum; i++) {
		struct elf_load *l = &k->load[k->nr_loads];
		struct phdr h;

		memcpy(&h, p->image + p->eh.phoff + (uint64_t)i * p->eh.phentsize, sizeof(h));
		if (h.type != PT_LOAD || !h.memsz)
			continue;
		if (k->nr_loads == ELF_MAX_LOADS)
			return FAIL(p, "more than %d segments to load", ELF_MAX_LOADS);
		if (h.filesz > h.memsz || !in_file(p, h.offset, h.filesz))
			return FAIL(p, "segment %u lies outside the file: it is truncated", i);
		*l = (struct elf_load){ p->image + h.offset, h.filesz, h.memsz, h.paddr + offset };
		if (l->vaddr < p->virt_base || l->vaddr + h.memsz < l->vaddr)
			return FAIL(p, "segment %u at %#lx lies below VIRT_BASE %#lx", i,
				    (unsigned long)l->vaddr, (unsigned long)p->virt_base);
		k->kernel_start = MIN(k->kernel_start, l->vaddr);
		k->kernel_end = MAX(k->kernel_end, l->vaddr + h.memsz);
		k->nr_loads++;
	}
	if (!k->nr_loads)
		return FAIL(p, "no segment to load");
	return 0;
}

int elf_parse_kernel(const void *image, size_t size, struct elf_kernel *out, char *why, size_t why_size)
{
	struct parse p = {
		.image = image, .size = size, .out = out, .virt_base = UNSET, .paddr_offset = UNSET,
		.entry = UNSET, .why = why, .why_size = why_size,
	};
	int rc;

	memset(out, 0, sizeof(*out));
	rc = check_header(&p);
	if (rc)
		return rc;
	find_notes(&p);
	if (!out->has_notes)
		return FAIL(&p, "no Xen ELF notes: not a PV kernel");
	if (p.virt_base == UNSET)
		p.virt_base = 0;
	if (p.paddr_offset == UNSET)
		p.paddr_offset = 0;
	if (p.virt_base & ~PAGE_MASK)
		return FAIL(&p, "VIRT_BASE %#lx is not a page address", (unsigned long)p.virt_base);
	rc = take_loads(&p);
	if (rc)
		return rc;
	out->virt_base = p.virt_base;
	out->entry = p.entry == UNSET ? p.eh.entry : p.entry;
	if (out->entry < out->kernel_start || out->entry >= out->kernel_end)
		return FAIL(&p, "entry %#lx lies outside the image %#lx-%#lx", (unsigned long)out->entry,
			    (unsigned long)out->kernel_start, (unsigned long)out->kernel_end);
	return 0;
}
