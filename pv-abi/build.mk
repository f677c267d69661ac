# SPDX-License-Identifier: MIT
# pv-abi is headers only; what is made from hypercalls.def is kept in the tree and refreshed here.

.PHONY: abi-headers
abi-headers: pv-abi/hypercall-numbers.h

pv-abi/hypercall-numbers.h: pv-abi/hypercalls.def pv-abi/gen-numbers.awk
	@echo "  GEN     $@"
	@awk -f pv-abi/gen-numbers.awk pv-abi/hypercalls.def > $@
