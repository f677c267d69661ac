/* SPDX-License-Identifier: MIT */
/* What the loader left behind: memory, modules, command line. [Multiboot 0.6.96, 3.3] */
#include "../../kernel/lib.h"
#include "../../kernel/page.h"
#include "../../kernel/task.h"
#include "native.h"

const char plat_name[] = "native";

struct multiboot_info {
	u32 flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4];
	u32 mmap_length, mmap_addr;
};

struct multiboot_module {
	u32 start, end, string, reserved;
};

struct multiboot_mmap {
	u32 size;
	u64 addr, length;
	u32 type;
} __packed;

extern char _end_image[];
static char cmdline[256];

/* Memory that is in use: image, initramfs, frame table. Sorted by address. */
static struct { pa_t start, end; } reserved[3];

static void add_free(pa_t start, pa_t end)
{
	for (unsigned i = 0; i < ARRAY_SIZE(reserved); i++) {
		if (reserved[i].end <= start || reserved[i].start >= end)
			continue;
		if (reserved[i].start > start)
			page_add_range(start, reserved[i].start);
		start = reserved[i].end;
	}
	if (start < end)
		page_add_range(start, end);
}

static void each_ram_range(const struct multiboot_info *mbi, void (*fn)(pa_t start, pa_t end))
{
	for (u32 off = 0; off < mbi->mmap_length;) {
		const struct multiboot_mmap *m = va(mbi->mmap_addr + off);
		u64 start = max(m->addr, 0x100000ul), end = min(m->addr + m->length, KERNEL_MEM_MAX);

		if (m->type == 1 && start < end)
			fn(start, end);
		off += m->size + 4;
	}
}

static pa_t ram_end;

static void note_end(pa_t start, pa_t end)
{
	ram_end = max(ram_end, end);
}

/* boot.S calls this with the tables of boot.S and a stack, nothing else. */
void __noreturn native_start(u32 magic, u32 info);
void native_start(u32 magic, u32 info)
{
	const struct multiboot_info *mbi = va(info);
	pa_t start = page_up(pa(_end_image));

	wrmsr(MSR_GSBASE, (u64)&cpus[0]);
	cpus[0].self = &cpus[0];
	plat_console_init();
	if (magic != 0x2badb002)
		panic("not started by a Multiboot loader (magic %x)", magic);
	if (mbi->flags & 4)
		strlcpy(cmdline, va(mbi->cmdline), sizeof(cmdline));
	/* QEMU puts the file name first. */
	boot_info.cmdline = strchr(cmdline, ' ') ? strchr(cmdline, ' ') + 1 : "";
	boot_info.control_domain = true;
	if ((mbi->flags & 8) && mbi->mods_count) {
		const struct multiboot_module *m = va(mbi->mods_addr);

		boot_info.initrd = m->start;
		boot_info.initrd_size = m->end - m->start;
		start = max(start, page_up(m->end));
	}
	each_ram_range(mbi, note_end);
	reserved[0].start = 0x100000;
	reserved[0].end = page_up(pa(_end_image));
	reserved[1].start = boot_info.initrd;
	reserved[1].end = page_up(boot_info.initrd + boot_info.initrd_size);
	/* The map itself may lie where the frame table goes: copy what is still needed. */
	struct multiboot_info copy = *mbi;
	static u8 map[512];

	copy.mmap_length = min(copy.mmap_length, (u32)sizeof(map));
	memcpy(map, va(mbi->mmap_addr), copy.mmap_length);
	copy.mmap_addr = pa(map);
	reserved[2].start = start;
	page_init(&start, ram_end >> PAGE_SHIFT);
	reserved[2].end = start;
	mmu_init();
	each_ram_range(&copy, add_free);
	kernel_main();
}
