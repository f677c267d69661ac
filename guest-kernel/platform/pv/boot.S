/* SPDX-License-Identifier: MIT */
/*
 * The first instruction of a PV guest.
 *
 * The builder has loaded the image, built page tables that map everything it put there, and entered at
 * the address in the ENTRY note: 64-bit mode, ring 3, paging on, events masked, rsi = start_info.
 * Nothing of native/boot.S is left to do but to take our own stack.
 */
#include "pv.h"

	.text
	.globl pv_start
/* TOUR 5.1: the first instruction of a domain: rsi is all it gets. */
pv_start:
	cld
	mov $boot_stack_top, %rsp
	xor %ebp, %ebp
	mov %rsi, %rdi
	call pv_start_c
	ud2

/* Another vCPU: VCPUOP_initialise gave it its stack, and its number in rdi. */
	.globl pv_ap_start
pv_ap_start:
	cld
	xor %ebp, %ebp
	call cpu_main
	ud2

	.macro note type
	.pushsection .note.Xen, "a", @note
	.balign 4
	.long 4, 2f - 1f, \type
	.asciz "Xen"
1:
	.endm
	.macro note_end
2:	.balign 4
	.popsection
	.endm

	note XEN_ELFNOTE_GUEST_OS
	.asciz "paravane"
	note_end
	note XEN_ELFNOTE_GUEST_VERSION
	.asciz "1"
	note_end
	note XEN_ELFNOTE_XEN_VERSION
	.asciz "xen-3.0"
	note_end
	note XEN_ELFNOTE_LOADER
	.asciz "generic"
	note_end
	note XEN_ELFNOTE_PAE_MODE
	.asciz "yes"
	note_end
	note XEN_ELFNOTE_VIRT_BASE
	.quad 0xffffffff80000000
	note_end
	note XEN_ELFNOTE_PADDR_OFFSET
	.quad 0
	note_end
	note XEN_ELFNOTE_ENTRY
	.quad pv_start
	note_end
	note XEN_ELFNOTE_FEATURES
	.asciz "!writable_page_tables|pae_pgdir_above_4gb"
	note_end
	/* dom0 (bit 11), and no writable page tables expected */
	note XEN_ELFNOTE_SUPPORTED_FEATURES
	.long 1 << 11
	note_end

	.section .bss.page, "aw", @nobits
	.align 4096
	.globl shared_info, boot_stack
shared_info:	.skip 4096
boot_stack:	.skip 8192
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
