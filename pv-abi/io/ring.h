/* SPDX-License-Identifier: MIT */
/*
 * Rings: a page that two domains share, with requests one way and responses the other in the same
 * slots. Indexes run free and wrap at 2^32; a slot is an index modulo the (power of two) size.
 *
 * The user supplies xen_mb(), xen_rmb(), xen_wmb() and memset/memcpy. A ring named foo with
 * requests R and responses S: DEFINE_RING_TYPES(foo, R, S) makes foo_sring_t (shared),
 * foo_front_ring_t (asks) and foo_back_ring_t (answers), the latter two private.
 *
 * Whoever writes: fill slots at req_prod_pvt, then RING_PUSH_..._AND_CHECK_NOTIFY and send an
 * event if told to. Whoever reads: read prod, xen_rmb(), consume, then RING_FINAL_CHECK_FOR_...
 * until it says there is nothing. Never use a slot's contents in place when the other side is not
 * trusted: copy once (RING_COPY_REQUEST) and look at the copy; and check
 * RING_REQUEST_PROD_OVERFLOW.
 */
#ifndef PV_ABI_IO_RING_H
#define PV_ABI_IO_RING_H

#include "../xen-compat.h"

typedef unsigned int RING_IDX;

/* Largest power of two that is not above x. */
#define __RD2(_x) (((_x) & 0x00000002) ? 0x2 : ((_x) & 0x1))
#define __RD4(_x) (((_x) & 0x0000000c) ? __RD2((_x) >> 2) << 2 : __RD2(_x))
#define __RD8(_x) (((_x) & 0x000000f0) ? __RD4((_x) >> 4) << 4 : __RD4(_x))
#define __RD16(_x) (((_x) & 0x0000ff00) ? __RD8((_x) >> 8) << 8 : __RD8(_x))
#define __RD32(_x) (((_x) & 0xffff0000) ? __RD16((_x) >> 16) << 16 : __RD16(_x))

/* Slots in sz bytes: of the ring type _s, and of the shared ring that _s points at. */
#define __CONST_RING_SIZE(_s, _sz) \
	(__RD32(((_sz) - offsetof(struct _s##_sring, ring)) / \
		sizeof(((struct _s##_sring *)0)->ring[0])))
#define __RING_SIZE(_s, _sz) \
	(__RD32(((_sz) - (long)(_s)->ring + (long)(_s)) / sizeof((_s)->ring[0])))

#define DEFINE_RING_TYPES(__name, __req_t, __rsp_t) \
union __name##_sring_entry { \
	__req_t req; \
	__rsp_t rsp; \
}; \
struct __name##_sring { \
	RING_IDX req_prod, req_event; \
	RING_IDX rsp_prod, rsp_event; \
	union { \
		struct { \
			uint8_t smartpoll_active; \
		} netif; \
		struct { \
			uint8_t msg; \
		} tapif_user; \
		uint8_t pvt_pad[4]; \
	} pvt; \
	uint8_t __pad[44]; \
	union __name##_sring_entry ring[1]; /* as many as fit */ \
}; \
struct __name##_front_ring { \
	RING_IDX req_prod_pvt; \
	RING_IDX rsp_cons; \
	unsigned int nr_ents; \
	struct __name##_sring *sring; \
}; \
struct __name##_back_ring { \
	RING_IDX rsp_prod_pvt; \
	RING_IDX req_cons; \
	unsigned int nr_ents; \
	struct __name##_sring *sring; \
}; \
typedef struct __name##_sring __name##_sring_t; \
typedef struct __name##_front_ring __name##_front_ring_t; \
typedef struct __name##_back_ring __name##_back_ring_t

/* The front end initialises the shared part before it grants it. */
#define SHARED_RING_INIT(_s) do { \
	(_s)->req_prod = (_s)->rsp_prod = 0; \
	(_s)->req_event = (_s)->rsp_event = 1; \
	(void)memset((_s)->pvt.pvt_pad, 0, sizeof((_s)->pvt.pvt_pad)); \
	(void)memset((_s)->__pad, 0, sizeof((_s)->__pad)); \
} while (0)

#define FRONT_RING_ATTACH(_r, _s, _i, __size) do { \
	(_r)->req_prod_pvt = (_i); \
	(_r)->rsp_cons = (_i); \
	(_r)->nr_ents = __RING_SIZE(_s, __size); \
	(_r)->sring = (_s); \
} while (0)

#define FRONT_RING_INIT(_r, _s, __size) FRONT_RING_ATTACH(_r, _s, 0, __size)

#define XEN_FRONT_RING_INIT(r, s, size) do { \
	SHARED_RING_INIT(s); \
	FRONT_RING_INIT(r, s, size); \
} while (0)

#define BACK_RING_ATTACH(_r, _s, _i, __size) do { \
	(_r)->rsp_prod_pvt = (_i); \
	(_r)->req_cons = (_i); \
	(_r)->nr_ents = __RING_SIZE(_s, __size); \
	(_r)->sring = (_s); \
} while (0)

#define BACK_RING_INIT(_r, _s, __size) BACK_RING_ATTACH(_r, _s, 0, __size)

#define RING_SIZE(_r) ((_r)->nr_ents)

/* For the front end: slots free for requests. */
#define RING_FREE_REQUESTS(_r) (RING_SIZE(_r) - ((_r)->req_prod_pvt - (_r)->rsp_cons))
#define RING_FULL(_r) (RING_FREE_REQUESTS(_r) == 0)

