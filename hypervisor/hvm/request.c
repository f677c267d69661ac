/* SPDX-License-Identifier: MIT
 *
 * The page and the event channel between a vCPU and its device model: requests one way, interrupts the other.
 *
 * What the device model writes is read once and believed only as far as it can do no harm: an answer is a number, a vector is
 * injected as an interrupt whatever it is, a state other than DONE is no answer yet. A device model that
 * never answers has stopped its guest, and nothing else.
 *
 * How nothing is missed: the device model changes the page first and sends the event then; we take back the event's bits first
 * and look at the page then. A vCPU that goes to sleep marks itself asleep first and looks for an event then.
 */
#include "hvm/internal.h"
#include "core/evtchn_internal.h"
#include "lib/bitops.h"

/* The sender sets these in the opposite order, and stops at the first that it finds set. */
void hvm_collect_events(struct vcpu *v)
{
	struct vcpu_info *vi = v->vcpu_info;
	unsigned int port = v->hvm->port;

	if (likely(!READ_ONCE(vi->evtchn_upcall_pending)))
		return;
	__atomic_store_n(&vi->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&vi->evtchn_pending_sel, 0UL, __ATOMIC_SEQ_CST);
	if (port)
		clear_bit(port, v->domain->shared_info->evtchn_pending);
}

void hvm_block(struct vcpu *v)
{
	set_bit(VPF_BLOCKED, &v->pause_flags);
	if (READ_ONCE(v->vcpu_info->evtchn_upcall_pending))
		clear_bit(VPF_BLOCKED, &v->pause_flags);
	else
		raise_softirq(SOFTIRQ_SCHEDULE);
}

/* --- requests --- */

bool hvm_answered(struct vcpu *v)
{
	struct paravane_vcpu_page *page = v->hvm->page;
	struct hvm_emul *e = &v->hvm->emul;
	uint64_t data;

	if (__atomic_load_n(&page->request.state, __ATOMIC_ACQUIRE) != PARAVANE_REQ_DONE)
		return false;
	data = READ_ONCE(page->request.data);
	WRITE_ONCE(page->request.state, PARAVANE_REQ_NONE);
	if (e->access[e->nr].size < 8)
		data &= (1UL << (8 * e->access[e->nr].size)) - 1;
	e->access[e->nr++].data = data;
	e->waiting = false;
	return true;
}

static void send_request(struct vcpu *v, const struct hvm_access *a)
{
	struct paravane_vcpu_page *page = v->hvm->page;

	page->request.type = a->type;
	page->request.size = a->size;
	page->request.write = a->write;
	page->request.addr = a->addr;
	page->request.data = a->data;
	__atomic_store_n(&page->request.state, PARAVANE_REQ_READY, __ATOMIC_RELEASE);
	if (v->hvm->port)
		evtchn_send(v->domain, v->hvm->port);
}

enum emul_result hvm_access(struct vcpu *v, enum paravane_request_type type, uint64_t addr, unsigned int size, bool write,
			    uint64_t *data)
{
	struct hvm_emul *e = &v->hvm->emul;
	struct hvm_access *a;

	if (e->next < e->nr) {
		a = &e->access[e->next++];
		/* The guest may have changed its tables in between: then this is another access now, and it starts over. */
		if (a->type != type || a->addr != addr || a->size != size || a->write != write)
			return EMUL_FAULT;
		if (!write)
			*data = a->data;
		return EMUL_DONE;
	}
	if (e->nr == ARRAY_SIZE(e->access))
		return EMUL_UNKNOWN;
	a = &e->access[e->nr];
	*a = (struct hvm_access){ .addr = addr, .data = write ? *data : 0, .type = (uint8_t)type, .size = (uint8_t)size,
				  .write = write };
	e->waiting = true;
	send_request(v, a);
	return EMUL_WAIT;
}

void hvm_emul_end(struct vcpu *v)
{
	v->hvm->emul.kind = EMUL_IDLE;
	v->hvm->emul.waiting = false;
	v->hvm->emul.nr = v->hvm->emul.next = 0;
}

/* --- interrupts --- */

static int highest(const uint32_t *words)
{
	for (int i = 7; i >= 0; i--) {
		uint32_t w = READ_ONCE(words[i]);

		if (w)
			return i * 32 + 31 - __builtin_clz(w);
	}
	return -1;
}

int hvm_next_vector(struct vcpu *v, bool *tpr_blocks)
{
	const struct paravane_vcpu_page *page = v->hvm->page;
	int vector = highest(page->irr), serviced = highest(page->isr);

	*tpr_blocks = false;
	/* Vectors below 16 are exceptions': no interrupt controller sends them. */
	if (vector < 16 || vector >> 4 <= serviced >> 4)
		return -1;
	if ((unsigned int)vector >> 4 <= ((READ_ONCE(page->tpr) >> 4) & 15)) {
		*tpr_blocks = true;
		return -1;
	}
	return vector;
}

void hvm_accept_vector(struct vcpu *v, unsigned int vector)
{
	struct paravane_vcpu_page *page = v->hvm->page;
	uint32_t bit = 1U << (vector % 32);

	__atomic_fetch_or(&page->isr[vector / 32], bit, __ATOMIC_SEQ_CST);
	__atomic_fetch_and(&page->irr[vector / 32], ~bit, __ATOMIC_SEQ_CST);
}
