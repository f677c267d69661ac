/* SPDX-License-Identifier: MIT */
/* Starting and ending domains: see launch.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder.h"
#include "ctl.h"
#include "dmproc.h"
#include "hvm.h"
#include "launch.h"
#include "trace.h"

/* Beyond memory=, what a domain may hold for tables of its own; the same as xl's. */
#define SLACK_KB 1024

int host_open(struct host *host, struct err *e)
{
	memset(host, 0, sizeof(*host));
	return hcall_open(&host->h, e);
}

int host_open_store(struct host *host, struct err *e)
{
	if (host_open(host, e))
		return -1;
	host->xs = domstore_open(e);
	if (host->xs)
		return 0;
	hcall_close(&host->h);
	return -1;
}

void host_close(struct host *host)
{
	if (host->xs)
		xs_close(host->xs);
	host->xs = NULL;
	hcall_close(&host->h);
}

int host_limits(struct host *host, struct domcfg_limits *lim, struct err *e)
{
	struct xen_sysctl_physinfo info;
	long ret = ctl_physinfo(&host->h, &info);

	if (ret)
		return hcall_fail(&host->h, e, ret, "asking the hypervisor for its memory");
	lim->free_mb = (info.free_pages + info.scrub_pages) >> 8;
	lim->nr_cpus = info.nr_cpus;
	return 0;
}

const char *launch_run_dir(void)
{
	const char *dir = getenv("PVCTL_RUN");

	return dir ? dir : "/run/pvctl";
}

char *launch_config_path(domid_t dom, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%u.cfg", launch_run_dir(), dom);
	return buf;
}

/* The config that is about to be kept. */
static char *staged_path(domid_t dom, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%u.cfg.new", launch_run_dir(), dom);
	return buf;
}

int launch_stage_config(domid_t dom, const struct cfg *c, struct err *e)
{
	char path[256], *text = cfg_format(c);
	size_t len = strlen(text), done = 0;
	int fd, ret = 0;

	mkdir("/run", 0755);
	mkdir(launch_run_dir(), 0755);
	fd = open(staged_path(dom, path, sizeof(path)), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		free(text);
		return err_sys(e, errno, "keeping the config: %s", path);
	}
	while (done < len && !ret) {
		ssize_t n = write(fd, text + done, len - done);

		if (n > 0)
			done += (size_t)n;
		else if (!n || errno != EINTR)
			ret = err_sys(e, n ? errno : ENOSPC, "keeping the config: %s", path);
	}
	if (close(fd) && !ret)
		ret = err_sys(e, errno, "keeping the config: %s", path);
	if (ret)
		unlink(path);
	free(text);
	return ret;
}

int launch_commit_config(domid_t dom, struct err *e)
{
	char from[256], to[256];

	staged_path(dom, from, sizeof(from));
	if (rename(from, launch_config_path(dom, to, sizeof(to))))
		return err_sys(e, errno, "keeping the config: %s", to);
	return 0;
}

void launch_drop_config(domid_t dom)
{
	char path[256];

	unlink(staged_path(dom, path, sizeof(path)));
}

/* Paths are kept as they were resolved: whoever restarts the domain may look elsewhere. */
static int keep_config(domid_t dom, struct cfg *raw, const struct build *b, struct err *e)
{
	cfg_set_string(raw, "kernel", b->kernel);
	if (b->ramdisk)
		cfg_set_string(raw, "ramdisk", b->ramdisk);
	return launch_stage_config(dom, raw, e) || launch_commit_config(dom, e) ? -1 : 0;
}

domid_t host_find_name(struct host *host, const char *name)
{
	struct xen_domctl_getdomaininfo info[64];
	domid_t first = 0;
	long n, i;

	while ((n = ctl_domain_list(&host->h, first, info, ARRAY_SIZE(info))) > 0) {
		for (i = 0; i < n; i++) {
			char *s = domstore_name(host->xs, info[i].domain);
			int same = s && !strcmp(s, name);

			free(s);
			if (same)
				return info[i].domain;
		}
		first = (domid_t)(info[n - 1].domain + 1);
	}
	return DOMID_NONE;
}

static unsigned int create_flags(const struct domcfg *d)
{
	static const unsigned int flags[] = {
		[VIRT_SVM_NPT] = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, [VIRT_SVM_SHADOW] = XEN_DOMCTL_CDF_hvm,
		[VIRT_TANDE] = XEN_DOMCTL_CDF_hvm | PARAVANE_CDF_deprivileged,
	};

	return d->type == DOM_HVM ? flags[d->virt] : 0;
}

static int create_empty(struct host *host, const struct domcfg *d, domid_t *dom, struct err *e)
{
	struct ctl_newdom nd = {
		.max_vcpus = (unsigned int)d->maxvcpus,
		.max_evtchn = (unsigned int)d->max_event_channels,
		.max_grant_frames = (int)d->max_grant_frames,
		.max_maptrack_frames = (int)d->max_maptrack_frames,
		.grant_version = 2, .flags = create_flags(d),
	};
	long ret;

	memcpy(nd.uuid, d->uuid, sizeof(nd.uuid));
	ret = ctl_domain_create(&host->h, &nd, dom);
	if (ret)
		return hcall_fail(&host->h, e, ret, "%s: the hypervisor refused a domain%s%s%s with %lld vCPUs", d->name,
				  d->type == DOM_HVM ? " of virt = \"" : "", d->type == DOM_HVM ? dom_virt_names[d->virt] : "",
				  d->type == DOM_HVM ? "\"" : "", d->maxvcpus);
	ret = ctl_max_vcpus(&host->h, *dom, nd.max_vcpus);
	if (ret)
		return hcall_fail(&host->h, e, ret, "%s: %lld vCPUs", d->name, d->maxvcpus);
	ret = ctl_max_mem(&host->h, *dom, (uint64_t)d->maxmem * 1024 + SLACK_KB);
	if (ret)
		return hcall_fail(&host->h, e, ret, "%s: memory limit of %lld MB", d->name, d->maxmem);
	return 0;
}

static int set_scheduling(struct host *host, const struct domcfg *d, domid_t dom, unsigned int nr_cpus,
			  struct err *e)
{
	struct xen_domctl_scheduler_op op;
	unsigned int v;
	long ret;

	for (v = 0; d->nr_cpusets && v < (unsigned int)d->maxvcpus; v++) {
		const struct cpuset *s = &d->cpus[v < d->nr_cpusets ? v : d->nr_cpusets - 1];

		ret = ctl_vcpu_affinity(&host->h, dom, v, XEN_VCPUAFFINITY_HARD, s->bits, NULL,
					nr_cpus);
		if (ret)
			return hcall_fail(&host->h, e, ret, "%s: pinning vCPU %u", d->name, v);
	}
	if (d->weight < 0 && d->cap < 0)
		return 0;
	ret = ctl_sched_id(&host->h);
	if (ret < 0)
		return hcall_fail(&host->h, e, ret, "%s: asking for the scheduler", d->name);
	memset(&op, 0, sizeof(op));
	op.sched_id = (uint32_t)ret;
	op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	ret = ctl_sched_domain(&host->h, dom, &op);
	op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	if (d->weight >= 0)
		op.u.credit.weight = (uint16_t)d->weight;
	if (d->cap >= 0)
		op.u.credit.cap = (uint16_t)d->cap;
	if (!ret)
		ret = ctl_sched_domain(&host->h, dom, &op);
	if (ret)
		return hcall_fail(&host->h, e, ret, "%s: cpu_weight %lld, cap %lld", d->name, d->weight,
			       d->cap);
	return 0;
}