#define XEN_RING_NR_UNCONSUMED_RESPONSES(_r) ((_r)->sring->rsp_prod - (_r)->rsp_cons)

/* Never more than fit beside responses not yet sent, whatever the front end wrote. */
static inline RING_IDX pv_abi_ring_min(RING_IDX a, RING_IDX b)
{
	return a < b ? a : b;
}
#define XEN_RING_NR_UNCONSUMED_REQUESTS(_r) \
	pv_abi_ring_min((_r)->sring->req_prod - (_r)->req_cons, \
			RING_SIZE(_r) - ((_r)->req_cons - (_r)->rsp_prod_pvt))

#ifdef XEN_RING_HAS_UNCONSUMED_IS_BOOL
#define RING_HAS_UNCONSUMED_RESPONSES(_r) (!!XEN_RING_NR_UNCONSUMED_RESPONSES(_r))
#define RING_HAS_UNCONSUMED_REQUESTS(_r) (!!XEN_RING_NR_UNCONSUMED_REQUESTS(_r))
#else
#define RING_HAS_UNCONSUMED_RESPONSES(_r) XEN_RING_NR_UNCONSUMED_RESPONSES(_r)
#define RING_HAS_UNCONSUMED_REQUESTS(_r) XEN_RING_NR_UNCONSUMED_REQUESTS(_r)
#endif

#define RING_GET_REQUEST(_r, _idx) (&((_r)->sring->ring[((_idx) & (RING_SIZE(_r) - 1))].req))
#define RING_GET_RESPONSE(_r, _idx) (&((_r)->sring->ring[((_idx) & (RING_SIZE(_r) - 1))].rsp))

/* Copies a slot; the compiler may not read it a second time later. */
#define RING_COPY_(type, r, idx, dest) do { \
	*(dest) = *(volatile __typeof__(dest))RING_GET_##type(r, idx); \
} while (0)
#define RING_COPY_REQUEST(r, idx, req) RING_COPY_(REQUEST, r, idx, req)
#define RING_COPY_RESPONSE(r, idx, rsp) RING_COPY_(RESPONSE, r, idx, rsp)

/* Indexes that an honest other side cannot have written. */
#define RING_REQUEST_CONS_OVERFLOW(_r, _cons) (((_cons) - (_r)->rsp_prod_pvt) >= RING_SIZE(_r))
#define RING_REQUEST_PROD_OVERFLOW(_r, _prod) (((_prod) - (_r)->rsp_prod_pvt) > RING_SIZE(_r))
#define RING_RESPONSE_PROD_OVERFLOW(_r, _prod) (((_prod) - (_r)->rsp_cons) > RING_SIZE(_r))

#define RING_PUSH_REQUESTS(_r) do { \
	xen_wmb(); /* slots before the index */ \
	(_r)->sring->req_prod = (_r)->req_prod_pvt; \
} while (0)

#define RING_PUSH_RESPONSES(_r) do { \
	xen_wmb(); /* slots before the index */ \
	(_r)->sring->rsp_prod = (_r)->rsp_prod_pvt; \
} while (0)

/*
 * As above, and notify becomes true if the other side's event index, which says at which index it
 * wants to be woken, was passed.
 */
#define RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(_r, _notify) do { \
	RING_IDX __old = (_r)->sring->req_prod; \
	RING_IDX __new = (_r)->req_prod_pvt; \
	xen_wmb(); /* slots before the index */ \
	(_r)->sring->req_prod = __new; \
	xen_mb(); /* the index before reading the event index */ \
	(_notify) = ((RING_IDX)(__new - (_r)->sring->req_event) < (RING_IDX)(__new - __old)); \
} while (0)

#define RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(_r, _notify) do { \
	RING_IDX __old = (_r)->sring->rsp_prod; \
	RING_IDX __new = (_r)->rsp_prod_pvt; \
	xen_wmb(); /* slots before the index */ \
	(_r)->sring->rsp_prod = __new; \
	xen_mb(); /* the index before reading the event index */ \
	(_notify) = ((RING_IDX)(__new - (_r)->sring->rsp_event) < (RING_IDX)(__new - __old)); \
} while (0)

/* Asks for an event at the next one and looks again, so that none is missed in between. */
#define RING_FINAL_CHECK_FOR_REQUESTS(_r, _work_to_do) do { \
	(_work_to_do) = RING_HAS_UNCONSUMED_REQUESTS(_r); \
	if (_work_to_do) \
		break; \
	(_r)->sring->req_event = (_r)->req_cons + 1; \
	xen_mb(); \
	(_work_to_do) = RING_HAS_UNCONSUMED_REQUESTS(_r); \
} while (0)

#define RING_FINAL_CHECK_FOR_RESPONSES(_r, _work_to_do) do { \
	(_work_to_do) = RING_HAS_UNCONSUMED_RESPONSES(_r); \
	if (_work_to_do) \
		break; \
	(_r)->sring->rsp_event = (_r)->rsp_cons + 1; \
	xen_mb(); \
	(_work_to_do) = RING_HAS_UNCONSUMED_RESPONSES(_r); \
} while (0)

#ifndef XEN_PAGE_SHIFT
#define XEN_PAGE_SHIFT 12 /* of the interface, whatever a guest's pages are */
#endif

#endif /* PV_ABI_IO_RING_H */
