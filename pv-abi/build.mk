# SPDX-License-Identifier: MIT
# pv-abi is headers only. What is made from its lists is kept in the tree and refreshed here:
# the numbers in assembly's and the preprocessor's form, and the coverage page.

.PHONY: abi-headers abi-coverage test-abi
abi-headers: pv-abi/hypercall-numbers.h

pv-abi/hypercall-numbers.h: pv-abi/hypercalls.def pv-abi/gen-numbers.awk
	@echo "  GEN     $@"
	@awk -f pv-abi/gen-numbers.awk pv-abi/hypercalls.def > $@

abi-coverage: docs/abi-coverage.md

docs/abi-coverage.md: pv-abi/hypercalls.def pv-abi/subops.def pv-abi/coverage.awk
	@echo "  GEN     $@"
	@mkdir -p docs
	@awk -f pv-abi/coverage.awk pv-abi/hypercalls.def pv-abi/subops.def > $@

# Headers against libxen-dev's; prints TAP.
test-abi:
	@tests/abi/abi-headers.py
