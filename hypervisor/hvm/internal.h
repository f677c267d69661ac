/* SPDX-License-Identifier: MIT
 *
 * Between the files of hvm/: a vCPU's state, the emulator's, and what a backend is.
 *
 * The general registers, RIP, RSP and RFLAGS of a vCPU are in vcpu->regs, as of any other; the rest of its processor
 * state is the backend's to keep, in the form that it needs.
 *
 * Locks: a vCPU's part belongs to the CPU it runs on, or to whoever paused it; p2m entries change under LOCK_PAGING
 * and are read without.
 */
#ifndef HYPERVISOR_HVM_INTERNAL_H
#define HYPERVISOR_HVM_INTERNAL_H

#include "arch/x86.h"
#include "core/domain.h"
#include "hvm/hvm.h"
#include "lib/x86_decode.h"

/* An event to be delivered on the next entry, as EVENTINJ has it. [APM2 15.20] */
#define EVENT_VALID     (1UL << 31)
#define EVENT_ERROR     (1UL << 11)             /* bits 32..63 are an error code */
#define EVENT_TYPE(t)   ((uint64_t)(t) << 8)
#define EVENT_TYPE_OF(e) ((unsigned int)((e) >> 8) & 7)
#define EVENT_INTERRUPT 0
#define EVENT_NMI       2
#define EVENT_EXCEPTION 3
#define EVENT_SOFTWARE  4

/* What came of a step of emulation. */
enum emul_result {
	EMUL_DONE,              /* the instruction is finished, or one element of a string */
	EMUL_WAIT,              /* a request is with the device model: again when it is answered */
	EMUL_FAULT,             /* not now: an exception is due instead, or the guest runs it again */
	EMUL_UNKNOWN,           /* nothing that is emulated */
};

/* One access of an emulated instruction to a device, with the answer. */
struct hvm_access {
	uint64_t addr, data;
	uint8_t type, size, write;
};

/*
 * The instruction under emulation. It is done from its start each time that an answer has come; accesses that were made
 * already are found in the list. Its registers change at its end only.
 */
struct hvm_emul {
	enum { EMUL_IDLE, EMUL_PORT, EMUL_STRING_PORT, EMUL_INSN } kind;
	bool waiting;           /* the last of access[] is with the device model */
	uint8_t nr, next;       /* of access[]: made, looked at in this round */
	struct hvm_access access[4];
	struct x86_insn insn;   /* EMUL_INSN, EMUL_STRING_PORT */
	uint64_t next_rip;      /* EMUL_PORT */
	uint16_t port;
	uint8_t port_size;
	bool port_out;
};

struct vcpu_hvm {
	struct paravane_vcpu_page *page;        /* shared with the device model: read each word once */
	evtchn_port_t port;     /* the domain's end; 0: nobody has asked for it yet */
	bool halted;            /* HLT: sleeps until an interrupt can be taken */
	bool nmi_masked;        /* until IRET */
	uint64_t event;         /* EVENT_*: goes first on the next entry; 0: none */
	uint64_t pat;
	unsigned long db[4];    /* DR0..3 while it is on no CPU */
	struct hvm_emul emul;
	uint64_t exits[PARAVANE_NR_EXIT_KINDS];
	void *arch;             /* the backend's */
};

struct domain_hvm {
	const struct hvm_backend *backend;
	uint64_t *p2m;          /* level 4 */
	uint64_t p2m_epoch;     /* rises when entries go away: translations older than it are stale */
	uint64_t tsc_offset;
};

/* Control registers as the guest sees them. */
struct hvm_control {
	uint64_t cr0, cr3, cr4, efer;
	unsigned int cpl;
};

enum hvm_segment { HVM_ES, HVM_CS, HVM_SS, HVM_DS, HVM_FS, HVM_GS };   /* as instructions number them */

/*
 * Who runs a vCPU. run() is entered with interrupts off and leaves them so; it takes hvm->event over and puts one back
 * that was interrupted. exit() deals with the reason, interrupts on.
 */
