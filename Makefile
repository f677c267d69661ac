# SPDX-License-Identifier: MIT
# The front door. Each area describes its own build in <area>/build.mk;
# dependencies are fetched and built by mk/deps.mk.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

B := build
DEPS := $(B)/deps

-include mk/config.mk
-include mk/deps.mk
-include pv-abi/build.mk
-include hypervisor/build.mk
-include guest-kernel/build.mk
-include dom0-tools/build.mk
-include tests/build.mk
-include mk/run.mk

.PHONY: help clean
help:
	@echo "make run | test | up | down | bench | lab | debug | iso | clean"

clean:
	rm -rf $(filter-out $(DEPS),$(wildcard $(B)/*))
