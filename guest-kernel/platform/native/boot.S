/* SPDX-License-Identifier: MIT */
/*
 * Power-on to C.
 *
 * A Multiboot loader enters at start32 in 32-bit protected mode, paging off, ebx = information. The
 * image is linked at KERNEL_BASE + 1 MB and loaded at 1 MB: until paging is on, addresses need
 * KERNEL_BASE subtracted (the P() macro). The boot tables map the first 2 GB twice, at 0 and at
 * KERNEL_BASE, in 2 MB pages; the top of the second holds the interrupt controllers instead.
 */
#include "native.h"

#define P(x) ((x) - KERNEL_BASE)
#define KERNEL_BASE 0xffffffff80000000

	.section .multiboot, "a"
	.align 4
	.long 0x1badb002		/* magic */
	.long 0x00000003		/* modules on page boundaries, memory map */
	.long -(0x1badb002 + 0x00000003)

	.section .boot, "ax"
	.code32
	.globl start32
start32:
	cli
	cld
	mov $P(boot_stack_top), %esp
	mov %ebx, P(boot_mbi)
	mov %eax, P(boot_magic)

	/* PML4: 0 and 511 -> PDPT; PDPT: 0,510 -> PD0, 1,511 -> PD1 */
	mov $P(boot_pdpt) + 7, %eax
	mov %eax, P(boot_pml4)
	mov %eax, P(boot_pml4) + 511 * 8
	mov $P(boot_pd0) + 7, %eax
	mov %eax, P(boot_pdpt)
	mov %eax, P(boot_pdpt) + 510 * 8
	add $0x1000, %eax
	mov %eax, P(boot_pdpt) + 8
	mov %eax, P(boot_pdpt) + 511 * 8
	xor %ecx, %ecx
	mov $0x83, %eax			/* present, writable, 2 MB */
1:	mov %eax, P(boot_pd0)(, %ecx, 8)
	add $0x200000, %eax
	inc %ecx
	cmp $1024, %ecx
	jb 1b
	movl $0xfec00093, P(boot_pd1) + 502 * 8	/* IOAPIC, uncached */
	movl $0xfee00093, P(boot_pd1) + 503 * 8	/* local APIC */

	mov $P(boot_pml4), %eax
	call enter_long_mode
	ljmp $SEL_KCODE, $P(start64)

/* eax: top-level table. Turns on long mode and paging; returns in 32-bit compatibility mode. */
enter_long_mode:
	mov %eax, %cr3
	mov %cr4, %eax
	or $0x20, %eax			/* PAE */
	mov %eax, %cr4
	mov $MSR_EFER, %ecx
	rdmsr
	or $0x901, %eax			/* NXE, LME, SCE */
	wrmsr
	mov $0x80010033, %eax		/* PG, WP, NE, ET, MP, PE */
	mov %eax, %cr0
	lgdt P(boot_gdt_ptr)
	ret

	.code64
start64:
	mov $start_high, %rax
	jmp *%rax

	.text
start_high:
	mov $boot_stack_top, %rsp
	xor %ebp, %ebp
	xor %eax, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %gs
	mov $SEL_KDATA, %eax
	mov %eax, %ss
	mov boot_magic(%rip), %edi
	mov boot_mbi(%rip), %esi
	call native_start
	ud2

/* Copied to AP_TRAMPOLINE: where another CPU begins, in real mode. */
	.section .boot, "ax"
	.code16
	.globl ap_trampoline, ap_trampoline_end
ap_trampoline:
	cli
	cld
	xor %ax, %ax
	mov %ax, %ds
	lgdtl AP_TRAMPOLINE + (ap_gdt_ptr - ap_trampoline)
	mov $1, %eax			/* PE */
	mov %eax, %cr0
	ljmpl $SEL_CODE32, $AP_TRAMPOLINE + (ap32 - ap_trampoline)
	.code32
ap32:
	mov $SEL_KDATA, %eax
	mov %eax, %ds
	mov %eax, %ss
	mov $AP_TRAMPOLINE + 0xff0, %esp
	/* the stack is shared: one CPU at a time */
1:	lock btsl $0, AP_TRAMPOLINE + (ap_lock - ap_trampoline)
	jc 1b
	mov $P(boot_pml4), %eax
	call *AP_TRAMPOLINE + (ap_enter - ap_trampoline)
	ljmp $SEL_KCODE, $P(ap64)
	.align 8
ap_enter:
	.long P(enter_long_mode)
ap_lock:
	.long 0
ap_gdt_ptr:
	.word boot_gdt_end - boot_gdt - 1
	.long P(boot_gdt)
ap_trampoline_end:

	.code64
ap64:
	movl $0, AP_TRAMPOLINE + (ap_lock - ap_trampoline)
	mov $ap_high, %rax
	jmp *%rax
	.text
ap_high:
	xor %eax, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %gs
	mov $SEL_KDATA, %eax
	mov %eax, %ss
	mov $1, %eax
	lock xadd %eax, ap_ticket(%rip)
	mov %eax, %edi			/* our number */
	cmp ap_wanted(%rip), %eax
	jae 2f
	mov ap_stacks(, %rax, 8), %rsp
	xor %ebp, %ebp
	call native_ap_start
2:	hlt
	jmp 2b

	.data
	.globl ap_wanted
ap_ticket:	.long 1
ap_wanted:	.long 0
boot_mbi:	.long 0
boot_magic:	.long 0
	.align 8
boot_gdt:
	.quad 0, 0
	.quad 0x00af9b000000ffff	/* SEL_KCODE */
	.quad 0x00cf93000000ffff	/* SEL_KDATA */
	.quad 0x00cf9b000000ffff	/* SEL_CODE32 */
boot_gdt_end:
boot_gdt_ptr:
	.word boot_gdt_end - boot_gdt - 1
	.quad P(boot_gdt)

	.section .bss.page, "aw", @nobits
	.align 4096
	.globl boot_pml4, boot_pdpt, boot_stack
boot_pml4:	.skip 4096
boot_pdpt:	.skip 4096
boot_pd0:	.skip 4096
boot_pd1:	.skip 4096
boot_stack:	.skip 8192
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
