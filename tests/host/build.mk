# SPDX-License-Identifier: MIT
# What tests of the whole system need built.
TEST_NEEDS_host += $(B)/pvctl-host $(B)/host-tools/hostd
