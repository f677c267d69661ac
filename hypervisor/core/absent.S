.text
.globl do_domctl
.hidden do_domctl
do_domctl:
mov $-38,%rax
ret
.globl do_event_channel_op
.hidden do_event_channel_op
do_event_channel_op:
mov $-38,%rax
ret
.globl do_event_channel_op_compat
.hidden do_event_channel_op_compat
do_event_channel_op_compat:
mov $-38,%rax
ret
.globl do_grant_table_op
.hidden do_grant_table_op
do_grant_table_op:
mov $-38,%rax
ret
.globl do_memory_op
.hidden do_memory_op
do_memory_op:
mov $-38,%rax
ret
.globl do_mmu_update
.hidden do_mmu_update
do_mmu_update:
mov $-38,%rax
ret
.globl do_mmuext_op
.hidden do_mmuext_op
do_mmuext_op:
mov $-38,%rax
ret
.globl do_physdev_op
.hidden do_physdev_op
do_physdev_op:
mov $-38,%rax
ret
.globl do_physdev_op_compat
.hidden do_physdev_op_compat
do_physdev_op_compat:
mov $-38,%rax
ret
.globl do_platform_op
.hidden do_platform_op
do_platform_op:
mov $-38,%rax
ret
.globl do_sysctl
.hidden do_sysctl
do_sysctl:
mov $-38,%rax
ret
.globl do_update_va_mapping
.hidden do_update_va_mapping
do_update_va_mapping:
mov $-38,%rax
ret
.globl do_update_va_mapping_otherdomain
.hidden do_update_va_mapping_otherdomain
do_update_va_mapping_otherdomain:
mov $-38,%rax
ret
.globl evtchn_domain_free
.hidden evtchn_domain_free
evtchn_domain_free:
xor %eax,%eax
ret
.globl evtchn_domain_init
.hidden evtchn_domain_init
evtchn_domain_init:
xor %eax,%eax
ret
.globl evtchn_port_pending
.hidden evtchn_port_pending
evtchn_port_pending:
xor %eax,%eax
ret
.globl evtchn_port_valid
.hidden evtchn_port_valid
evtchn_port_valid:
xor %eax,%eax
ret
.globl evtchn_send_global_virq
.hidden evtchn_send_global_virq
evtchn_send_global_virq:
xor %eax,%eax
ret
.globl evtchn_send_vcpu_virq
.hidden evtchn_send_vcpu_virq
evtchn_send_vcpu_virq:
xor %eax,%eax
ret
.globl evtchn_vcpu_info_moved
.hidden evtchn_vcpu_info_moved
evtchn_vcpu_info_moved:
xor %eax,%eax
ret
.globl grant_domain_free
.hidden grant_domain_free
grant_domain_free:
xor %eax,%eax
ret
.globl grant_domain_init
.hidden grant_domain_init
grant_domain_init:
xor %eax,%eax
ret
.globl mm_fixup_fault
.hidden mm_fixup_fault
mm_fixup_fault:
xor %eax,%eax
ret
.globl pirq_raise
.hidden pirq_raise
pirq_raise:
xor %eax,%eax
ret
.section .note.GNU-stack,"",@progbits
