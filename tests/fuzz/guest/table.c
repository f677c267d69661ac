/* SPDX-License-Identifier: MIT
 *
 * The table of hypercalls, from pv-abi/subops.def, so that none is forgotten; and how the arguments of those
 * look that are worth more than words of any kind.
 */
#include "fuzz.h"
#include <pv-abi/hvm/hvm_op.h>
#include <pv-abi/nmi.h>
#include <pv-abi/paravane.h>
#include <pv-abi/paravane-hvm.h>
#include <pv-abi/pmu.h>

const struct op ops[] = {
#define S(hypercall, command, status, positive, hostile) \
	{ #hypercall, #command, __HYPERVISOR_##hypercall, command },
#define T(hypercall, positive, hostile) { #hypercall, #hypercall, __HYPERVISOR_##hypercall, 0 },
#include <pv-abi/subops.def>
};
const unsigned int nr_ops = ARRAY_SIZE(ops);
_Static_assert(ARRAY_SIZE(ops) <= 512, "bit maps of the channel");

static const struct { const char *name, *layout; } layouts[] = {
	{ "EVTCHNOP_alloc_unbound", "ddp" },
	{ "EVTCHNOP_bind_interdomain", "dpp" },
	{ "EVTCHNOP_bind_virq", "qvp" },
	{ "EVTCHNOP_bind_pirq", "uup" },
	{ "EVTCHNOP_bind_ipi", "vp" },
	{ "EVTCHNOP_close", "p" },
	{ "EVTCHNOP_send", "p" },
	{ "EVTCHNOP_status", "dpuuuu" },
	{ "EVTCHNOP_bind_vcpu", "pv" },
	{ "EVTCHNOP_unmask", "p" },
	{ "EVTCHNOP_reset", "d" },
	{ "EVTCHNOP_init_control", "mov.uu" },
	{ "EVTCHNOP_expand_array", "m" },
	{ "EVTCHNOP_set_priority", "pu" },
	{ "GNTTABOP_map_grant_ref", "Mfgdnhz" },
	{ "GNTTABOP_unmap_grant_ref", "Mzhn" },
	{ "GNTTABOP_unmap_and_replace", "MMhn" },
	{ "GNTTABOP_setup_table", "dunL" },
	{ "GNTTABOP_transfer", "mdgn" },
	{ "GNTTABOP_copy", "YdnYdnnkn" },
	{ "GNTTABOP_query_size", "duun" },
	{ "GNTTABOP_set_version", "u" },
	{ "GNTTABOP_get_status_frames", "udnL" },
	{ "GNTTABOP_get_version", "du" },
	{ "GNTTABOP_swap_grant_ref", "ggn" },
	{ "GNTTABOP_cache_flush", "Rnnu" },
	{ "XENMEM_increase_reservation", "LIufd" },
	{ "XENMEM_decrease_reservation", "LIufd" },
	{ "XENMEM_populate_physmap", "LIufd" },
	{ "XENMEM_claim_pages", "zIufd" },
	{ "XENMEM_exchange", "LIufdLIufdI" },
	{ "XENMEM_memory_map", "uL" },
	{ "XENMEM_machine_memory_map", "uL" },
	{ "XENMEM_set_memory_map", "duL" },
	{ "XENMEM_machphys_mfn_list", "uL" },
	{ "XENMEM_add_to_physmap", "dnuIm" },
	{ "XENMEM_add_to_physmap_batch", "dkndLLL" },
	{ "XENMEM_remove_from_physmap", "dm" },
	{ "XENMEM_acquire_resource", "dkuuuIL" },
	{ "XENMEM_current_reservation", "d" },
	{ "XENMEM_maximum_reservation", "d" },
	{ "XENMEM_maximum_gpfn", "d" },
	{ "SCHEDOP_poll", "Lut" },
	{ "SCHEDOP_remote_shutdown", "du" },
	{ "SCHEDOP_watchdog", "uu" },
	{ "VCPUOP_set_periodic_timer", "t" },
	{ "VCPUOP_set_singleshot_timer", "tu" },
	{ "VCPUOP_register_runstate_memory_area", "a" },
	{ "VCPUOP_register_vcpu_time_memory_area", "a" },
	{ "VCPUOP_register_vcpu_info", "mou" },
	{ "CALLBACKOP_register", "kka" },
	{ "CALLBACKOP_unregister", "kk" },
	{ "XENNMI_register_callback", "a" },
	{ "PHYSDEVOP_set_iopl", "u" },
	{ "PHYSDEVOP_set_iobitmap", "Lu" },
	{ "PHYSDEVOP_map_pirq", "duuuuuuL" },
	{ "PHYSDEVOP_pirq_eoi_gmfn_v1", "m" },
	{ "PHYSDEVOP_pirq_eoi_gmfn_v2", "m" },
};

static bool same(const char *a, const char *b)
{
	size_t n = strlen(a);

	return n == strlen(b) && !memcmp(a, b, n);
}

const char *op_layout(const struct op *o)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(layouts); i++)
		if (same(layouts[i].name, o->name))
			return layouts[i].layout;
	return NULL;
}
