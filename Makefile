# SPDX-License-Identifier: MIT
# The front door. Each area describes its own build in <area>/build.mk; what comes from Debian packages
# is installed and built by mk/deps.mk as it is needed, the targets people type are in mk/run.mk and
# tests/build.mk.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Make's lists, and newlib's configure, are separated by blanks.
ifneq ($(words $(CURDIR)),1)
$(error the folder's path has a space in it, "$(CURDIR)": move the checkout to a path without one)
endif

B := build
DEPS := $(B)/deps

-include mk/config.mk
-include mk/deps.mk
-include pv-abi/build.mk
-include hypervisor/build.mk
-include guest-kernel/build.mk
-include guest-kernel/user/build.mk
-include dom0-tools/build.mk
-include guest-kernel/user/initramfs.mk
-include tests/build.mk
-include mk/run.mk
-include mk/coverage.mk

.PHONY: help clean distclean
help:
	@echo 'Paravane: paravirtualized domains on any x86-64 machine.'
	@echo
	@echo '  make run                   build, boot, start a demo domain; the control domain in this terminal'
	@echo '                             (Ctrl-A X leaves; MEM=1G CPUS=2 SHARE=folder DEMO=0: none)'
	@echo '  make up [HOST=name]        the same in the background (MEM= CPUS= SHARE=); make hosts lists them'
	@echo '  ./pvctl [-H name] VERB...  run a verb in that host: list, create CFG, console NAME (Ctrl-] leaves), help'
	@echo '  make down [HOST=name]      stop it'
	@echo '  make test [T=name]         every test, or a suite (unit abi guest hostile host), or one by name'
	@echo '  make bench                 operations of the hypervisor and of Xen in instructions (BENCH="name ...": some)'
	@echo '  make coverage              which lines of hypervisor/ the tests reach (T= as for test)'
	@echo '  make debug                 a stopped host with gdb on hypervisor and control domain'
	@echo '  make iso                   build/paravane.iso for BIOS and UEFI'
	@echo '  make model [DEPTH=n]       every order of two vCPUs in page types, grants, event channels (MUTATE=1: with seeded bugs)'
	@echo '  make fuzz [MINUTES=n]      feed every parser and the hypervisor what nobody would send (T=name: one)'
	@echo '  make lint                  static checkers over hypervisor/ and the scripts'
	@echo '  make clean                 remove what was built; distclean: what was fetched, too'

clean:
	@echo "  CLEAN   $(B)"
	@rm -rf $(filter-out $(DEPS),$(wildcard $(B)/*))

distclean:
	@echo "  CLEAN   $(B) with $(DEPS)"
	@rm -rf $(B)
