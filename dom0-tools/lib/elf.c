/* SPDX-License-Identifier: MIT */
/* What a PV kernel's ELF file says: see elf.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "elf.h"

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

struct nhdr {
	uint32_t namesz, descsz, type;
};

#define PT_LOAD 1
#define PT_NOTE 4
#define SHT_NOTE 7
#define EM_386 3
#define EM_X86_64 62

#define UNSET UINT64_MAX
/* A kernel larger than this is a mistake or an attack. */
#define ELF_MAX_SPAN (2ULL << 30)

struct parse {
	const uint8_t *file;
	size_t size;
	struct ehdr eh;
	struct elf_kernel *k;
	struct err *e;
	uint64_t virt_base, paddr_offset, entry, hypercall_page, init_p2m;
	unsigned int hypercall_pfn_legacy;
	int notes;		/* how many Xen notes were seen */
	int legacy;		/* __xen_guest instead of notes */
};

/* Is [off, off + len) inside the file? */
static int in_file(const struct parse *p, uint64_t off, uint64_t len)
{
	return off <= p->size && len <= p->size - off;
}

static int check_header(struct parse *p)
{
	static const char *const types[] = { "none", "relocatable", "executable", "shared", "core" };
	const struct ehdr *eh = &p->eh;

	if (p->size < sizeof(*eh))
		return err_set(p->e, "truncated: %zu bytes, an ELF header alone has %zu", p->size,
			       sizeof(*eh));
	memcpy(&p->eh, p->file, sizeof(p->eh));
	if (memcmp(eh->ident, "\177ELF", 4))
		return err_set(p->e, "not an ELF file (first bytes %02x %02x %02x %02x)",
			       eh->ident[0], eh->ident[1], eh->ident[2], eh->ident[3]);
	if (eh->ident[4] == 1 || eh->machine == EM_386)
		return err_set(p->e, "a 32-bit kernel: only 64-bit x86 (x86-64) PV kernels can run");
	if (eh->ident[4] != 2 || eh->ident[5] != 1)
		return err_set(p->e, "ELF class %u, byte order %u: expected 64-bit, little-endian",
			       eh->ident[4], eh->ident[5]);
	if (eh->machine != EM_X86_64)
		return err_set(p->e, "for machine type %u: expected 62 (x86-64)", eh->machine);
	if (eh->type != 2 && eh->type != 3)
		return err_set(p->e, "ELF type %u (%s): expected an executable", eh->type,
			       eh->type < 5 ? types[eh->type] : "unknown");
	if (!eh->phnum || eh->phentsize < sizeof(struct phdr))
		return err_set(p->e, "no program headers (%u of %u bytes)", eh->phnum, eh->phentsize);
	if (!in_file(p, eh->phoff, (uint64_t)eh->phnum * eh->phentsize))
		return err_set(p->e, "truncated: program headers at 0x%" PRIx64 "+0x%x, file has "
			       "0x%zx bytes", eh->phoff, (unsigned int)eh->phnum * eh->phentsize, p->size);
	return 0;
}

static struct phdr get_phdr(const struct parse *p, unsigned int i)
{
	struct phdr ph;

	memcpy(&ph, p->file + p->eh.phoff + (uint64_t)i * p->eh.phentsize, sizeof(ph));
	return ph;
}

static void copy_string(char *dst, size_t size, const uint8_t *src, size_t len)
{
	size_t i;

	for (i = 0; i + 1 < size && i < len && src[i]; i++)
		dst[i] = src[i] >= ' ' && src[i] < 127 ? (char)src[i] : '?';
	dst[i] = 0;
}

static uint64_t note_number(const uint8_t *desc, uint32_t len)
{
	uint64_t v = 0;

	memcpy(&v, desc, len < sizeof(v) ? len : sizeof(v));
	return v;
}

/* Does a list "a|b|!c" hold @word with a ! in front, that is, as a requirement? */
static int feature_required(const char *list, const char *word)
{
	size_t len = strlen(word);
	const char *s;

	for (s = list; (s = strstr(s, word)); s += len)
		if (s > list && s[-1] == '!' && (!s[len] || s[len] == '|'))
			return 1;
	return 0;
}

