/* SPDX-License-Identifier: MIT */
/* The hypervisor's trace of one domain: see trace.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"
#include "trace.h"

long trace_read(struct hcall *h, domid_t dom, struct paravane_trace_record *rec, uint32_t max)
{
	size_t mark = hcall_mark(h);
	struct paravane_trace_record *buf = hcall_put(h, NULL, max * sizeof(*buf));
	struct paravane_sysctl_trace_read *arg;
	struct xen_sysctl op;
	long ret = -ENOBUFS;

	if (!buf)
		goto out;
	memset(&op, 0, sizeof(op));
	op.cmd = PARAVANE_SYSCTL_trace_read;
	arg = (void *)&op.u;
	arg->domid = dom;
	arg->count = max;
	arg->buffer = (uintptr_t)buf;
	ret = hcall_sysctl(h, &op);
	if (ret)
		goto out;
	ret = arg->count < max ? arg->count : max;
	memcpy(rec, buf, (size_t)ret * sizeof(*rec));
out:
	hcall_release(h, mark);
	return ret;
}

static char *trace_path(domid_t dom, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%u.trace", launch_run_dir(), dom);
	return buf;
}

void trace_save(struct hcall *h, domid_t dom)
{
	struct paravane_trace_record rec[TRACE_SHOWN];
	long n = trace_read(h, dom, rec, TRACE_SHOWN);
	char path[256];
	int fd;

	if (n <= 0)
		return;
	fd = open(trace_path(dom, path, sizeof(path)), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	if (write(fd, rec, (size_t)n * sizeof(*rec)) != n * (long)sizeof(*rec))
		unlink(path);
	close(fd);
}

long trace_saved(domid_t dom, struct paravane_trace_record *rec, uint32_t max)
{
	char path[256];
	int fd = open(trace_path(dom, path, sizeof(path)), O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, rec, max * sizeof(*rec));
	close(fd);
	return n > 0 ? n / (ssize_t)sizeof(*rec) : 0;
}

void trace_forget(domid_t dom)
{
	char path[256];

	unlink(trace_path(dom, path, sizeof(path)));
}
