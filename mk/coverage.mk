# SPDX-License-Identifier: MIT
# `make coverage [T=...]`: which lines and branches of hypervisor/ the tests reach. The suites run as ever, on the
# image build/coverage/paravane, whose functions count how often they run; see docs/coverage.md.
# COVERAGE_KEEP=1 adds to the runs that are there instead of starting afresh.

COV := $(B)/coverage
COV_SUITES := guest hostile host
COV_TESTS = $(or $(T),$(COV_SUITES))
# Counting makes everything slower.
COV_PATIENCE := $(or $(TEST_PATIENCE),3)
COV_MAKE = $(MAKE) -s --no-print-directory B=$(COV) DEPS=$(DEPS) COVERAGE=1

.PHONY: coverage coverage-image coverage-unit
coverage: tests coverage-image
	@$(if $(COVERAGE_KEEP),,rm -rf $(COV)/runs)
	@mkdir -p $(COV)/runs
	@BUILD=$(B) COVERAGE_QEMU="$$QEMU" QEMU=mk/coverage/qemu.py TEST_PATIENCE=$(COV_PATIENCE) \
		tests/run $(TEST_OPTS) $(COV_TESTS) || echo "# some tests failed; what they reached counts nevertheless"
	@mk/coverage/report.py --build $(B) $(if $(T),,--doc docs/coverage.md)

coverage-image: $(if $(filter host,$(TEST_WANTED)),$(COV)/paravane.iso)
	@$(COV_MAKE) hypervisor
	@mk/coverage/image.py $(COV)/paravane.elf >$(COV)/counters.json

# The disc image of the tests with the other hypervisor.
$(COV)/paravane.iso: $(B)/paravane.iso FORCE
	@$(COV_MAKE) hypervisor
	@if ! [ $@ -nt $(COV)/paravane ] || ! [ $@ -nt $< ]; then \
		echo "  ISO     $@"; rm -rf $(COV)/iso; cp -a $(B)/iso $(COV)/iso; cp $(COV)/paravane $(COV)/iso/boot/; \
		grub-mkrescue -o $@ $(COV)/iso >$(COV)/iso.log 2>&1 || { tail -n 20 $(COV)/iso.log >&2; exit 1; }; fi

# The same question to the unit tests that include real sources. They run on this machine, not in the hypervisor.
COV_UNITS := $(shell grep -l '^ *#include "hypervisor/.*\.[ch]"' tests/unit/*.c)
coverage-unit: | $(PKG_TEST)
	@rm -rf $(COV)/unit && mkdir -p $(COV)/unit
	@$(foreach t,$(COV_UNITS),echo "  TEST    $(basename $(notdir $(t)))"; \
		$(HOSTCC) $(UNIT_CFLAGS) $(call unit_words,$(t),CFLAGS) --coverage -o $(COV)/unit/$(basename $(notdir $(t))) \
			$(t) $(call unit_words,$(t),LINK) $(call unit_words,$(t),LIBS) && \
		$(COV)/unit/$(basename $(notdir $(t))) >/dev/null || exit 1;)
	@mk/coverage/report.py --units $(COV)/unit

.PHONY: FORCE
FORCE:
