# SPDX-License-Identifier: MIT
"""The operations that the benchmark guest knows, in the order of the table: name, aim, what one repetition is.

The aim is the most that Paravane may use of Xen's instructions (docs/performance.md); operations without one of their own
share AIM_FOR_ALL. The code is in tests/bench/guest/, a file a group.
"""

AIM_FOR_ALL = 0.8

GROUPS = [
    ("Hypercalls", [
        ("null-syscall", 0.35, "xen_version(version) by a bare SYSCALL"),
        ("null-page", 0.35, "the same through the hypercall page"),
        ("get-features", 0.35, "xen_version(get_features): a structure in, a structure out"),
        ("vcpu-is-up", 0.35, "vcpu_op(is_up)"),
        ("console-write-nothing", None, "console_io(write) of no bytes"),
        ("multicall-null-1", None, "multicall of one null call"),
        ("multicall-null-16", None, "multicall of 16 null calls"),
        ("multicall-va-mapping-16", None, "multicall of 16 update_va_mapping without flush"),
    ]),
    ("State of the vCPU", [
        ("set-segment-base", None, "set_segment_base(FS)"),
        ("update-descriptor", None, "a TLS descriptor in the guest's GDT"),
        ("stack-switch", None, "stack_switch"),
        ("fpu-taskswitch", None, "fpu_taskswitch(1)"),
        ("context-switch-multicall", 0.5, "multicall as Linux switches processes: TS, stack, TLS, FS, both base pointers"),
        ("new-baseptr", 0.5, "mmuext_op(new_baseptr)"),
        ("new-user-baseptr", 0.5, "mmuext_op(new_user_baseptr)"),
        ("tlb-flush-local", None, "mmuext_op(tlb_flush_local)"),
        ("invlpg-local", None, "mmuext_op(invlpg_local)"),
    ]),
    ("Events", [
        ("event-status", 0.35, "event_channel_op(status)"),
        ("event-send-masked", 0.35, "send to a masked port of one's own"),
        ("event-self-upcall", 0.45, "send to oneself, upcall, return by iret"),
        ("vcpu-event-send", None, "send to a sleeping vCPU on the same CPU, without its run"),
        ("vcpu-event-and-back", None, "event to a sleeping vCPU on the same CPU, its answer: two switches"),
        ("smp-event-send", None, "send to a sleeping vCPU on another CPU, without its run"),
        ("smp-event-and-back", None, "event to a sleeping vCPU on another CPU, its answer; both CPUs' instructions"),
        ("domain-event-and-back", None, "event to a sleeping domain on the same CPU, its answer: two switches"),
    ]),
    ("Page tables", [
        ("va-mapping", 0.4, "update_va_mapping, no flush"),
        ("va-mapping-invlpg", 0.4, "update_va_mapping, INVLPG here"),
        ("va-mapping-invlpg-all", 0.4, "update_va_mapping, INVLPG on all vCPUs"),
        ("va-mapping-flush-all", 0.4, "update_va_mapping, TLB flush on all vCPUs"),
        ("mmu-update-1", 0.4, "mmu_update of one L1 entry"),
        ("mmu-update-8", None, "mmu_update of 8"),
        ("mmu-update-64", 0.3, "mmu_update of 64"),
        ("mmu-update-512", 0.3, "mmu_update of 512"),
        ("pin-l1-empty", 0.2, "pin of an L1 without entries"),
        ("unpin-l1-empty", 0.2, "its unpin"),
        ("pin-unpin-l1-empty", 0.2, "both"),
        ("pin-l1-full", 0.35, "pin of an L1 with 512 entries"),
        ("unpin-l1-full", 0.35, "its unpin"),
        ("pin-unpin-l1-full", 0.35, "both"),
        ("pin-tree", 0.35, "pin of an L4 over one L3, one L2, eight full L1"),
        ("unpin-tree", 0.35, "its unpin"),
        ("smp-tlb-flush-all", None, "mmuext_op(tlb_flush_all) while the other vCPU runs on another CPU"),
    ]),
    ("Traps", [
        ("exception-ud2", 0.5, "#UD in the guest kernel, return by iret"),
        ("exception-int3", 0.5, "#BP in the guest kernel, return by iret"),
        ("exception-gp", 0.5, "#GP in the guest kernel, return by iret"),
        ("page-fault", 0.5, "page fault in the guest kernel, map, return"),
        ("user-syscall", 0.5, "system call of a user program, return"),
        ("user-exception-ud2", 0.5, "#UD in a user program, return"),
        ("user-exception-int3", 0.5, "#BP in a user program, return"),
        ("user-page-fault", 0.5, "page fault in a user program, map, return"),
    ]),
    ("Scheduling and time", [
        ("yield-alone", 0.2, "yield with nobody to yield to"),
        ("vcpu-yield-and-back", None, "yield to another vCPU, which yields back: two switches"),
        ("set-timer", None, "set_timer_op"),
        ("timer-latency-busy", None, "from the time asked for to the upcall, the guest computing"),
        ("timer-latency-idle", None, "the same, the guest asleep"),
    ]),
    ("Grants and memory", [
        ("grant-map", 0.5, "map_grant_ref of a page"),
        ("grant-unmap", 0.5, "unmap_grant_ref"),
        ("grant-map-unmap", 0.5, "both"),
        ("grant-copy-page", 0.5, "copy of 4096 bytes out of a grant"),
        ("grant-map-unmap-domain", 0.5, "map and unmap of another domain's page"),
        ("grant-copy-page-domain", 0.5, "copy of 4096 bytes out of another domain's grant"),
        ("memory-decrease", None, "decrease_reservation of a page"),
        ("memory-populate", None, "populate_physmap of a page"),
        ("memory-decrease-populate", None, "both"),
    ]),
    ("Emulation", [
        ("emulate-cr0-read", 0.4, "MOV from CR0"),
        ("emulate-cr3-read", 0.4, "MOV from CR3"),
        ("emulate-cr3-write", 0.4, "MOV to CR3"),
        ("emulate-cr4-read", 0.4, "MOV from CR4"),
        ("emulate-clts", 0.4, "CLTS"),
        ("emulate-rdmsr", 0.4, "RDMSR of EFER"),
        ("emulate-wrmsr", 0.4, "WRMSR of FS_BASE"),
        ("emulate-in", 0.4, "IN from a port"),
        ("emulate-out", 0.4, "OUT to a port"),
        ("emulate-cpuid", 0.4, "CPUID with the forced prefix"),
        ("emulate-pte-write", 0.4, "write to a page-table entry that is mapped read-only"),
    ]),
]