struct hvm_backend {
	const char *name;
	int (*vcpu_init)(struct vcpu *v);
	void (*vcpu_destroy)(struct vcpu *v);
	void (*set_state)(struct vcpu *v, const struct paravane_hvm_state *s);
	void (*get_state)(struct vcpu *v, struct paravane_hvm_state *s);
	void (*get_control)(struct vcpu *v, struct hvm_control *c);
	void (*get_segment)(struct vcpu *v, enum hvm_segment n, struct paravane_segment *s);
	void (*set_efer)(struct vcpu *v, uint64_t efer);
	void (*set_cr2)(struct vcpu *v, uint64_t cr2);
	void (*set_pat)(struct vcpu *v, uint64_t pat);
	bool (*in_shadow)(struct vcpu *v);      /* between STI or MOV SS and the next instruction */
	void (*end_shadow)(struct vcpu *v);
	/* Exit as soon as interrupts are on, as soon as TPR is written: until the next exit. */
	void (*watch_window)(struct vcpu *v, bool interrupts, bool tpr);
	void (*watch_iret)(struct vcpu *v, bool on);
	void (*run)(struct vcpu *v);
	void (*exit)(struct vcpu *v);
};
extern const struct hvm_backend svm_backend;

/* svm/cpu.c: found, and with nested paging? */
bool svm_available(void);
void svm_prepare_cpu(struct cpu *c);
void svm_init_cpu(struct cpu *c);

static inline const struct hvm_backend *backend(const struct vcpu *v)
{
	return v->domain->hvm->backend;
}

static inline void hvm_count(struct vcpu *v, enum paravane_exit_kind kind)
{
	v->hvm->exits[kind]++;
}

/* run.c: the instruction is done; its successor is at rip. */
void hvm_skip_to(struct vcpu *v, uint64_t rip);
void hvm_inject(struct vcpu *v, unsigned int vector);                   /* an exception without error code */
void hvm_inject_error(struct vcpu *v, unsigned int vector, uint32_t error);
void hvm_inject_page_fault(struct vcpu *v, uint64_t addr, uint32_t error);

/* state.c: what a processor would refuse. 0 or -EINVAL with the reason. */
int hvm_check_state(const struct paravane_hvm_state *s);
bool hvm_pat_ok(uint64_t pat);
uint64_t hvm_cr4_allowed(const struct vcpu *v);
uint64_t hvm_efer_allowed(void);

/* p2m.c */
int p2m_init(struct domain *d);
void p2m_free(struct domain *d);
bool p2m_is_memory(struct domain *d, unsigned long gfn);

/* walk.c: a guest's virtual addresses. access is of PFEC_WRITE, PFEC_USER, PFEC_INSN. */
bool hvm_translate(struct vcpu *v, const struct hvm_control *c, uint64_t linear, uint32_t access, uint64_t *gpa,
		   uint32_t *error);
/* Memory only; within one page. False: none there. */
bool hvm_read_gpa(struct domain *d, uint64_t gpa, void *to, unsigned int n);
bool hvm_write_gpa(struct domain *d, uint64_t gpa, const void *from, unsigned int n);

/* request.c */
void hvm_collect_events(struct vcpu *v);        /* the event that woke or interrupted us is taken note of */
bool hvm_answered(struct vcpu *v);              /* of a vCPU whose emulation waits: not any more */
enum emul_result hvm_access(struct vcpu *v, enum paravane_request_type type, uint64_t addr, unsigned int size,
			    bool write, uint64_t *data);
void hvm_emul_end(struct vcpu *v);
void hvm_block(struct vcpu *v);
/* The vector that comes next, -1: none is above those in service. *tpr_blocks: one is but for TPR. */
int hvm_next_vector(struct vcpu *v, bool *tpr_blocks);
void hvm_accept_vector(struct vcpu *v, unsigned int vector);

/* emulate.c */
void hvm_emulate_port(struct vcpu *v, uint16_t port, unsigned int size, bool out, uint64_t next_rip);
/* The instruction at RIP, which touches a device: a port by INS or OUTS, or memory. */
void hvm_emulate_insn(struct vcpu *v, bool string_port);
void hvm_emulate_again(struct vcpu *v);
/* Decodes an instruction that the processor handed over. False: it is not there any more. */
bool hvm_decode(struct vcpu *v, struct x86_insn *insn);
uint64_t *hvm_reg(struct vcpu *v, unsigned int n);

/* cpuid.c, msr.c; false: #GP */
struct cpuid_regs hvm_cpuid(struct vcpu *v, uint32_t leaf, uint32_t sub);
bool hvm_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value);
bool hvm_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value);

#endif
