/**
 * Names of the OCI specification for seccomp (config-linux, "Seccomp") and the kernel's numbers for them: seccomp(2),
 * linux/audit.h.
 */
import { SECCOMP_FILTER_FLAG } from '../../syscalls/constants.ts';
import type { SeccompAction, SeccompOperator } from '../spec.ts';

/**
 * SECCOMP_RET_*. The low 16 bits are the errno of ERRNO and data of TRACE. NOTIFY is missing, because no process
 * listens for notifications.
 */
export const ACTIONS: Record<Exclude<SeccompAction, 'SCMP_ACT_NOTIFY'>, number> = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
};
/** compile.ts describes how they use `value` and `valueTwo`. */
export const OPERATORS: Record<SeccompOperator, true> = {
  SCMP_CMP_NE: true,
  SCMP_CMP_LT: true,
  SCMP_CMP_LE: true,
  SCMP_CMP_EQ: true,
  SCMP_CMP_GE: true,
  SCMP_CMP_GT: true,
  SCMP_CMP_MASKED_EQ: true,
};
/** AUDIT_ARCH_*. x32 is x86_64 with bit 30 set in the number. With null a profile may name it, without effect. */
export const ARCHITECTURES: Record<string, number | null> = {
  SCMP_ARCH_X86_64: 0xc000003e,
  SCMP_ARCH_X86: 0x40000003,
  SCMP_ARCH_X32: null,
  SCMP_ARCH_AARCH64: 0xc00000b7,
  SCMP_ARCH_ARM: 0x40000028,
  ...Object.fromEntries(
    [
      'MIPS',
      'MIPS64',
      'MIPS64N32',
      'MIPSEL',
      'MIPSEL64',
      'MIPSEL64N32',
      'PPC',
      'PPC64',
      'PPC64LE',
      'S390',
      'S390X',
      'PARISC',
      'PARISC64',
      'RISCV64',
      'LOONGARCH64',
      'M68K',
      'SH',
      'SHEB',
    ].map((name) => [`SCMP_ARCH_${name}`, null]),
  ),
};
/** TSYNC applies the filter to other threads, and a container's first process has none. */
export const FLAGS: Record<string, number> = { ...SECCOMP_FILTER_FLAG, SECCOMP_FILTER_FLAG_TSYNC: 0 };
