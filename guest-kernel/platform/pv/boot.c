/* SPDX-License-Identifier: MIT */
/* What the builder left behind: memory, module, command line. [pv-abi/xen.h, struct start_info] */
#include "../../kernel/lib.h"
#include "../../kernel/mm.h"
#include "../../kernel/page.h"
#include "../../kernel/task.h"
#include "pv.h"

const char plat_name[] = "pv";

struct start_info *start_info;

static char cmdline[256];

/* TOUR 5.2: the kernel learns about itself: frames, shared page, module. Called by boot.S, on our own stack. */
void __noreturn pv_start_c(struct start_info *si);
void pv_start_c(struct start_info *si)
{
	u64 next, frames, first;
	pa_t start;

	start_info = si;
	p2m = (unsigned long *)si->mfn_list;
	p2m_size = si->nr_pages;
	cpus[0].self = &cpus[0];
	HYPERVISOR_set_segment_base(SEGBASE_GS_KERNEL, (u64)&cpus[0]);
	HYPERVISOR_update_va_mapping((u64)&shared_info, si->shared_info | PTE_P | PTE_W, UVMF_INVLPG);
	plat_console_init();
	strlcpy(cmdline, (const char *)si->cmd_line, sizeof(cmdline));
	boot_info.cmdline = cmdline;
	boot_info.control_domain = si->flags & SIF_INITDOMAIN;
	if (si->mod_len) {
		boot_info.initrd = pa(si->mod_start);
		boot_info.initrd_size = si->mod_len;
	}
	frames = min(si->nr_pages, KERNEL_MEM_MAX >> PAGE_SHIFT);
	/* Everything up to the page tables is in use; the boot stack behind them is not. */
	next = (pa(si->pt_base) >> PAGE_SHIFT) + si->nr_pt_frames;
	mmu_init(&next, frames);
	/* For tools that dump this domain: where the list of its frames is. */
	shared_info.arch.max_pfn = p2m_size;
	shared_info.arch.p2m_vaddr = (u64)p2m;
	shared_info.arch.p2m_cr3 = xen_pfn_to_cr3(pfn_to_mfn(init_root >> PAGE_SHIFT));
	start = next << PAGE_SHIFT;
	first = 0x100000;
	page_init(&start, frames);
	page_add_range(PAGE_SIZE, first);
	page_add_range(start, frames << PAGE_SHIFT);
	kernel_main();
}
