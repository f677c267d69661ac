/* SPDX-License-Identifier: MIT */
/*
 * Core files: see coredump.h. [Xen docs/misc/dump-core-format.txt]
 *
 * An ELF file of type core whose sections are: the notes (.note.Xen), the vCPUs' contexts
 * (.xen_prstatus), the shared info page, the frame numbers (.xen_p2m: pairs of PFN and MFN) and the
 * pages in the same order (.xen_pages), which are aligned and come last.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coredump.h"
#include "ctl.h"
#include "frames.h"
#include "strbuf.h"

struct ehdr {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct shdr {
	uint32_t name, type;
	uint64_t flags, addr, offset, size;
	uint32_t link, info;
	uint64_t addralign, entsize;
};

enum { SEC_NULL, SEC_STRTAB, SEC_NOTE, SEC_PRSTATUS, SEC_SHARED, SEC_P2M, SEC_PAGES, NR_SECTIONS };

static const char *const section_names[NR_SECTIONS] = {
	"", ".shstrtab", ".note.Xen", ".xen_prstatus", ".xen_shared_info", ".xen_p2m", ".xen_pages",
};

struct core {
	struct hcall *h;
	domid_t dom;
	const char *path;
	struct err *e;
	int fd;
	uint64_t written, total;
	struct xen_domctl_getdomaininfo info;
	struct frame_pair *frames;
	uint64_t nr_frames;
	struct strbuf strtab, notes;
	struct vcpu_guest_context *vcpus;
	unsigned int nr_vcpus;
};

static int put(struct core *c, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(c->fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(c->e, n ? errno : ENOSPC, "core %s: at %llu of %llu MB (choose "
				       "another place with `pvctl dump-core DOMAIN FILE`)", c->path,
				       (unsigned long long)c->written >> 20,
				       (unsigned long long)(c->total >> 20) + 1);
		p += n;
		len -= (size_t)n;
		c->written += (uint64_t)n;
	}
	return 0;
}

static int put_zeroes_to(struct core *c, uint64_t offset)
{
	static const char zeroes[PAGE_SIZE];

	while (c->written < offset) {
		uint64_t n = offset - c->written;

		if (put(c, zeroes, n < sizeof(zeroes) ? (size_t)n : sizeof(zeroes)))
			return -1;
	}
	return 0;
}

static void add_note(struct core *c, uint32_t type, const void *desc, uint32_t len)
{
	uint32_t head[3] = { 4, len, type };

	strbuf_add_mem(&c->notes, head, sizeof(head));
	strbuf_add_mem(&c->notes, "Xen", 4);
	strbuf_add_mem(&c->notes, desc, len);
	while (c->notes.len % 4)
		strbuf_add_char(&c->notes, 0);
}

static void make_notes(struct core *c)
{
	struct { uint64_t magic, nr_vcpus, nr_pages, page_size; } header = {
		0xf00febed, c->nr_vcpus, c->nr_frames, PAGE_SIZE };
	struct {
		uint64_t major, minor;
		xen_extraversion_t extra;
		struct xen_compile_info compile;
		xen_capabilities_info_t caps;
		xen_changeset_info_t changeset;
		struct xen_platform_parameters params;
		uint64_t pagesize;
	} version;
	uint64_t format = 1;
	long v = ctl_version(c->h, XENVER_version, NULL, 0);

	memset(&version, 0, sizeof(version));
	version.major = (uint64_t)v >> 16;
	version.minor = (uint64_t)v & 0xffff;
	ctl_version(c->h, XENVER_extraversion, version.extra, sizeof(version.extra));
	ctl_version(c->h, XENVER_compile_info, &version.compile, sizeof(version.compile));
	ctl_version(c->h, XENVER_capabilities, version.caps, sizeof(version.caps));
	ctl_version(c->h, XENVER_changeset, version.changeset, sizeof(version.changeset));
	ctl_version(c->h, XENVER_platform_parameters, &version.params, sizeof(version.params));
	version.pagesize = PAGE_SIZE;
	add_note(c, XEN_ELFNOTE_DUMPCORE_NONE, NULL, 0);
	add_note(c, XEN_ELFNOTE_DUMPCORE_HEADER, &header, sizeof(header));
	add_note(c, XEN_ELFNOTE_DUMPCORE_XEN_VERSION, &version, sizeof(version));
	add_note(c, XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION, &format, sizeof(format));
}

static int collect(struct core *c)
{
	unsigned int v;
	long n, ret = ctl_domain_info(c->h, c->dom, &c->info);

	if (ret)
		return err_sys(c->e, (int)-ret, "domain %u", c->dom);
	c->vcpus = calloc(c->info.max_vcpu_id + 1, sizeof(*c->vcpus));
	if (!c->vcpus)
		return err_sys(c->e, ENOMEM, "core %s", c->path);
	for (v = 0; v <= c->info.max_vcpu_id; v++)
		if (!ctl_vcpu_context_get(c->h, c->dom, v, &c->vcpus[c->nr_vcpus]))
			c->nr_vcpus++;
	n = frames_of(c->h, c->dom, &c->frames, c->e);
	if (n < 0)
		return -1;
	c->nr_frames = (uint64_t)n;
	make_notes(c);
	return 0;
}

static uint64_t section_size(const struct core *c, unsigned int i)
{
	switch (i) {
	case SEC_STRTAB: return c->strtab.len;
	case SEC_NOTE: return c->notes.len;
	case SEC_PRSTATUS: return c->nr_vcpus * sizeof(*c->vcpus);
	case SEC_SHARED: return PAGE_SIZE;
	case SEC_P2M: return c->nr_frames * sizeof(*c->frames);
	case SEC_PAGES: return c->nr_frames * PAGE_SIZE;
	default: return 0;
	}
}

static void make_sections(struct core *c, struct shdr *sh)
{
	uint64_t offset = sizeof(struct ehdr) + NR_SECTIONS * sizeof(*sh);
	unsigned int i;

	memset(sh, 0, NR_SECTIONS * sizeof(*sh));
	for (i = 0; i < NR_SECTIONS; i++) {
		sh[i].name = (uint32_t)c->strtab.len;
		strbuf_add_mem(&c->strtab, section_names[i], strlen(section_names[i]) + 1);
	}
	for (i = 1; i < NR_SECTIONS; i++) {
		sh[i].type = i == SEC_STRTAB ? 3 : i == SEC_NOTE ? 7 : 1;
		sh[i].addralign = i == SEC_PAGES ? PAGE_SIZE : 8;
		offset = (offset + sh[i].addralign - 1) & ~(sh[i].addralign - 1);
		sh[i].offset = offset;
		sh[i].size = section_size(c, i);
		offset += sh[i].size;
	}
	sh[SEC_PRSTATUS].entsize = sizeof(*c->vcpus);
	sh[SEC_P2M].entsize = sizeof(*c->frames);
	sh[SEC_PAGES].entsize = PAGE_SIZE;
	c->total = offset;
}

static int put_shared_info(struct core *c)
{
	xen_pfn_t mfn = c->info.shared_info_frame;
	void *page = foreign_map(c->h, c->dom, &mfn, 1, 0, c->e);
	int ret;

	if (!page)
		return -1;
	ret = put(c, page, PAGE_SIZE);
	foreign_unmap(page, 1);
	return ret;
}

#define BATCH 256

static int put_pages(struct core *c)
{
	uint64_t i, j;

	for (i = 0; i < c->nr_frames; i += BATCH) {
		size_t n = c->nr_frames - i < BATCH ? (size_t)(c->nr_frames - i) : BATCH;
		xen_pfn_t mfns[BATCH];
		void *pages;
		int ret;

		for (j = 0; j < n; j++)
			mfns[j] = c->frames[i + j].mfn;
		pages = foreign_map(c->h, c->dom, mfns, n, 0, c->e);
		if (!pages)
			return -1;
		ret = put(c, pages, n * PAGE_SIZE);
		foreign_unmap(pages, n);
		if (ret)
			return ret;
	}
	return 0;
}

static int write_all(struct core *c)
{
	struct ehdr eh = {
		.ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 }, .type = 4, .machine = 62, .version = 1,
		.shoff = sizeof(eh), .ehsize = sizeof(eh), .shentsize = sizeof(struct shdr),
		.shnum = NR_SECTIONS, .shstrndx = SEC_STRTAB,
	};
	struct shdr sh[NR_SECTIONS];

	make_sections(c, sh);
	if (put(c, &eh, sizeof(eh)) || put(c, sh, sizeof(sh)) ||
	    put_zeroes_to(c, sh[SEC_STRTAB].offset) || put(c, c->strtab.s, c->strtab.len) ||
	    put_zeroes_to(c, sh[SEC_NOTE].offset) || put(c, c->notes.s, c->notes.len) ||
	    put_zeroes_to(c, sh[SEC_PRSTATUS].offset) ||
	    put(c, c->vcpus, c->nr_vcpus * sizeof(*c->vcpus)) ||
	    put_zeroes_to(c, sh[SEC_SHARED].offset) || put_shared_info(c) ||
	    put_zeroes_to(c, sh[SEC_P2M].offset) ||
	    put(c, c->frames, c->nr_frames * sizeof(*c->frames)) ||
	    put_zeroes_to(c, sh[SEC_PAGES].offset))
		return -1;
	return put_pages(c);
}

int coredump_write(struct hcall *h, domid_t dom, const char *path, struct err *e)
{
	struct core c = { .h = h, .dom = dom, .path = path, .e = e };
	int ret = collect(&c);

	if (!ret) {
		c.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (c.fd < 0) {
			ret = err_sys(e, errno, "core %s", path);
		} else {
			ret = write_all(&c);
			if (close(c.fd) && !ret)
				ret = err_sys(e, errno, "core %s", path);
			if (ret)
				unlink(path);
		}
	}
	strbuf_free(&c.strtab);
	strbuf_free(&c.notes);
	free(c.frames);
	free(c.vcpus);
	return ret;
}