# Measured on request (make bench WHOLE=1): it takes minutes. The unit is instructions, if the name does not say another.
WHOLE = [
    ("Many domains", [
        ("create-domain-1st", None, "domctl: createdomain, max_vcpus(1), max_mem"),
        ("create-domain-100th", None, "the same when 99 are there"),
        ("create-domain-500th", None, "the same when 499 are there"),
        ("create-domain-32-vcpus", None, "the same with 32 vCPUs"),
        ("build-domain-8M", None, "a domain of 8 MB by domctl from the guest, from createdomain to its first words"),
        ("yield-among-500", 0.2, "yield of the control domain when 499 domains are there"),
        ("memory-kb-each-of-100", None, "kilobytes that a domain takes besides its own memory, 100 there"),
        ("memory-kb-each-of-500", None, "the same, 500 there"),
    ]),
    ("Debian's Linux 6.1 as control domain", [
        ("reset-to-linux-init", 1.0, "from reset to the first program, idle time included"),
        ("linux-boot", 1.0, "from the kernel's first instruction to the first program: what its vCPU has run"),
        ("linux-null-call", 1.0, "getppid"),
        ("linux-signal", 1.0, "a signal to oneself, handler, return"),
        ("linux-page-fault", 1.0, "first touch of a page"),
        ("linux-mmap-munmap-16", 1.0, "mmap of 16 pages, populated, and munmap"),
        ("linux-mprotect", 1.0, "mprotect of a page"),
        ("linux-pipe", 1.0, "a byte to another process through a pipe, and one back"),
        ("linux-fork-exit", 1.0, "fork, exit, wait"),
        ("linux-fork-exec", 1.0, "fork, exec, exit, wait"),
    ]),
    ("The control domain's prompt", [
        ("prompt-ms", 1.0, "milliseconds from the start of QEMU (without -icount) to the shell's prompt, best of three"),
    ]),
]

TABLE = [name for _, rows in GROUPS for name, _, _ in rows]
SCALE = [name for name, _, _ in WHOLE[0][1]]
EXTRA = [name for _, rows in WHOLE for name, _, _ in rows]
ABOUT = {name: (aim or AIM_FOR_ALL, what, group) for group, rows in GROUPS + WHOLE for name, aim, what in rows}
