# SPDX-License-Identifier: MIT
# The hypervisor: build/paravane, a multiboot ELF32 image of a 64-bit program.
#   make build/hypervisor/mm/frame.o   one object
#   make hypervisor-objs               all objects, not linked
#   make hypervisor                    the image
#   make RELEASE=1 hypervisor          build/release/paravane: without assertions and lock checks, as one is measured
#   make CONFIG_HVM=n hypervisor       build/pv-only/paravane: paravirtualized domains only

ifeq ($(RELEASE),1)
HV_OUT := $(B)/release
else
HV_OUT := $(B)
endif
# CONFIG_HVM=n: no fully virtualized domains, nothing of hvm/ in the image.
CONFIG_HVM ?= y
ifeq ($(CONFIG_HVM),n)
HV_OUT := $(HV_OUT)/pv-only
endif
HB := $(HV_OUT)/hypervisor

HV_WITHOUT := $(if $(filter n,$(CONFIG_HVM)),hypervisor/hvm/%)
HV_C   := $(filter-out $(HV_WITHOUT),$(sort $(wildcard hypervisor/*/*.c hypervisor/hvm/*/*.c)))
HV_S   := $(filter-out $(HV_WITHOUT),$(sort $(wildcard hypervisor/*/*.S hypervisor/hvm/*/*.S)))
HV_OBJS := $(patsubst hypervisor/%.c,$(HB)/%.o,$(filter-out hypervisor/arch/asm_offsets.c,$(HV_C))) \
           $(patsubst hypervisor/%.S,$(HB)/%.S.o,$(HV_S))
HV_FDT_OBJS := $(addprefix $(HB)/libfdt/,fdt.o fdt_ro.o fdt_addresses.o)
HV_XZ_OBJS  := $(addprefix $(HB)/xz/,xz_dec_stream.o xz_dec_lzma2.o xz_dec_bcj.o xz_crc32.o)

HV_DEFS  := -D__PARAVANE__ -DCONFIG_HVM=$(if $(filter n,$(CONFIG_HVM)),0,1) $(if $(filter 1,$(RELEASE)),-DNDEBUG)
HV_FLAGS := -std=gnu11 -O2 -g -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) \
            -m64 -mgeneral-regs-only -mno-red-zone -fno-stack-protector -fPIE -mcmodel=small \
            -fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing \
            -fno-common $(if $(filter 1,$(RELEASE)),-fomit-frame-pointer,-fno-omit-frame-pointer) -ffunction-sections -fdata-sections -include hypervisor/lib/visibility.h \
            -Ihypervisor -I. -I$(HB) $(HV_DEFS)
HV_CFLAGS := $(HV_FLAGS) $(WARN)
HV_LDSFLAGS :=

# COVERAGE=1 is the image of `make coverage`: see mk/coverage.mk. Nobody calls the function that gcov_info names.
ifdef COVERAGE
HV_CFLAGS += -Og -fno-inline -fprofile-arcs -ftest-coverage -fprofile-update=atomic -fprofile-info-section
HV_LDSFLAGS += -DCOVERAGE
HV_COVERAGE_LDFLAGS := --defsym=__gcov_merge_add=0
endif

.PHONY: hypervisor hypervisor-objs
hypervisor: $(HV_OUT)/paravane
hypervisor-objs: $(HV_OBJS)

$(HB)/%.o: hypervisor/%.c hypervisor/build.mk | $(HB)/hypercall_protos.h
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(HV_CFLAGS) -MMD -MP -c -o $@ $<

$(HB)/%.S.o: hypervisor/%.S $(HB)/asm_offsets.h hypervisor/build.mk
	@mkdir -p $(@D)
	@echo "  AS      $<"
	@$(CC) $(HV_FLAGS) -D__ASSEMBLER__ -MMD -MP -c -o $@ $<

