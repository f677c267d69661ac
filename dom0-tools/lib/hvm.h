/* SPDX-License-Identifier: MIT */
/*
 * What the control domain does to the vCPUs of a fully virtualized domain: control operations of pv-abi/paravane-hvm.h as
 * functions, and the two states in which a processor of a PC begins.
 */
#ifndef DOM0_TOOLS_LIB_HVM_H
#define DOM0_TOOLS_LIB_HVM_H

#include <pv-abi/paravane-hvm.h>

#include "hcall.h"

/* 0 or negative errno, as all of ctl.h. */
long ctl_hvm_vcpu_page(struct hcall *h, domid_t dom, unsigned int vcpu, evtchn_port_t *port, xen_pfn_t *mfn);
long ctl_hvm_set_state(struct hcall *h, domid_t dom, unsigned int vcpu, const struct paravane_hvm_state *s);
long ctl_hvm_get_state(struct hcall *h, domid_t dom, unsigned int vcpu, struct paravane_hvm_state *s);
long ctl_hvm_down(struct hcall *h, domid_t dom, unsigned int vcpu);

/* 32-bit protected mode, flat, paging off: how Multiboot hands over. [Multiboot 0.6.96, 3.2] */
void hvm_state_flat(struct paravane_hvm_state *s, uint32_t eip);
/* Real mode at vector << 12: what a startup message asks for. [SDM 3A 8.4.2] */
void hvm_state_startup(struct paravane_hvm_state *s, uint8_t vector);

#endif
