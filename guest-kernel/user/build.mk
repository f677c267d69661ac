# SPDX-License-Identifier: MIT
# User programs of the guest kernel: the C library's glue, the programs, the initramfs images.
#
# Other areas build programs for the guest kernel with
#
#   $(eval $(call user_program,NAME,SOURCES[,CFLAGS[,LIBRARIES]]))
#
# which defines $(USER_BIN)/NAME, a static ELF at 0x400000, from SOURCES (paths from the repository's
# root), compiled with $(WARN) $(USER_CFLAGS) CFLAGS and linked with LIBRARIES (archives or objects).
# $(call user_objects,NAME,SOURCES) are the object files it is made of. An archive to share is made with
#
#   $(eval $(call user_library,NAME,SOURCES[,CFLAGS]))      ->  $(USER_OUT)/NAME.a
#
# $(USER_OUT)/ucc is the same as a command: it compiles and links like gcc. What should be in the
# control domain's initramfs is named by
#
#   INITRAMFS_FILES += /bin/pvctl=$(USER_BIN)/pvctl
#   INITRAMFS_LINKS += /bin/xl=pvctl

USER_DIR := guest-kernel/user
USER_OUT := $(B)/user
USER_BIN := $(USER_OUT)/bin
NEWLIB   ?= $(DEPS)/newlib
USER_CC  := $(CC)
USER_AR  := ar
USER_NEWLIB := $(NEWLIB)/lib/libc.a

USER_GCC_INCLUDE := $(shell $(CC) -print-file-name=include)
USER_LIBGCC      := $(shell $(CC) -print-libgcc-file-name)

USER_INCLUDES := -nostdinc -I. -isystem $(USER_DIR)/include -isystem $(NEWLIB)/include \
                 -isystem $(USER_GCC_INCLUDE)
USER_CODEGEN  := -std=gnu11 -Os -g -fno-pic -fno-pie -fno-stack-protector -fcf-protection=none \
                 -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -fno-common \
                 -mno-red-zone -U__STRICT_ANSI__
USER_CFLAGS   := $(USER_CODEGEN) $(USER_INCLUDES)
# Our locks come before the C library's own, whichever archive the linker looks into first.
USER_LDFLAGS  := -nostdlib -static -no-pie -Wl,-u,__retarget_lock_init -Wl,--gc-sections -Wl,--build-id=none \
                 -Wl,-z,max-page-size=4096 -Wl,-z,noseparate-code -Wl,-z,norelro -Wl,-z,noexecstack
USER_CRT0     := $(USER_OUT)/libc/crt0.o
USER_LIBC     := $(USER_OUT)/libc.a
USER_LIBS     := $(USER_LIBC) $(NEWLIB)/lib/libm.a $(USER_LIBGCC)
USER_DEPS     := $(USER_CRT0) $(USER_LIBC)

user_objects = $(patsubst %,$(USER_OUT)/obj/$(1)/%.o,$(basename $(2)))

# $(call user_compile,NAME,SOURCE,CFLAGS)
define user_compile
$(USER_OUT)/obj/$(1)/$(basename $(2)).o: $(2) | $(USER_NEWLIB)
	@mkdir -p $$(@D)
	@echo "  UCC     $(2)"
	@$$(USER_CC) $$(WARN) $$(USER_CFLAGS) -MMD -MP $(3) -c -o $$@ $$<
-include $(USER_OUT)/obj/$(1)/$(basename $(2)).d

endef

define user_program
$(foreach s,$(2),$(call user_compile,$(1),$(s),$(3)))
$(USER_BIN)/$(1): $(call user_objects,$(1),$(2)) $(4) $$(USER_DEPS)
	@mkdir -p $$(@D)
	@echo "  ULD     $$@"
	@$$(USER_CC) $$(USER_LDFLAGS) -o $$@.debug $$(USER_CRT0) $(call user_objects,$(1),$(2)) \
		-Wl,--start-group $(4) $$(USER_LIBS) -Wl,--end-group
	@$$(OBJCOPY) --strip-all $$@.debug $$@
