# SPDX-License-Identifier: MIT
# The control domain's programs. Each is built twice from the same sources: for the guest kernel, on
# newlib, and static for a Linux control domain ($(TOOLS_OUT)/linux/NAME), where the tests that compare
# with another hypervisor run.

TOOLS_OUT := $(B)/dom0-tools

# Third-party decoders and libfdt, from their own sources.
TOOLS_SRC_ZLIB := $(addprefix $(DEPS)/src/zlib/,adler32.c crc32.c inffast.c inflate.c inftrees.c zutil.c)
TOOLS_SRC_XZ   := $(addprefix $(DEPS)/src/xz/,xz_dec_bcj.c xz_dec_lzma2.c xz_dec_stream.c)
TOOLS_SRC_LZ4  := $(DEPS)/src/lz4/lib/lz4.c
TOOLS_SRC_ZSTD := $(addprefix $(DEPS)/src/zstd/lib/, \
	common/entropy_common.c common/error_private.c common/fse_decompress.c common/xxhash.c \
	common/zstd_common.c decompress/huf_decompress.c decompress/zstd_ddict.c \
	decompress/zstd_decompress.c decompress/zstd_decompress_block.c)
TOOLS_SRC_FDT  := $(addprefix $(DEPS)/src/libfdt/,fdt.c fdt_ro.c fdt_rw.c fdt_sw.c fdt_wip.c \
	fdt_strerror.c fdt_empty_tree.c fdt_addresses.c)
TOOLS_SRC_DEPS := $(TOOLS_SRC_ZLIB) $(TOOLS_SRC_XZ) $(TOOLS_SRC_LZ4) $(TOOLS_SRC_ZSTD) $(TOOLS_SRC_FDT)

TOOLS_INCLUDES := -I. -I$(DEPS)/src/xz -I$(DEPS)/src/zlib -I$(DEPS)/src/lz4/lib \
	-I$(DEPS)/src/zstd/lib -I$(DEPS)/src/libfdt -Idom0-tools/lib/xz
TOOLS_DEFINES := -D_GNU_SOURCE -DZ_SOLO -DZSTD_DISABLE_ASM=1 -DZSTD_LEGACY_SUPPORT=0 \
	-DZSTD_NO_INTRINSICS -DZSTD_TRACE=0 -DZSTDLIB_VISIBLE= -DZSTDERRORLIB_VISIBLE=
TOOLS_FLAGS := $(TOOLS_INCLUDES) $(TOOLS_DEFINES) -O2

# Nothing here works without XenStore's client library.
ifneq ($(wildcard dom0-tools/lib/xs.h),)
TOOLS_LIB   := $(sort $(wildcard dom0-tools/lib/*.c))
TOOLS_PVCTL := $(sort $(wildcard dom0-tools/pvctl/*.c))

# --- for a Linux control domain -----------------------------------------------------------------
TOOLS_LINUX_CFLAGS := -std=gnu11 -g -fno-pie $(TOOLS_FLAGS)
tools_linux_objects = $(patsubst %.c,$(TOOLS_OUT)/linux/obj/%.o,$(1))

# $(call tools_linux_compile,SOURCE,WARNINGS)
define tools_linux_compile
$(call tools_linux_objects,$(1)): $(1) | $(DEP_LIBFDT) $(DEP_XZ) $(DEP_ZLIB) $(DEP_LZ4) $(DEP_ZSTD)
	@mkdir -p $$(@D)
	@echo "  CC      $(1)"
	@$$(HOSTCC) $(2) $$(TOOLS_LINUX_CFLAGS) -MMD -MP -c -o $$@ $$<

endef

# $(eval $(call tools_linux_program,NAME,SOURCES)): compiles SOURCES, links with the library
define tools_linux_program
$(foreach s,$(2),$(call tools_linux_compile,$(s),$$(WARN)))
$(TOOLS_OUT)/linux/$(1): $(call tools_linux_objects,$(2)) $(TOOLS_OUT)/linux/libtools.a
	@echo "  LD      $$@"
	@$$(HOSTCC) -static -no-pie -o $$@ $$^
endef

$(eval $(foreach s,$(TOOLS_LIB),$(call tools_linux_compile,$(s),$$(WARN))))
$(eval $(foreach s,$(TOOLS_SRC_DEPS),$(call tools_linux_compile,$(s),-w)))
$(TOOLS_OUT)/linux/libtools.a: $(call tools_linux_objects,$(TOOLS_LIB) $(TOOLS_SRC_DEPS))
	@echo "  AR      $@"
	@rm -f $@
	@ar rcs $@ $^

$(eval $(call tools_linux_program,pvctl,$(TOOLS_PVCTL)))
-include $(patsubst %.o,%.d,$(call tools_linux_objects,$(TOOLS_LIB) $(TOOLS_PVCTL) $(TOOLS_SRC_DEPS)))
TOOLS_LINUX_PROGRAMS += $(TOOLS_OUT)/linux/pvctl

# --- for the guest kernel -----------------------------------------------------------------------
ifdef USER_CC
$(eval $(call user_library,tools-deps,$(TOOLS_SRC_DEPS),$(TOOLS_FLAGS) -w -O2))
$(eval $(call user_library,tools-lib,$(TOOLS_LIB),$(TOOLS_FLAGS)))
$(eval $(call user_program,pvctl,$(TOOLS_PVCTL),$(TOOLS_FLAGS),$(USER_OUT)/tools-lib.a $(USER_OUT)/tools-deps.a))
$(call user_objects,tools-lib,$(TOOLS_LIB)) $(call user_objects,pvctl,$(TOOLS_PVCTL)): \
	| $(DEP_LIBFDT) $(DEP_XZ) $(DEP_ZLIB) $(DEP_LZ4) $(DEP_ZSTD)
INITRAMFS_FILES += /bin/pvctl=$(USER_BIN)/pvctl
INITRAMFS_LINKS += /bin/xl=pvctl /bin/domaind=pvctl
TOOLS_USER_PROGRAMS += $(USER_BIN)/pvctl
endif
endif

-include $(sort $(wildcard dom0-tools/*/build.mk))

# Unit tests compile third-party sources.
$(B)/tests/unit/tools-image $(B)/tests/unit/tools-cfg: | $(DEP_XZ) $(DEP_ZLIB) $(DEP_LZ4) $(DEP_ZSTD)

.PHONY: dom0-tools
dom0-tools: $(TOOLS_USER_PROGRAMS) $(TOOLS_LINUX_PROGRAMS)
