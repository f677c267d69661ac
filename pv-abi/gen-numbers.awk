# SPDX-License-Identifier: MIT
# Makes hypercall-numbers.h from hypercalls.def:
#   awk -f pv-abi/gen-numbers.awk pv-abi/hypercalls.def > pv-abi/hypercall-numbers.h
BEGIN {
	print "/* SPDX-License-Identifier: MIT */"
	print "/* Made from hypercalls.def by gen-numbers.awk (`make abi-headers`): do not edit. */"
	print "#ifndef PV_ABI_HYPERCALL_NUMBERS_H"
	print "#define PV_ABI_HYPERCALL_NUMBERS_H\n"
}
/^X\(/ {
	split($0, f, /[(,]/)
	gsub(/ /, "", f[2]); gsub(/ /, "", f[3])
	# 48 and up are the architecture's own: Xen spells those __HYPERVISOR_arch_<n>, and the
	# machine-check header adds the name of the first.
	if (f[2] >= 48) next
	printf "#define %-40s %d\n", "__HYPERVISOR_" f[3], f[2]
}
END {
	print ""
	for (i = 0; i < 8; i++)
		printf "#define %-40s %d\n", "__HYPERVISOR_arch_" i, 48 + i
	print "\n#endif /* PV_ABI_HYPERCALL_NUMBERS_H */"
}
