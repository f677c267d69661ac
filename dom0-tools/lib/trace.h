/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's trace of one domain: read live, and saved by domaind at the moment of a crash, because
 * the rings are short and other domains go on writing to them.
 */
#ifndef DOM0_TOOLS_LIB_TRACE_H
#define DOM0_TOOLS_LIB_TRACE_H

#include <pv-abi/paravane.h>

#include "hcall.h"

#define TRACE_SHOWN 40

/* Up to @max of the last records, oldest first; their number, or a negative errno. */
long trace_read(struct hcall *h, domid_t dom, struct paravane_trace_record *rec, uint32_t max);

/* Save what there is now, unless that was done; failures are ignored, it is a courtesy. */
void trace_save(struct hcall *h, domid_t dom);
/* What was saved: number of records, 0 when nothing was. */
long trace_saved(domid_t dom, struct paravane_trace_record *rec, uint32_t max);
void trace_forget(domid_t dom);

#endif
