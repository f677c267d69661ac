# SPDX-License-Identifier: MIT
# Makes docs/abi-coverage.md from the two lists:
#   awk -f pv-abi/coverage.awk pv-abi/hypercalls.def pv-abi/subops.def > docs/abi-coverage.md
function split_args(line,   s) {
	s = line
	sub(/^[A-Z]\(/, "", s)
	sub(/\)[ \t]*$/, "", s)
	return split(s, f, /,[ \t]*/)
}
function tests(t) {
	if (t == "-") return ""
	gsub(/\+/, ", ", t)
	return t
}
function row(name, status, positive, hostile) {
	printf "| `%s` | %s | %s | %s |\n", name, status, tests(positive), tests(hostile)
}
function tally(status, positive, hostile) {
	n[status]++
	all++
	if (status == "implemented") {
		with_positive += positive != "-"
		with_hostile += hostile != "-"
	}
}
FILENAME ~ /hypercalls/ && /^X\(/ {
	split_args($0)
	order[++calls] = f[2]
	number[f[2]] = f[1]
	status[f[2]] = f[3]
	args = ""
	for (i = 1; i <= f[4]; i++)
		args = args (i > 1 ? ", " : "") f[4 + 2 * i]
	params[f[2]] = args
}
FILENAME ~ /subops/ && /^S\(/ {
	split_args($0)
	k = ++commands[f[1]]
	command[f[1], k] = f[2]; state[f[1], k] = f[3]; pos[f[1], k] = f[4]; hos[f[1], k] = f[5]
	tally(f[3], f[4], f[5])
}
FILENAME ~ /subops/ && /^T\(/ {
	split_args($0)
	tpos[f[1]] = f[2]; thos[f[1]] = f[3]
	tally(status[f[1]], f[2], f[3])
}
END {
	print "<!-- SPDX-License-Identifier: MIT -->"
	print "<!-- Made from pv-abi/hypercalls.def and pv-abi/subops.def by `make abi-coverage`: do not edit. -->"
	print "# Coverage of the interface\n"
	print "What a 64-bit PV guest can ask of Xen 4.17, and what it gets here.\n"
	print "- *implemented*: does what Xen does"
	print "- *refused*: known, and answered with the error that Xen gives where the machine or the policy"
	print "  does not offer it"
	print "- *enosys*: answered with `-ENOSYS`, as by a Xen that was built without it"
	print "- *planned*: not there yet; answered with `-ENOSYS`\n"
	print "An operation is a command of a hypercall, or a hypercall that has none.\n"
	print "| status | operations |"
	print "|---|---:|"
	m = split("implemented refused enosys planned", words, " ")
	for (i = 1; i <= m; i++)
		printf "| %s | %d |\n", words[i], n[words[i]]
	printf "| **all** | **%d** |\n\n", all
	printf "Of the %d implemented, %d have a test that sees them work and %d one that abuses them.\n", \
		n["implemented"], with_positive, with_hostile
	print "\n## Hypercalls\n"
	print "| number | name | arguments | status | test | hostile test |"
	print "|---:|---|---|---|---|---|"
	for (i = 1; i <= calls; i++) {
		c = order[i]
		if (c in commands)
			printf "| %d | [`%s`](#%s) | %s | %s | | |\n", number[c], c, c, params[c], status[c]
		else
			printf "| %d | `%s` | %s | %s | %s | %s |\n", number[c], c, params[c], status[c], \
				tests(tpos[c]), tests(thos[c])
	}
	for (i = 1; i <= calls; i++) {
		c = order[i]
		if (!(c in commands))
			continue
		printf "\n## %s\n\n", c
		print "| command | status | test | hostile test |"
		print "|---|---|---|---|"
		for (k = 1; k <= commands[c]; k++)
			row(command[c, k], state[c, k], pos[c, k], hos[c, k])
	}
}
