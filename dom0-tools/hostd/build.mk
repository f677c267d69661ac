# SPDX-License-Identifier: MIT
# hostd: for the control domain, and for this machine's Linux, where tests/host/hostctl-streams.py drives it.

HOSTD_SRCS := $(sort $(wildcard dom0-tools/hostd/*.c))
HOSTD_HDRS := $(wildcard dom0-tools/hostd/*.h dom0-tools/hostctl/proto.h)

ifdef USER_CC
$(eval $(call user_program,hostd,$(HOSTD_SRCS),-O2))
INITRAMFS_FILES += /bin/hostd=$(USER_BIN)/hostd
TOOLS_USER_PROGRAMS += $(USER_BIN)/hostd
endif

$(TOOLS_OUT)/test/hostd: $(HOSTD_SRCS) $(HOSTD_HDRS)
	@echo "  HOSTCC  $@"
	@mkdir -p $(@D)
	@$(HOSTCC) -std=gnu11 -O1 -g -fsanitize=address,undefined $(WARN) -o $@ $(HOSTD_SRCS)

TEST_NEEDS_host += $(TOOLS_OUT)/test/hostd