endef

define user_library
$(foreach s,$(2),$(call user_compile,$(1),$(s),$(3)))
$(USER_OUT)/$(1).a: $(call user_objects,$(1),$(2))
	@echo "  AR      $$@"
	@rm -f $$@
	@$$(USER_AR) rcs $$@ $$^
endef

# The C library's part that is ours.
USER_LIBC_SRC := $(wildcard $(USER_DIR)/libc/*.c)
$(eval $(call user_library,libuser,$(USER_LIBC_SRC),-fno-builtin))

# The whole library: newlib's, less the members that define what ours defines too, and ours.
$(USER_LIBC): $(USER_OUT)/libuser.a $(USER_NEWLIB)
	@echo "  AR      $@"
	@cp $(USER_NEWLIB) $@.tmp
	@nm -j --defined-only -g $< 2>/dev/null | grep -v ':' | sort -u > $@.ours
	@nm -A --defined-only -g $(USER_NEWLIB) 2>/dev/null | sed 's/^[^:]*:\([^:]*\):.* /\1 /' | \
		awk 'NR == FNR { ours[$$1]; next } $$2 in ours { print $$1 }' $@.ours - | sort -u | \
		xargs $(USER_AR) d $@.tmp
	@$(USER_AR) qs $@.tmp $(call user_objects,libuser,$(USER_LIBC_SRC))
	@mv $@.tmp $@

$(USER_CRT0): $(USER_DIR)/libc/crt0.S
	@mkdir -p $(@D)
	@echo "  AS      $<"
	@$(USER_CC) -c -o $@ $<

# The same as a compiler command, with absolute paths.
$(USER_OUT)/ucc: $(USER_DIR)/build.mk $(USER_DEPS)
	@mkdir -p $(@D)
	@{ echo '#!/bin/sh'; echo '# Compiles and links programs for the guest kernel; used like gcc.'; \
	   echo 'top=$(CURDIR); libs="$(USER_CRT0:%=$$top/%) -Wl,--start-group $(USER_LIBC:%=$$top/%) $(abspath $(NEWLIB)/lib/libm.a) $(USER_LIBGCC) -Wl,--end-group"'; \
	   echo 'for a; do case $$a in -c|-S|-E) libs=; esac; done'; \
	   echo 'exec $(USER_CC) $(USER_CODEGEN) -nostdinc -isystem $$top/$(USER_DIR)/include -isystem $(abspath $(NEWLIB))/include -isystem $(USER_GCC_INCLUDE) $(USER_LDFLAGS) "$$@" $$libs'; \
	 } > $@ && chmod +x $@

# The shell and the utilities: one program of many names.
TOOLBOX_SRC := $(wildcard $(USER_DIR)/toolbox/*.c $(USER_DIR)/sh/*.c)
$(eval $(call user_program,toolbox,$(TOOLBOX_SRC),-Wno-format-nonliteral))
TOOLBOX_NAMES := $(shell sed -n 's/^APPLET."\([^"]*\)".*/\1/p' $(USER_DIR)/toolbox/applets.def)
INITRAMFS_FILES += /bin/toolbox=$(USER_BIN)/toolbox
INITRAMFS_LINKS += $(TOOLBOX_NAMES:%=/bin/%=toolbox) /init=bin/toolbox

# Measuring and straining the kernel.
$(eval $(call user_program,bench,$(addprefix $(USER_DIR)/bench/,bench.c benches.c)))
$(eval $(call user_program,stress,$(USER_DIR)/bench/stress.c))
INITRAMFS_FILES += /bin/bench=$(USER_BIN)/bench /bin/stress=$(USER_BIN)/stress

.PHONY: user
user: $(USER_BIN)/toolbox $(USER_OUT)/ucc

TEST_NEEDS_host += $(USER_BIN)/toolbox
TEST_NEEDS_host += $(B)/initramfs.cpio $(B)/guest-kernel-native $(B)/guest-kernel-pv $(B)/paravane