static int introduce(struct host *host, const struct domcfg *d, const struct build *b, struct err *e)
{
	struct domstore_new n = {
		.dom = b->dom, .name = d->name, .uuid = d->uuid, .kernel = b->kernel,
		.ramdisk = b->ramdisk, .cmdline = b->cmdline,
		.memory_kb = (uint64_t)d->memory * 1024, .maxmem_kb = (uint64_t)d->maxmem * 1024,
		.vcpus = (unsigned int)d->vcpus, .maxvcpus = (unsigned int)d->maxvcpus,
		.store_mfn = b->store_mfn, .console_mfn = b->console_mfn,
		.store_port = b->store_port, .console_port = b->console_port,
	};

	return domstore_create(host->xs, &n, e);
}

static int fill(struct host *host, const struct domcfg *d, struct build *b, const struct build_images *im,
		struct cfg *raw, struct err *e)
{
	struct domcfg_limits lim = { 0 };

	if (host_limits(host, &lim, e) || set_scheduling(host, d, b->dom, lim.nr_cpus, e))
		return -1;
	if (d->type == DOM_HVM ? build_hvm(&host->h, b, im, e) : build_pv(&host->h, b, im, e))
		return err_wrap(e, "%s", d->name);
	if (keep_config(b->dom, raw, b, e))
		return -1;
	return introduce(host, d, b, e);
}

/* A file that cannot be used: which line of the config names it. The message begins with "kernel" or "ramdisk". */
static void wrap_with_config(const struct cfg *raw, const char *ramdisk, struct err *e)
{
	bool is_ramdisk = ramdisk && !strncmp(e->text, "ramdisk", strlen("ramdisk"));
	const struct cfg_entry *en = cfg_find(raw, is_ramdisk ? "ramdisk" : "kernel");
	char where[256];

	if (en)
		err_wrap(e, "%s", cfg_where(en, where, sizeof(where)));
}

int launch_domain(struct host *host, struct domcfg *d, struct cfg *raw, domid_t *dom,
		  struct err *e)
{
	char *kernel = domcfg_path(d->kernel), *ramdisk = d->ramdisk ? domcfg_path(d->ramdisk) : NULL;
	char *cmdline = domcfg_cmdline(d);
	struct build b = {
		.kernel = kernel, .ramdisk = ramdisk, .cmdline = cmdline,
		.nr_pages = (uint64_t)d->memory << 8,
	};
	struct build_images im;
	struct err ignored = ERR_INIT;
	domid_t other;
	int ret = -1;

	if (!d->uuid_given)
		uuid_generate(d->uuid);
	other = host_find_name(host, d->name);
	if (other != DOMID_NONE) {
		err_set(e, "name = \"%s\": in use by domain %u: choose another name=, or `pvctl destroy "
			"%s` first", d->name, other, d->name);
		goto out;
	}
	if (build_load(&im, d->type == DOM_HVM ? BUILD_HVM : BUILD_PV, kernel, ramdisk, e)) {
		wrap_with_config(raw, ramdisk, e);
		goto out;
	}
	*dom = DOMID_NONE;
	b.dom = DOMID_NONE;
	ret = create_empty(host, d, &b.dom, e);
	if (!ret)
		ret = fill(host, d, &b, &im, raw, e);
	build_unload(&im);
	if (!ret && d->type == DOM_HVM)
		ret = dmproc_start(b.dom, e);
	if (ret && b.dom != DOMID_NONE)
		launch_destroy(host, b.dom, &ignored);
	*dom = b.dom;
out:
	free(kernel);
	free(ramdisk);
	free(cmdline);
	return ret;
}

int launch_destroy(struct host *host, domid_t dom, struct err *e)
{
	char path[256];
	long ret;

	ret = ctl_domain_destroy(&host->h, dom);
	if (ret && ret != -ESRCH)
		return hcall_fail(&host->h, e, ret, "destroying domain %u", dom);
	domstore_remove(host->xs, dom);
	unlink(launch_config_path(dom, path, sizeof(path)));
	strncat(path, ".preserved", sizeof(path) - strlen(path) - 1);
	unlink(path);
	launch_drop_config(dom);
	trace_forget(dom);
	dmproc_forget(dom);
	return ret ? hcall_fail(&host->h, e, ret, "domain %u", dom) : 0;
}
