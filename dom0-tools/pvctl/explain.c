/* SPDX-License-Identifier: MIT */
/*
 * pvctl explain: why a domain crashed, or what it is doing. State and reason, registers, stack, the last
 * hypercalls and traps, the console's tail. What only Paravane tells is left out, and said so, elsewhere.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pv-abi/paravane.h>

#include "../lib/ctl.h"
#include "../lib/frames.h"
#include "../lib/strbuf.h"
#include "../lib/symbols.h"
#include "../lib/trace.h"
#include "verbs.h"

#define CONSOLE_TAIL 24		/* lines */

static const char *const hypercall_names[] = {
#define X(nr, name, status, nargs, ...) [nr] = #name,
#include <pv-abi/hypercalls.def>
#undef X
};

static const char *const trap_names[] = {
	"divide error", "debug", "NMI", "breakpoint", "overflow", "bound range", "invalid opcode",
	"no FPU", "double fault", "coprocessor overrun", "invalid TSS", "segment not present",
	"stack fault", "general protection", "page fault", "spurious interrupt", "FPU error",
	"alignment check", "machine check", "SIMD error",
};

static const char *shutdown_name(unsigned int reason)
{
	static const char *const names[] = { "powered off", "asked for a reboot", "suspended", "crashed",
					     "watchdog timeout", "soft reset" };

	return reason < ARRAY_SIZE(names) ? names[reason] : "shut down for an unknown reason";
}

static void print_state(struct host *host, const struct xen_domctl_getdomaininfo *i)
{
	unsigned int reason = i->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
	char *name = domstore_name(host->xs, i->domain);

	printf("Domain %u (%s): ", i->domain, name ? name : "no name");
	free(name);
	if (i->flags & XEN_DOMINF_dying)
		printf("being destroyed\n");
	else if (i->flags & XEN_DOMINF_shutdown)
		printf("%s\n", shutdown_name(reason));
	else
		printf("%s\n", i->flags & XEN_DOMINF_paused ? "paused" :
		       i->flags & XEN_DOMINF_blocked ? "waiting for an event" : "running");
}

static int print_reason(struct host *host, domid_t dom)
{
	struct paravane_domctl_crash_reason *r;
	struct xen_domctl op;
	long ret;

	memset(&op, 0, sizeof(op));
	op.cmd = PARAVANE_DOMCTL_crash_reason;
	op.domain = dom;
	ret = hcall_domctl(&host->h, &op);
	if (ret) {
		printf("Reason: this hypervisor does not record one\n");
		return 0;
	}
	r = (void *)&op.u;
	r->reason[PARAVANE_REASON_SIZE - 1] = 0;
	if (r->reason[0])
		printf("Reason: %s\n", r->reason);
	return 1;
}

static void print_address(const struct symbols *syms, const char *label, uint64_t va)
{
	char text[96];

	printf("%s%016llx%s\n", label, (unsigned long long)va, symbols_format(syms, va, text, sizeof(text)));
}

static void print_registers(unsigned int v, const struct vcpu_guest_context *c, const struct symbols *syms)
{
	const struct cpu_user_regs *r = &c->user_regs;
	char label[32];

#define U(x) ((unsigned long long)(x))
	snprintf(label, sizeof(label), "\nvCPU %u  rip ", v);
	print_address(syms, label, r->rip);
	printf("  rax %016llx rbx %016llx rcx %016llx\n", U(r->rax), U(r->rbx), U(r->rcx));
	printf("  rdx %016llx rsi %016llx rdi %016llx\n", U(r->rdx), U(r->rsi), U(r->rdi));
	printf("  rbp %016llx rsp %016llx r8  %016llx\n", U(r->rbp), U(r->rsp), U(r->r8));
	printf("  r9  %016llx r10 %016llx r11 %016llx\n", U(r->r9), U(r->r10), U(r->r11));
	printf("  r12 %016llx r13 %016llx r14 %016llx\n", U(r->r12), U(r->r13), U(r->r14));
	printf("  r15 %016llx rflags %08llx cs %04x ss %04x, %s mode\n", U(r->r15), U(r->rflags), r->cs,
	       r->ss, c->flags & VGCF_in_kernel ? "kernel" : "user");
	printf("  cr2 %016llx cr3 %016llx\n", U(c->ctrlreg[2]), U(c->ctrlreg[3]));
}

/* Words on the stack, and below which of them look like return addresses. */
static void print_stack(struct host *host, domid_t dom, const struct vcpu_guest_context *c,
			const struct symbols *syms)
{
	uint64_t words[128], cr3 = xen_cr3_to_pfn(c->ctrlreg[3]);
	unsigned int i, calls = 0;
	size_t n;

	n = guest_read(&host->h, dom, cr3, c->user_regs.rsp, words, sizeof(words)) / sizeof(words[0]);
	if (!n) {
		printf("  stack at %016llx cannot be read\n", U(c->user_regs.rsp));
		return;
	}
	printf("  stack\n");
	for (i = 0; i < n && i < 16; i++)
		printf("%s%016llx%s", i % 4 ? " " : "    ", U(words[i]),
		       i % 4 == 3 || i + 1 == n ? "\n" : "");
	for (i = 0; i < n && calls < 12; i++) {
		char text[96];

		if (!*symbols_format(syms, words[i], text, sizeof(text)))
			continue;
		if (!calls++)
			printf("  called from (as far as the stack tells)\n");
		print_address(syms, "    ", words[i]);
	}
}

