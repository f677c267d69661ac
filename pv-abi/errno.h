/* SPDX-License-Identifier: MIT */
/*
 * Error numbers of the interface. Without further ado this defines enum xen_errno { XEN_EPERM =
 * 1, ...}. Whoever needs another shape defines XEN_ERRNO(name, value) first; it is undefined at
 * the end, and the list may so be included any number of times, and in assembly. EINTR and
 * ERESTART are the hypervisor's own and never reach a guest.
 */
#if !defined(XEN_ERRNO) && !defined(__ASSEMBLY__) && !defined(__ASSEMBLER__)
#ifndef PV_ABI_ERRNO_H
#define PV_ABI_ERRNO_H
#define XEN_ERRNO_DEFAULT_INCLUDE
#define XEN_ERRNO(name, value) XEN_##name = value,
enum xen_errno {
#endif
#endif

#ifdef XEN_ERRNO
XEN_ERRNO(EPERM, 1)           /* not privileged for this */
XEN_ERRNO(ENOENT, 2)
XEN_ERRNO(ESRCH, 3)           /* no such domain */
XEN_ERRNO(EINTR, 4)
XEN_ERRNO(EIO, 5)
XEN_ERRNO(ENXIO, 6)
XEN_ERRNO(E2BIG, 7)
XEN_ERRNO(ENOEXEC, 8)
XEN_ERRNO(EBADF, 9)
XEN_ERRNO(ECHILD, 10)
XEN_ERRNO(EAGAIN, 11)
XEN_ERRNO(EWOULDBLOCK, 11)
XEN_ERRNO(ENOMEM, 12)
XEN_ERRNO(EACCES, 13)
XEN_ERRNO(EFAULT, 14)         /* a guest pointer does not work */
XEN_ERRNO(EBUSY, 16)
XEN_ERRNO(EEXIST, 17)
XEN_ERRNO(EXDEV, 18)
XEN_ERRNO(ENODEV, 19)
XEN_ERRNO(ENOTDIR, 20)
XEN_ERRNO(EISDIR, 21)
XEN_ERRNO(EINVAL, 22)
XEN_ERRNO(ENFILE, 23)
XEN_ERRNO(EMFILE, 24)
XEN_ERRNO(ENOSPC, 28)
XEN_ERRNO(EROFS, 30)
XEN_ERRNO(EMLINK, 31)
XEN_ERRNO(EDOM, 33)
XEN_ERRNO(ERANGE, 34)
XEN_ERRNO(EDEADLK, 35)
XEN_ERRNO(EDEADLOCK, 35)
XEN_ERRNO(ENAMETOOLONG, 36)
XEN_ERRNO(ENOLCK, 37)
XEN_ERRNO(ENOSYS, 38)         /* unknown hypercall or operation */
XEN_ERRNO(ENOTEMPTY, 39)
XEN_ERRNO(ENODATA, 61)
XEN_ERRNO(ETIME, 62)
XEN_ERRNO(EBADMSG, 74)
XEN_ERRNO(EOVERFLOW, 75)
XEN_ERRNO(EILSEQ, 84)
XEN_ERRNO(ERESTART, 85)       /* inside the hypervisor: make this call again */
XEN_ERRNO(ENOTSOCK, 88)
XEN_ERRNO(EMSGSIZE, 90)
XEN_ERRNO(EOPNOTSUPP, 95)     /* known, and not offered here */
XEN_ERRNO(EADDRINUSE, 98)
XEN_ERRNO(EADDRNOTAVAIL, 99)
XEN_ERRNO(ENOBUFS, 105)
XEN_ERRNO(EISCONN, 106)
XEN_ERRNO(ENOTCONN, 107)
XEN_ERRNO(ETIMEDOUT, 110)
XEN_ERRNO(ECONNREFUSED, 111)
#undef XEN_ERRNO
#endif

#ifdef XEN_ERRNO_DEFAULT_INCLUDE
#undef XEN_ERRNO_DEFAULT_INCLUDE
};
#endif
