/* SPDX-License-Identifier: MIT */
/*
 * Values of a front end's XenStore key "protocol": whose structure layout its ring has.
 */
#ifndef PV_ABI_IO_PROTOCOLS_H
#define PV_ABI_IO_PROTOCOLS_H

#define XEN_IO_PROTO_ABI_X86_32 "x86_32-abi"
#define XEN_IO_PROTO_ABI_X86_64 "x86_64-abi"
#define XEN_IO_PROTO_ABI_ARM    "arm-abi"

#define XEN_IO_PROTO_ABI_NATIVE XEN_IO_PROTO_ABI_X86_64

#endif /* PV_ABI_IO_PROTOCOLS_H */
