/** The format of Docker's seccomp profiles: the OCI object (config-linux, "Seccomp"), with conditions on its rules. */
import type { Seccomp, SeccompRule } from '../spec.ts';

export interface Condition {
  caps?: string[] | null;
  arches?: string[] | null;
  minKernel?: string | null;
}
export interface ProfileRule extends SeccompRule {
  comment?: string;
  name?: string;
  includes?: Condition | null;
  excludes?: Condition | null;
}
export interface Profile extends Omit<Seccomp, 'syscalls'> {
  archMap?: { architecture: string; subArchitectures?: string[] | null }[] | null;
  syscalls?: ProfileRule[] | null;
}
