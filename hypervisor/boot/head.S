/* SPDX-License-Identifier: MIT
 *
 * The first instructions: from the boot loader's 32-bit protected mode,
 * paging off, to 64-bit C at the image's high address.
 *
 * In:  EAX = boot loader's magic, EBX = machine address of its information.
 * Out: boot_start(magic, information) on the boot CPU's stack.
 *
 * The tables here map the low 4 GiB twice, at 0 and at DIRECTMAP_START, and the
 * image at IMAGE_START, all with 2 MiB pages and every right; mm_early_init()
 * builds the final ones. Other CPUs pass through them too (trampoline.S).
 *
 * [Multiboot 0.6.96, 3.1] [Multiboot2 2.0, 3.1] [SDM 3A 10.8.5]
 * Next: boot/boot.c
 */
#include "arch/layout.h"
#include "arch/x86.h"

#define PHYS(sym) ((sym) - IMAGE_START + IMAGE_PHYS)

	.section .multiboot, "a"
	.balign 8
multiboot1:
	.long 0x1BADB002
	.long 0x00000003                        /* modules on page boundaries, memory map */
	.long -(0x1BADB002 + 0x00000003)

	.balign 8
multiboot2:
	.long 0xE85250D6, 0, multiboot2_end - multiboot2
	.long -(0xE85250D6 + (multiboot2_end - multiboot2))
	/* information we need: command line, modules, memory map */
	.short 1, 0
	.long 20
	.long 1, 3, 6
	.balign 8
	.short 6, 0                             /* modules on page boundaries */
	.long 8
	/* EFI boot services are not used: the BIOS entry serves both. */
	.short 0, 0
	.long 8
multiboot2_end:

	.section .text.entry, "ax"
	.code32
	.globl start
/* TOUR 1.1: power-on ends here. The boot loader has put the image at IMAGE_PHYS and jumps to it. */
start:
	cli
	cld
	movl %eax, %ebp
	movl $PHYS(boot_stack_top), %esp
	movl %ebx, %esi

	/* Long mode at all? And NX, which enter_long_mode switches on? */
	movl $0x80000000, %eax
	cpuid
	cmpl $0x80000001, %eax
	jb no_long_mode
	movl $0x80000001, %eax
	cpuid
	andl $(1 << 29 | 1 << 20), %edx
	cmpl $(1 << 29 | 1 << 20), %edx
	jne no_long_mode

	/* L4: slots 0 and DIRECTMAP to the same L3; slot of the image to its own. */
	movl $PHYS(boot_l3_low) + 7, %eax
	movl %eax, PHYS(boot_l4)
	movl %eax, PHYS(boot_l4) + 8 * ((DIRECTMAP_START >> 39) & 511)
	movl $PHYS(boot_l3_image) + 7, PHYS(boot_l4) + 8 * ((IMAGE_START >> 39) & 511)
	movl $PHYS(boot_l2_image) + 7, PHYS(boot_l3_image) + 8 * ((IMAGE_START >> 30) & 511)
	movl $PHYS(boot_l2_low) + 7, %eax
	movl $PHYS(boot_l3_low), %edi
	movl $4, %ecx
1:	movl %eax, (%edi)
	addl $4096, %eax
	addl $8, %edi
	loop 1b
	movl $0x83, %eax
	movl $PHYS(boot_l2_low), %edi
	movl $2048, %ecx
2:	movl %eax, (%edi)
	addl $0x200000, %eax
	addl $8, %edi
	loop 2b
	movl $IMAGE_PHYS + 0x83, %eax
	movl $PHYS(boot_l2_image), %edi
	movl $16, %ecx
3:	movl %eax, (%edi)
	addl $0x200000, %eax
	addl $8, %edi
	loop 3b

	movl $PHYS(boot_l4), %eax
	movl %eax, %cr3
	call enter_long_mode
	lgdt PHYS(boot_gdtr)
	ljmp $8, $PHYS(start64)

/* Enable paging with the tables in CR3. Clobbers EAX, ECX, EDX. Shared with trampoline.S. */
enter_long_mode:
	movl $X86_CR4_PAE, %eax
	movl %eax, %cr4
	movl $MSR_EFER, %ecx
	movl $(EFER_LME | EFER_NX | EFER_SCE), %eax
	xorl %edx, %edx
	wrmsr
	movl $(X86_CR0_PG | X86_CR0_WP | X86_CR0_NE | X86_CR0_ET | X86_CR0_MP | X86_CR0_PE), %eax
	movl %eax, %cr0
	ret

no_long_mode:
	movl $PHYS(no_long_mode_text), %esi
4:	lodsb
	testb %al, %al
	jz 5f
	movw $0x3f8, %dx
	outb %al, %dx
	jmp 4b
5:	hlt
	jmp 5b

	.code64
start64:
	movabsq $start_high, %rax
	jmp *%rax
start_high:
	lgdt boot_gdtr_high(%rip)
	xorl %eax, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	movl %eax, %fs
	movl %eax, %gs
	leaq boot_stack_top(%rip), %rsp
	movl %ebp, %edi
	movl %esi, %esi
	xorl %ebp, %ebp
	call boot_start
	ud2

	/*
	 * Another CPU, from trampoline.S, already in 64-bit mode on the boot
	 * tables' identity map: RDI = its struct cpu (direct map), RSP = its stack.
	 */
	.globl start_ap
start_ap:
	lgdt boot_gdtr_high(%rip)
	xorl %eax, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	movl %eax, %fs
	movl %eax, %gs
	xorl %ebp, %ebp
	call smp_ap_start
	ud2

	.section .rodata
	.balign 8
boot_gdt:
	.quad 0
	.quad 0x00af9a000000ffff                /* 8: 64-bit code, ring 0 */
	.quad 0x00cf92000000ffff                /* 16: data */
boot_gdt_end:
boot_gdtr:
	.short boot_gdt_end - boot_gdt - 1
	.long PHYS(boot_gdt)
	.balign 8
boot_gdtr_high:
	.short boot_gdt_end - boot_gdt - 1
	.quad boot_gdt
no_long_mode_text:
	.asciz "Paravane: this CPU has no 64-bit mode or no NX; Paravane needs both.\r\n"

	.section .bss.page_aligned, "aw", @nobits
	.balign 4096
	.globl boot_l4
boot_l4:        .skip 4096
boot_l3_low:    .skip 4096
boot_l3_image:  .skip 4096
boot_l2_low:    .skip 4 * 4096
boot_l2_image:  .skip 4096
	.globl boot_stack_top
boot_stack:     .skip HV_STACK_SIZE
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
