# SPDX-License-Identifier: MIT
# consoled: for the guest kernel, for Linux, and for the tests.

CONSOLED_SRC := $(sort $(wildcard dom0-tools/consoled/*.c))

ifneq ($(TOOLS_LIB),)
$(eval $(call tools_linux_program,consoled,$(CONSOLED_SRC)))
-include $(patsubst %.o,%.d,$(call tools_linux_objects,$(CONSOLED_SRC)))
TOOLS_LINUX_PROGRAMS += $(TOOLS_OUT)/linux/consoled

ifdef USER_CC
$(eval $(call user_program,consoled,$(CONSOLED_SRC),$(TOOLS_FLAGS),$(USER_OUT)/tools-lib.a))
INITRAMFS_FILES += /bin/consoled=$(USER_BIN)/consoled
TOOLS_USER_PROGRAMS += $(USER_BIN)/consoled
endif
endif

# For the tests: a hypervisor made of files, and sanitizers.
$(TOOLS_OUT)/test/consoled: $(CONSOLED_SRC) dom0-tools/lib/xs.c dom0-tools/lib/xs_stream.c tests/lib/fake-xen.c \
		$(wildcard dom0-tools/consoled/*.h dom0-tools/lib/*.h)
	@mkdir -p $(@D)
	@echo "  HOSTLD  $@"
	@$(HOSTCC) -std=gnu11 -D_GNU_SOURCE -O1 -g $(WARN) -I. -fsanitize=address,undefined \
		-fno-sanitize-recover=all -o $@ $(filter %.c,$^)

TEST_NEEDS_host += $(TOOLS_OUT)/test/consoled $(TOOLS_OUT)/linux/consoled

# The same on our C library, which also runs here.
ifdef USER_CC
ifneq ($(TOOLS_LIB),)
$(eval $(call user_program,test-consoled,$(CONSOLED_SRC) dom0-tools/lib/xs.c dom0-tools/lib/xs_stream.c tests/lib/fake-xen.c,$(TOOLS_FLAGS)))
TEST_NEEDS_host += $(USER_BIN)/test-consoled
endif
endif
