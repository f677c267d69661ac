# SPDX-License-Identifier: MIT
# xenstored and the xenstore commands: for the guest kernel, for Linux, and for the tests.

XS_DAEMON   := $(sort $(wildcard dom0-tools/xenstored/*.c))
XS_COMMANDS := dom0-tools/xenstore/xenstore.c
XS_NAMES    := chmod control exists list ls read rm watch write

ifneq ($(TOOLS_LIB),)
$(eval $(call tools_linux_program,xenstored,$(XS_DAEMON)))
$(eval $(call tools_linux_program,xenstore,$(XS_COMMANDS)))
-include $(patsubst %.o,%.d,$(call tools_linux_objects,$(XS_DAEMON) $(XS_COMMANDS)))
TOOLS_LINUX_PROGRAMS += $(TOOLS_OUT)/linux/xenstored $(TOOLS_OUT)/linux/xenstore

ifdef USER_CC
$(eval $(call user_program,xenstored,$(XS_DAEMON),$(TOOLS_FLAGS),$(USER_OUT)/tools-lib.a))
$(eval $(call user_program,xenstore,$(XS_COMMANDS),$(TOOLS_FLAGS),$(USER_OUT)/tools-lib.a))
INITRAMFS_FILES += /bin/xenstored=$(USER_BIN)/xenstored /bin/xenstore=$(USER_BIN)/xenstore
INITRAMFS_LINKS += $(foreach n,$(XS_NAMES),/bin/xenstore-$(n)=xenstore)
TOOLS_USER_PROGRAMS += $(USER_BIN)/xenstored $(USER_BIN)/xenstore
endif
endif

# For the tests: a hypervisor made of files, and sanitizers.
XS_TEST := $(TOOLS_OUT)/test
XS_TEST_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g $(WARN) -I. -fsanitize=address,undefined \
	-fno-sanitize-recover=all
XS_HEADERS := $(wildcard dom0-tools/xenstored/*.h dom0-tools/lib/*.h)

$(XS_TEST)/xenstored: $(XS_DAEMON) tests/lib/fake-xen.c $(XS_HEADERS)
	@mkdir -p $(@D)
	@echo "  HOSTLD  $@"
	@$(HOSTCC) $(XS_TEST_CFLAGS) -o $@ $(filter %.c,$^)

$(XS_TEST)/xenstore: $(XS_COMMANDS) dom0-tools/lib/xs.c dom0-tools/lib/xs_stream.c $(XS_HEADERS)
	@mkdir -p $(@D)
	@echo "  HOSTLD  $@"
	@$(HOSTCC) $(XS_TEST_CFLAGS) -o $@ $(filter %.c,$^)

TEST_NEEDS_host += $(XS_TEST)/xenstored $(XS_TEST)/xenstore $(TOOLS_LINUX_PROGRAMS) $(B)/paravane

# The same on our C library, which also runs here: $(USER_BIN)/test-xenstored.
ifdef USER_CC
ifneq ($(TOOLS_LIB),)
$(eval $(call user_program,test-xenstored,$(XS_DAEMON) tests/lib/fake-xen.c,$(TOOLS_FLAGS)))
TEST_NEEDS_host += $(USER_BIN)/test-xenstored $(USER_BIN)/xenstore
endif
endif
