/* SPDX-License-Identifier: MIT
 *
 * The image: linked high, loaded at IMAGE_PHYS. Text, read-only data, data and
 * the start-up code each begin a page of their own, so that mm can map them
 * with the rights they need and give .init back.
 */
#include "arch/layout.h"

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)
ENTRY(start_phys)

PHDRS {
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
}

start_phys = start - IMAGE_START + IMAGE_PHYS;

SECTIONS {
	. = IMAGE_START;
	image_start = .;
	.text : AT(ADDR(.text) - IMAGE_START + IMAGE_PHYS) {
		KEEP(*(.multiboot))
		KEEP(*(.text.entry))
		*(.text .text.*)
		image_text_end_used = .;
	} :text
	. = ALIGN(4096);
	image_text_end = .;
	.rodata : AT(ADDR(.rodata) - IMAGE_START + IMAGE_PHYS) {
		*(.rodata .rodata.*)
		. = ALIGN(8);
		extable_start = .;
		KEEP(*(.extable))
		extable_end = .;
		smap_sites_start = .;
		KEEP(*(.smap_sites))
		smap_sites_end = .;
		. = ALIGN(4);
		build_id_note = .;
		KEEP(*(.note.gnu.build-id))
		build_id_note_end = .;
#ifdef COVERAGE
		. = ALIGN(8);
		coverage_info = .;
		KEEP(*(.gcov_info))
		coverage_info_end = .;
#endif
	} :rodata
	. = ALIGN(4096);
	image_rodata_end = .;
	image_init_start = .;
	.init : AT(ADDR(.init) - IMAGE_START + IMAGE_PHYS) {
		*(.init.text)
		. = ALIGN(4096);
		image_init_text_end = .;
		*(.init.rodata .init.data)
	} :data
	. = ALIGN(4096);
	image_init_end = .;
	image_data_start = .;
	.data : AT(ADDR(.data) - IMAGE_START + IMAGE_PHYS) {
		*(.data .data.*)
		*(.got .got.plt)
	} :data
	.bss : AT(ADDR(.bss) - IMAGE_START + IMAGE_PHYS) {
		. = ALIGN(4096);
		*(.bss.page_aligned)
#ifdef COVERAGE
		coverage_counters = .;
		*(.bss.__gcov*)
		coverage_counters_end = .;
#endif
		*(.bss .bss.* COMMON)
	} :data
	. = ALIGN(4096);
	image_end = .;
	/DISCARD/ : { *(.comment) *(.eh_frame) *(.note.GNU-stack) *(.note.gnu.property) }
}
