/* SPDX-License-Identifier: MIT
 *
 * How domains end by their own will or fault.
 */
#ifndef HYPERVISOR_CORE_SHUTDOWN_H
#define HYPERVISOR_CORE_SHUTDOWN_H

#include "core/domain.h"

void shutdown_domain_init(struct domain *d);
/* SCHEDOP_shutdown_code: remember the reason for a later shutdown. */
void domain_set_shutdown_code(struct domain *d, uint8_t reason);
/* SCHEDOP_watchdog: new id, 0, or -errno. */
long domain_watchdog(struct domain *d, uint32_t id, uint32_t timeout_s);

#endif
