/* SPDX-License-Identifier: MIT
 *
 * Never linked: compiled to assembly, from which the build makes asm_offsets.h.
 */
#include "core/domain.h"
#include "core/hypercall.h"
#include "core/trace.h"

#define DEFINE(sym, val) __asm__ volatile("->" #sym " %0" :: "i"(val))
#define REG(sym, field) DEFINE(REGS_##sym, offsetof(struct cpu_user_regs, field))

void asm_offsets(void);
void asm_offsets(void)
{
	REG(r15, r15);
	REG(r14, r14);
	REG(r13, r13);
	REG(r12, r12);
	REG(rbp, rbp);
	REG(rbx, rbx);
	REG(r10, r10);
	REG(r9, r9);
	REG(r8, r8);
	REG(rcx, rcx);
	REG(rsi, rsi);
	REG(r11, r11);
	REG(rdx, rdx);
	REG(rdi, rdi);
	REG(error_code, error_code);
	REG(entry_vector, entry_vector);
	REG(rip, rip);
	REG(cs, cs);
	REG(rflags, rflags);
	REG(rsp, rsp);
	REG(ss, ss);
	REG(rax, rax);
	REG(es, es);
	DEFINE(VCPU_regs, offsetof(struct vcpu, regs));
	DEFINE(VCPU_kernel_mode, offsetof(struct vcpu, pv.kernel_mode));
	DEFINE(VCPU_vcpu_info, offsetof(struct vcpu, vcpu_info));
	DEFINE(VCPU_due, offsetof(struct vcpu, pv.bounce.due));
	DEFINE(CPU_current, offsetof(struct cpu, curr));
	DEFINE(CPU_stack_top, offsetof(struct cpu, stack_top));
	DEFINE(CPU_regs_top, offsetof(struct cpu, regs_top));
	DEFINE(CPU_regs_caller_saved, offsetof(struct cpu, regs_caller_saved));
	DEFINE(NR_HYPERCALLS, NR_HYPERCALLS);
	DEFINE(CPU_trace, offsetof(struct cpu, trace));
	DEFINE(CPU_trace_next, offsetof(struct cpu, trace_next));
	DEFINE(CPU_trace_hypercall, offsetof(struct cpu, trace_hypercall));
	DEFINE(TRACE_tsc, offsetof(struct trace_record, tsc));
	DEFINE(TRACE_kind, offsetof(struct trace_record, kind));
	DEFINE(TRACE_number, offsetof(struct trace_record, number));
	DEFINE(TRACE_rip, offsetof(struct trace_record, rip));
	DEFINE(TRACE_arg, offsetof(struct trace_record, arg));
	DEFINE(TRACE_RECORD_SIZE, sizeof(struct trace_record));
	DEFINE(CPU_scratch, offsetof(struct cpu, scratch));
	DEFINE(CPU_softirq_pending, offsetof(struct cpu, softirq_pending));
}