/* [Xen public/elfnote.h] */
enum {
	NOTE_ENTRY = 1, NOTE_HYPERCALL_PAGE = 2, NOTE_VIRT_BASE = 3, NOTE_PADDR_OFFSET = 4,
	NOTE_GUEST_OS = 6, NOTE_GUEST_VERSION = 7, NOTE_LOADER = 8, NOTE_FEATURES = 10,
	NOTE_INIT_P2M = 15, NOTE_MOD_START_PFN = 16,
};

static void take_note(struct parse *p, uint32_t type, const uint8_t *desc, uint32_t len)
{
	char features[256];

	p->notes++;
	switch (type) {
	case NOTE_ENTRY:
		p->entry = note_number(desc, len);
		break;
	case NOTE_HYPERCALL_PAGE:
		p->hypercall_page = note_number(desc, len);
		break;
	case NOTE_VIRT_BASE:
		p->virt_base = note_number(desc, len);
		break;
	case NOTE_PADDR_OFFSET:
		p->paddr_offset = note_number(desc, len);
		break;
	case NOTE_INIT_P2M:
		p->init_p2m = note_number(desc, len);
		break;
	case NOTE_MOD_START_PFN:
		p->k->mod_start_pfn = note_number(desc, len) & 1;
		break;
	case NOTE_GUEST_OS:
		copy_string(p->k->guest_os, sizeof(p->k->guest_os), desc, len);
		break;
	case NOTE_GUEST_VERSION:
		copy_string(p->k->guest_version, sizeof(p->k->guest_version), desc, len);
		break;
	case NOTE_LOADER:
		copy_string(p->k->loader, sizeof(p->k->loader), desc, len);
		break;
	case NOTE_FEATURES:
		copy_string(features, sizeof(features), desc, len);
		p->k->supervisor_mode = feature_required(features, "supervisor_mode_kernel");
		break;
	default:
		break;
	}
}

/* Every Xen note in [off, off + len) of the file. A malformed tail ends the walk. */
static void scan_notes(struct parse *p, uint64_t off, uint64_t len)
{
	if (!in_file(p, off, len))
		return;
	while (len >= sizeof(struct nhdr)) {
		uint64_t name, desc, next;
		struct nhdr nh;

		memcpy(&nh, p->file + off, sizeof(nh));
		name = sizeof(nh);
		desc = name + (((uint64_t)nh.namesz + 3) & ~3ULL);
		next = desc + (((uint64_t)nh.descsz + 3) & ~3ULL);
		if (desc + nh.descsz > len)
			return;
		if (nh.namesz == 4 && !memcmp(p->file + off + name, "Xen", 4))
			take_note(p, nh.type, p->file + off + desc, nh.descsz);
		if (next >= len)
			return;
		off += next;
		len -= next;
	}
}

static int section(const struct parse *p, unsigned int i, struct shdr *sh)
{
	uint64_t off = p->eh.shoff + (uint64_t)i * p->eh.shentsize;

	if (p->eh.shentsize < sizeof(*sh) || p->eh.shoff > p->size || !in_file(p, off, sizeof(*sh)))
		return 0;
	memcpy(sh, p->file + off, sizeof(*sh));
	return 1;
}

