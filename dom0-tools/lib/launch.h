/* SPDX-License-Identifier: MIT */
/* Starting and ending domains: what create, destroy and the policies on shutdown share. */
#ifndef DOM0_TOOLS_LIB_LAUNCH_H
#define DOM0_TOOLS_LIB_LAUNCH_H

#include "domcfg.h"
#include "domstore.h"
#include "hcall.h"

/* The host as a program sees it: hypercalls, and XenStore when it needed that. */
struct host {
	struct hcall h;
	struct xs_handle *xs;
};

int host_open(struct host *host, struct err *e);		/* hypercalls only */
int host_open_store(struct host *host, struct err *e);		/* and XenStore */
void host_close(struct host *host);

/* What a config may ask for on this machine. */
int host_limits(struct host *host, struct domcfg_limits *lim, struct err *e);

/*
 * Create a domain, paused, from a config. @raw is the same config unchecked: it is kept for restarts and
 * for `list -l`, with its paths made absolute. On failure nothing is left behind. The caller unpauses.
 */
int launch_domain(struct host *host, struct domcfg *d, struct cfg *raw, domid_t *dom,
		  struct err *e);

/* Destroy a domain with its entries in XenStore and its kept config. */
int launch_destroy(struct host *host, domid_t dom, struct err *e);

/* The domain of that name, or 0xffff. */
domid_t host_find_name(struct host *host, const char *name);
#define DOMID_NONE ((domid_t)0xffff)

/* /run/pvctl/ID.cfg (directory: PVCTL_RUN). Returns @buf. */
char *launch_config_path(domid_t dom, char *buf, size_t size);
const char *launch_run_dir(void);
/*
 * Keep a config in two steps. Staging writes it beside the one that is kept, and may fail (no room), which leaves
 * that one as it was; then it is committed, which replaces the whole file at once, or dropped.
 */
int launch_stage_config(domid_t dom, const struct cfg *c, struct err *e);
int launch_commit_config(domid_t dom, struct err *e);
void launch_drop_config(domid_t dom);

#endif
