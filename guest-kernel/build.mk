# SPDX-License-Identifier: MIT
# The guest kernel: one set of sources, two platforms, two images.
#   build/guest-kernel-native   Multiboot 1, for qemu -kernel (ELF32 around 64-bit code)
#   build/guest-kernel-pv       PV64 ELF with Xen notes

GK := guest-kernel
GKB := $(B)/guest-kernel

GK_COMMON := $(wildcard $(GK)/kernel/*.c) $(GK)/kernel/switch.S \
             $(filter-out $(GK)/drivers/xen%,$(wildcard $(GK)/drivers/*.c))
GK_SRC_native := $(GK_COMMON) $(wildcard $(GK)/platform/native/*.[cS])
GK_SRC_pv := $(GK_COMMON) $(wildcard $(GK)/platform/pv/*.[cS]) $(wildcard $(GK)/drivers/xen/*.c)

GK_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-pic -fno-pie -mcmodel=kernel -mno-red-zone \
             -mgeneral-regs-only -fno-stack-protector -fcf-protection=none -fno-strict-aliasing \
             -fno-asynchronous-unwind-tables -fno-omit-frame-pointer -fno-optimize-sibling-calls \
             -fno-common -fno-builtin -nostdinc -isystem $(shell $(CC) -print-file-name=include) -I. $(WARN)
GK_LDFLAGS := -m elf_x86_64 -nostdlib -static -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments \
              --build-id=none -T $(GK)/kernel.lds

# A Multiboot loader jumps to a physical address; a PV builder to the one in the ELF note.
GK_LDFLAGS_native := --defsym=start32_physical=start32-0xffffffff80000000 -e start32_physical
GK_LDFLAGS_pv := -e pv_start

.PHONY: guest-kernel
guest-kernel: $(B)/guest-kernel-native $(if $(wildcard $(GK)/platform/pv/*.c),$(B)/guest-kernel-pv)

# $(1): platform. Linked twice: the first image's symbols become the table that the second contains.
define GK_PLATFORM
GK_OBJ_$(1) := $$(patsubst $(GK)/%,$(GKB)/$(1)/%.o,$$(GK_SRC_$(1)))
-include $$(GK_OBJ_$(1):.o=.d)

$(GKB)/$(1)/%.c.o: $(GK)/%.c $(GK)/build.mk
	@echo "  CC      $$<  [$(1)]"
	@mkdir -p $$(@D)
	@$$(CC) $$(GK_CFLAGS) -DPLATFORM_$(1) -MMD -MP -c $$< -o $$@

$(GKB)/$(1)/%.S.o: $(GK)/%.S $(GK)/build.mk
	@echo "  AS      $$<  [$(1)]"
	@mkdir -p $$(@D)
	@$$(CC) $$(GK_CFLAGS) -D__ASSEMBLER__ -MMD -MP -c $$< -o $$@

$(GKB)/$(1)/pass1.elf: $$(GK_OBJ_$(1)) $(GKB)/$(1)/kernel/noksyms.S.o $(GK)/kernel.lds
	@$$(LD) $$(GK_LDFLAGS) $$(GK_LDFLAGS_$(1)) $$(GK_OBJ_$(1)) $(GKB)/$(1)/kernel/noksyms.S.o -o $$@

$(GKB)/$(1)/ksyms.S: $(GKB)/$(1)/pass1.elf $(GK)/tools/ksyms.sh
	@$(GK)/tools/ksyms.sh $$< > $$@

$(GKB)/$(1)/kernel.elf: $(GKB)/$(1)/pass1.elf $(GKB)/$(1)/ksyms.S
	@echo "  LD      $$@"
	@$$(CC) -c $(GKB)/$(1)/ksyms.S -o $(GKB)/$(1)/ksyms.o
	@$$(LD) $$(GK_LDFLAGS) $$(GK_LDFLAGS_$(1)) $$(GK_OBJ_$(1)) $(GKB)/$(1)/ksyms.o -o $$@
endef
$(eval $(call GK_PLATFORM,native))
$(eval $(call GK_PLATFORM,pv))

$(B)/guest-kernel-native: $(GKB)/native/kernel.elf
	@$(OBJCOPY) -O elf32-i386 --strip-debug $< $@

$(B)/guest-kernel-pv: $(GKB)/pv/kernel.elf
	@cp $< $@.debug
	@$(OBJCOPY) --strip-all $< $@

