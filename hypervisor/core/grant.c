/* SPDX-License-Identifier: MIT
 *
 * Grant tables.
 */
#include "core/domain.h"
#include "core/hypercall.h"
#include "lib/errno.h"

int grant_domain_init(struct domain *d, unsigned int max_frames, unsigned int max_maptrack)
{
	return 0;
}

int grant_domain_release_mappings(struct domain *d)
{
	return 0;
}

void grant_domain_free(struct domain *d)
{
}

int grant_get_frame(struct domain *d, unsigned long idx, bool status, mfn_t *out)
{
	return -EINVAL;
}

int grant_seed(struct domain *d, grant_ref_t ref, domid_t to, unsigned long gfn)
{
	return 0;
}

long do_grant_table_op(unsigned long cmd, unsigned long arg, unsigned long count)
{
	return -ENOSYS;
}

unsigned int grant_max_frames(struct domain *d, bool status)
{
	return 0;
}