# These two speak to libraries, whose headers want C's names for the functions of lib/string.h.
$(HB)/pv/hyperlaunch.o: HV_CFLAGS += -Ihypervisor/lib/libc -I$(DEPS)/src/libfdt -Wno-undef -Wno-shadow
$(HB)/pv/image.o: HV_CFLAGS += -Ihypervisor/lib/libc -I$(DEPS)/src/xz/linux
$(HB)/pv/hyperlaunch.o: | $(DEP_LIBFDT)
$(HB)/pv/image.o: | $(DEP_XZ)

# Structure offsets for assembly, from the compiler.
$(HB)/asm_offsets.h: hypervisor/arch/asm_offsets.c | $(HB)/hypercall_protos.h
	@mkdir -p $(@D)
	@echo "  GEN     $@"
	@$(CC) $(HV_CFLAGS) -MMD -MP -MF $(HB)/asm_offsets.d -MT $@ -S -o $(HB)/asm_offsets.s $<
	@sed -n 's/^.*->\([A-Za-z0-9_]*\) \$$\?\(-\?[0-9]*\).*$$/#define \1 \2/p' $(HB)/asm_offsets.s > $@

# Prototypes of the hypercalls' entry points, from the one list.
$(HB)/hypercall_protos.h: pv-abi/hypercalls.def hypervisor/core/hypercall_protos.h.in
	@mkdir -p $(@D)
	@echo "  GEN     $@"
	@$(CC) -E -P -x c -I. hypervisor/core/hypercall_protos.h.in -o $@

$(HB)/hypervisor.lds: hypervisor/hypervisor.lds.S hypervisor/arch/layout.h
	@mkdir -p $(@D)
	@$(CC) -E -P -x c -D__ASSEMBLER__ $(HV_LDSFLAGS) -Ihypervisor -o $@ $<

# Third-party sources compiled for ring 0: libfdt (boot device trees), XZ Embedded (bzImage boot domains).
HV_LIB_FLAGS := $(HV_FLAGS) -w
$(HB)/libfdt/%.o: | $(DEP_LIBFDT)
	@mkdir -p $(@D)
	@echo "  CC      libfdt/$*.c"
	@$(CC) $(HV_LIB_FLAGS) -Ihypervisor/lib/libc -I$(DEPS)/src/libfdt -c -o $@ $(DEPS)/src/libfdt/$*.c

$(HB)/xz/%.o: | $(DEP_XZ)
	@mkdir -p $(@D)
	@echo "  CC      xz/$*.c"
	@$(CC) $(HV_LIB_FLAGS) -Ihypervisor/lib/libc -I$(DEPS)/src/xz -I$(DEPS)/src/xz/linux -c -o $@ $(DEPS)/src/xz/$*.c

HV_LINK_OBJS := $(HV_OBJS) $(HV_FDT_OBJS) $(HV_XZ_OBJS)
HV_LDFLAGS := -m elf_x86_64 -nostdlib -static -no-pie --gc-sections -z noexecstack -z max-page-size=4096 \
              --no-warn-rwx-segments --build-id=sha1 -T $(HB)/hypervisor.lds $(HV_COVERAGE_LDFLAGS)

$(HV_OUT)/paravane.elf: $(HV_LINK_OBJS) $(HB)/hypervisor.lds
	@echo "  LD      $@"
	@$(LD) $(HV_LDFLAGS) -o $@ $(HV_LINK_OBJS)

# IMAGE_START - IMAGE_PHYS: in the ELF32 image virtual addresses are the physical ones, because GRUB looks for
# the entry point among the former and QEMU among the latter.
HV_LOAD_OFFSET := 0xffff82d03fe00000
$(HV_OUT)/paravane: $(HV_OUT)/paravane.elf
	@echo "  OBJCOPY $@"
	@$(OBJCOPY) -O elf32-i386 --strip-debug --change-section-vma '*-$(HV_LOAD_OFFSET)' $< $@

-include $(HV_OBJS:.o=.d) $(HB)/asm_offsets.d