/* KEY=VALUE,KEY,... of the section __xen_guest, which kernels had before there were notes. */
static void take_legacy(struct parse *p, const uint8_t *data, uint64_t len)
{
	char text[1024], *s, *save = NULL;

	copy_string(text, sizeof(text), data, len);
	p->legacy = 1;
	for (s = strtok_r(text, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		char *val = strchr(s, '=');

		if (val)
			*val++ = 0;
		else
			val = s + strlen(s);
		if (!strcmp(s, "LOADER"))
			copy_string(p->k->loader, sizeof(p->k->loader), (uint8_t *)val, strlen(val));
		else if (!strcmp(s, "GUEST_OS"))
			copy_string(p->k->guest_os, sizeof(p->k->guest_os), (uint8_t *)val, strlen(val));
		else if (!strcmp(s, "VIRT_BASE"))
			p->virt_base = strtoull(val, NULL, 0);
		else if (!strcmp(s, "VIRT_ENTRY"))
			p->entry = strtoull(val, NULL, 0);
		else if (!strcmp(s, "ELF_PADDR_OFFSET"))
			p->paddr_offset = strtoull(val, NULL, 0);
		else if (!strcmp(s, "HYPERCALL_PAGE"))
			p->hypercall_pfn_legacy = (unsigned int)strtoul(val, NULL, 0) + 1;
		else if (!strcmp(s, "FEATURES"))
			p->k->supervisor_mode = feature_required(val, "supervisor_mode_kernel");
	}
}

static int find_notes(struct parse *p)
{
	struct shdr sh, names;
	unsigned int i;

	for (i = 0; i < p->eh.phnum; i++) {
		struct phdr ph = get_phdr(p, i);

		if (ph.type == PT_NOTE)
			scan_notes(p, ph.offset, ph.filesz);
	}
	for (i = 0; !p->notes && i < p->eh.shnum && section(p, i, &sh); i++)
		if (sh.type == SHT_NOTE)
			scan_notes(p, sh.offset, sh.size);
	if (p->notes)
		return 0;
	if (section(p, p->eh.shstrndx, &names)) {
		for (i = 0; i < p->eh.shnum && section(p, i, &sh); i++) {
			static const char want[] = "__xen_guest";
			uint64_t off = names.offset + sh.name;

			if (names.offset <= p->size && in_file(p, off, sizeof(want)) &&
			    !memcmp(p->file + off, want, sizeof(want)) &&
			    in_file(p, sh.offset, sh.size))
				take_legacy(p, p->file + sh.offset, sh.size);
		}
	}
	if (p->legacy)
		return 0;
	return err_set(p->e, "an x86-64 ELF file without Xen notes: not a PV kernel "
		       "(a Linux needs CONFIG_XEN_PV=y)");
}

/* First of all: of a file that is cut, little else that could be said would be true. */
static int check_whole(struct parse *p)
{
	unsigned int i;

	for (i = 0; i < p->eh.phnum; i++) {
		struct phdr ph = get_phdr(p, i);

		if ((ph.type == PT_LOAD || ph.type == PT_NOTE) && !in_file(p, ph.offset, ph.filesz))
			return err_set(p->e, "truncated: segment %u is at 0x%" PRIx64 "+0x%" PRIx64
				       ", file has 0x%zx bytes", i, ph.offset, ph.filesz, p->size);
	}
	return 0;
}

/* The loadable segments, by physical address: a virtual address may be 0 for per-CPU data. */
static int take_segments(struct parse *p)
{
	uint64_t start = UNSET, end = 0;
	struct elf_kernel *k = p->k;
	unsigned int i;

	for (i = 0; i < p->eh.phnum; i++) {
		struct phdr ph = get_phdr(p, i);
		struct elf_segment *s;

		if (ph.type != PT_LOAD || !ph.memsz)
			continue;
		if (ph.filesz > ph.memsz)
			return err_set(p->e, "segment %u: file size 0x%" PRIx64 " exceeds memory "
				       "size 0x%" PRIx64, i, ph.filesz, ph.memsz);
		if (ph.paddr < p->paddr_offset || ph.paddr - p->paddr_offset > ELF_MAX_SPAN ||
		    ph.memsz > ELF_MAX_SPAN)
			return err_set(p->e, "segment %u: physical address 0x%" PRIx64 "+0x%" PRIx64
				       " is outside of 0x%" PRIx64 "+2 GiB", i, ph.paddr, ph.memsz,
				       p->paddr_offset);
		if (k->nr_segs == ELF_MAX_SEGMENTS)
			return err_set(p->e, "more than %u segments", ELF_MAX_SEGMENTS);
		s = &k->seg[k->nr_segs++];
		s->pfn_offset = ph.paddr - p->paddr_offset;
		s->data = p->file + ph.offset;
		s->filesz = ph.filesz;
		s->memsz = ph.memsz;
		if (s->pfn_offset < start)
			start = s->pfn_offset;
		if (s->pfn_offset + s->memsz > end)
			end = s->pfn_offset + s->memsz;
	}
	if (!k->nr_segs)
		return err_set(p->e, "no segment to load");
	if (p->virt_base & 0xfff || p->virt_base + end < p->virt_base)
		return err_set(p->e, "VIRT_BASE 0x%" PRIx64 ": not page-aligned or beyond the end of "
			       "the address space", p->virt_base);
	k->virt_base = p->virt_base;
	k->virt_start = p->virt_base + start;
	k->virt_end = p->virt_base + end;
	return 0;
}

static int canonical(uint64_t va)
{
	return va + (1ULL << 47) < 1ULL << 48;
}

/* The part of the address space that belongs to the hypervisor. */
static int reserved(uint64_t va)
{
	return va >= 0xffff800000000000ULL && va < 0xffff880000000000ULL;
}

static int check_addresses(struct parse *p)
{
	uint64_t entry = p->entry == UNSET ? p->eh.entry : p->entry;
	struct elf_kernel *k = p->k;

	if (!canonical(k->virt_start) || !canonical(k->virt_end) || reserved(k->virt_start) ||
	    reserved(k->virt_end))
		return err_set(p->e, "kernel addresses 0x%" PRIx64 " to 0x%" PRIx64 " are not usable "
			       "(non-canonical, or the hypervisor's)", k->virt_start, k->virt_end);
	if (entry < k->virt_start || entry >= k->virt_end)
		return err_set(p->e, "entry point 0x%" PRIx64 " is outside of the kernel (0x%" PRIx64
			       " to 0x%" PRIx64 ")", entry, k->virt_start, k->virt_end);
	k->virt_entry = entry;
	if (p->hypercall_pfn_legacy)
		p->hypercall_page = k->virt_base +
			((uint64_t)(p->hypercall_pfn_legacy - 1) << 12);
	if (p->hypercall_page != UNSET) {
		if (p->hypercall_page & 0xfff || p->hypercall_page < k->virt_start ||
		    p->hypercall_page >= k->virt_end)
			return err_set(p->e, "HYPERCALL_PAGE 0x%" PRIx64 " is not a page of the kernel",
				       p->hypercall_page);
		k->hypercall_page = p->hypercall_page;
	}
	if (p->init_p2m != UNSET) {
		if (p->init_p2m & ((1ULL << 21) - 1) || !canonical(p->init_p2m) ||
		    reserved(p->init_p2m) || !p->init_p2m)
			return err_set(p->e, "INIT_P2M 0x%" PRIx64 ": not usable (expected a "
				       "multiple of 2 MiB outside of the hypervisor's range)",
				       p->init_p2m);
		k->init_p2m = p->init_p2m;
	}
	if (k->loader[0] && strcmp(k->loader, "generic"))
		return err_set(p->e, "LOADER \"%s\": expected \"generic\"", k->loader);
	if (k->supervisor_mode)
		return err_set(p->e, "requires supervisor_mode_kernel: it only runs as a "
			       "privileged kernel of another kind");
	return 0;
}

int elf_parse(struct elf_kernel *k, const uint8_t *file, size_t size, struct err *e)
{
	struct parse p = {
		.file = file, .size = size, .k = k, .e = e, .virt_base = UNSET,
		.paddr_offset = UNSET, .entry = UNSET, .hypercall_page = UNSET, .init_p2m = UNSET,
	};

	memset(k, 0, sizeof(*k));
	if (check_header(&p) || check_whole(&p) || find_notes(&p))
		return -1;
	if (p.virt_base == UNSET)
		p.virt_base = 0;
	/* Before there were notes, physical addresses in the file were virtual ones. */
	if (p.paddr_offset == UNSET)
		p.paddr_offset = p.notes ? 0 : p.virt_base;
	if (take_segments(&p))
		return -1;
	return check_addresses(&p);
}
