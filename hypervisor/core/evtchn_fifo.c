/* SPDX-License-Identifier: MIT
 *
 * The FIFO ABI of event channels.
 */
#include "core/evtchn_internal.h"
#include "lib/errno.h"

void evtchn_fifo_set_pending(struct domain *d, struct evtchn *chn)
{
}

int evtchn_fifo_init_control(struct domain *d, struct evtchn_init_control *c)
{
	return -ENOSYS;
}

int evtchn_fifo_expand_array(struct domain *d, const struct evtchn_expand_array *e)
{
	return -EOPNOTSUPP;
}

void evtchn_fifo_destroy(struct domain *d)
{
}