static void print_record(const struct paravane_trace_record *r, uint64_t last)
{
	const char *name = "?";

	printf("  %10lld  v%u  %016llx  ", (long long)(r->tsc - last), r->vcpu, U(r->rip));
	switch (r->kind) {
	case PARAVANE_TRACE_hypercall:
		if (r->number < ARRAY_SIZE(hypercall_names) && hypercall_names[r->number])
			name = hypercall_names[r->number];
		printf("hypercall %s(%#llx, %#llx, %#llx)\n", name, U(r->arg[0]), U(r->arg[1]),
		       U(r->arg[2]));
		break;
	case PARAVANE_TRACE_hypercall_ret:
		printf("  = %lld\n", (long long)r->arg[0]);
		break;
	case PARAVANE_TRACE_trap:
		if (r->number < ARRAY_SIZE(trap_names))
			name = trap_names[r->number];
		printf("trap %u %s, error %#llx, address %#llx\n", r->number, name, U(r->arg[0]),
		       U(r->arg[1]));
		break;
	case PARAVANE_TRACE_switch:
		printf("scheduled\n");
		break;
	case PARAVANE_TRACE_event:
		printf("event on port %u\n", r->number);
		break;
	case PARAVANE_TRACE_crash:
		printf("crash\n");
		break;
	case PARAVANE_TRACE_exit:
		printf("exit %#x, %#llx, %#llx\n", r->number, U(r->arg[0]), U(r->arg[1]));
		break;
	default:
		printf("record of kind %u\n", r->kind);
	}
}

/* The live ring, or what domaind saved when the domain crashed: rings go on and forget. */
static void print_trace(struct host *host, domid_t dom)
{
	struct paravane_trace_record rec[TRACE_SHOWN];
	long n = trace_saved(dom, rec, TRACE_SHOWN), i;

	if (n <= 0)
		n = trace_read(&host->h, dom, rec, TRACE_SHOWN);
	if (n < 0) {
		printf("\nLast hypercalls and traps: not available (this hypervisor keeps no trace)\n");
		return;
	}
	if (!n) {
		printf("\nLast hypercalls and traps: too long ago, the trace no longer has them\n");
		return;
	}
	printf("\nLast hypercalls and traps (time in TSC ticks before the last, vCPU, rip)\n");
	for (i = 0; i < n; i++)
		print_record(&rec[i], rec[n - 1].tsc);
}

/* What consoled kept. It sends that at once; silence means the end of it. */
static void print_console(domid_t dom)
{
	struct err ignored = ERR_INIT;
	int fd = console_connect(dom, &ignored), lines = 0;
	char buf[16384], *p;
	struct pollfd pfd = { fd, POLLIN, 0 };
	struct strbuf text = STRBUF_INIT;
	size_t len = 0;
	ssize_t n;

	if (fd < 0) {
		printf("\nConsole: not available (%s)\n", ignored.text);
		return;
	}
	while (poll(&pfd, 1, 100) > 0) {
		/* Keep the tail. */
		if (len == sizeof(buf) - 1) {
			memmove(buf, buf + len / 2, len - len / 2);
			len -= len / 2;
		}
		n = read(fd, buf + len, sizeof(buf) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(fd);
	buf[len] = 0;
	for (p = buf + len; p > buf && lines <= CONSOLE_TAIL; p--)
		lines += p[-1] == '\n' && p != buf + len;
	if (lines > CONSOLE_TAIL)
		p++;
	/* What a domain printed shall not move our terminal's cursor, rename its window or make it answer. */
	strbuf_add_visible(&text, p, (size_t)(buf + len - p));
	printf("\nConsole, last lines\n%s%s", text.s ? text.s : "", len && buf[len - 1] != '\n' ? "\n" : "");
	strbuf_free(&text);
}

static void load_symbols(domid_t dom, struct symbols *syms)
{
	struct err ignored = ERR_INIT;
	const struct cfg_entry *en;
	struct cfg c = { 0 };
	char path[256];

	memset(syms, 0, sizeof(*syms));
	launch_config_path(dom, path, sizeof(path));
	if (access(path, R_OK))
		strncat(path, ".preserved", sizeof(path) - strlen(path) - 1);
	if (!cfg_parse_file(&c, path, &ignored)) {
		en = cfg_find(&c, "kernel");
		if (en && en->value.type == CFG_STRING) {
			char *kernel = domcfg_path(en->value.str);

			symbols_load(syms, kernel);
			free(kernel);
		}
	}
	cfg_free(&c);
}

int verb_explain(int argc, char **argv)
{
	struct xen_domctl_getdomaininfo info;
	struct vcpu_guest_context ctxt;
	struct err e = ERR_INIT;
	struct symbols syms;
	struct host host;
	unsigned int v;
	domid_t dom;

	if (argc != 2)
		return complain_usage("explain", "expected one domain");
	if (open_domain(&host, argv[1], &dom, &e))
		return complain(&e);
	if (ctl_domain_info(&host.h, dom, &info)) {
		err_set(&e, "domain %s is gone", argv[1]);
		host_close(&host);
		return complain(&e);
	}
	load_symbols(dom, &syms);
	print_state(&host, &info);
	print_reason(&host, dom);
	for (v = 0; dom && v <= info.max_vcpu_id; v++) {
		if (ctl_vcpu_context_get(&host.h, dom, v, &ctxt))
			continue;
		if (v && !(ctxt.flags & VGCF_online))
			continue;
		print_registers(v, &ctxt, &syms);
		print_stack(&host, dom, &ctxt, &syms);
	}
	print_trace(&host, dom);
	if (dom)
		print_console(dom);
	symbols_free(&syms);
	host_close(&host);
	return EXIT_OK;
}
