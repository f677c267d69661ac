/* SPDX-License-Identifier: MIT */
/* Domains of a boot device tree: see adopt.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pv-abi/paravane.h>

#include "adopt.h"
#include "ctl.h"

static long ask(struct host *host, domid_t dom, struct paravane_domctl_boot_domain *b)
{
	struct xen_domctl op;
	long ret;

	memset(&op, 0, sizeof(op));
	op.cmd = PARAVANE_DOMCTL_boot_domain;
	op.domain = dom;
	ret = hcall_domctl(&host->h, &op);
	memcpy(b, &op.u, sizeof(*b));
	b->name[sizeof(b->name) - 1] = 0;
	return ret;
}

/* A tree need not say a UUID; /vm/UUID must be the domain's own. */
static long give_uuid(struct host *host, domid_t dom, uint8_t *uuid)
{
	static const uint8_t none[16];
	struct xen_domctl op;

	if (memcmp(uuid, none, sizeof(none)))
		return 0;
	uuid_generate(uuid);
	memset(&op, 0, sizeof(op));
	op.cmd = XEN_DOMCTL_setdomainhandle;
	op.domain = dom;
	memcpy(op.u.setdomainhandle.handle, uuid, sizeof(op.u.setdomainhandle.handle));
	return hcall_domctl(&host->h, &op);
}

int adopt_boot_domain(struct host *host, const struct xen_domctl_getdomaininfo *info, struct err *e)
{
	char *known = domstore_read(host->xs, info->domain, "domid");
	struct paravane_domctl_boot_domain b;
	struct domstore_new n = {
		.dom = info->domain, .name = b.name, .kernel = "(boot)",
		.memory_kb = info->tot_pages * 4, .maxmem_kb = info->max_pages * 4,
		.vcpus = info->nr_online_vcpus, .maxvcpus = info->max_vcpu_id + 1,
	};
	uint8_t uuid[16];
	long ret;

	free(known);
	if (known || !info->domain)
		return 0;
	ret = ask(host, info->domain, &b);
	/* Another hypervisor, or a domain that somebody else makes just now. */
	if (ret == -ENOENT || ret == -ENOSYS || ret == -EOPNOTSUPP)
		return 0;
	memcpy(uuid, info->handle, sizeof(uuid));
	if (!ret)
		ret = give_uuid(host, info->domain, uuid);
	if (ret)
		return hcall_fail(&host->h, e, ret, "domain %u of the boot device tree", info->domain);
	n.uuid = uuid;
	n.store_mfn = b.store_mfn;
	n.store_port = b.store_port;
	n.console_mfn = b.console_mfn;
	n.console_port = b.console_port;
	return domstore_create(host->xs, &n, e) ? -1 : 1;
}
