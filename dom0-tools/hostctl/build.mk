# SPDX-License-Identifier: MIT
# ./pvctl on this machine: build/pvctl-host.

HOSTCTL_SRCS := $(sort $(wildcard dom0-tools/hostctl/*.c))

$(B)/pvctl-host: $(HOSTCTL_SRCS) $(wildcard dom0-tools/hostctl/*.h)
	@echo "  HOSTCC  $@"
	@mkdir -p $(@D)
	@$(HOSTCC) -std=gnu11 -O2 -g $(WARN) -o $@ $(HOSTCTL_SRCS)

TEST_NEEDS_host += $(B)/pvctl-host
