import { PR, PR_CAP_AMBIENT, RLIMIT, SECCOMP_SET_MODE_FILTER } from '../../../syscalls/constants.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { capabilityFacts } from '../../../kernel/process/facts.ts';
import { rightsOf } from '../../../kernel/process/inspect.ts';
import { encodeCaps } from '../../../oci/capabilities.ts';
import { compileSeccomp } from '../../../oci/seccomp/compile.ts';
import { verdictsOf } from '../../../oci/seccomp/verdicts.ts';
import type { Process, Spec } from '../../../oci/spec.ts';
import type { Step } from '../../../container/step.ts';

const inspect: Step['inspect'] = async (_k, c) => (c.live.pid ? [rightsOf(c.live.pid)] : []);

/** struct rlimit64: two u64; -1 is RLIM_INFINITY. */
function rlimit(soft: number, hard: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(soft)), 0);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(hard)), 8);
  return bytes;
}

/** Sets limits. The OOM score is written from outside, because the container decides what /proc is inside. */
export async function setLimits(k: Kernel, process: Process, pid: number): Promise<void> {
  for (const { type, soft, hard } of process.rlimits ?? [])
    await k.stage.prlimit64(0, (RLIMIT as Record<string, number>)[type] ?? -1, rlimit(soft, hard));
  if (process.oomScoreAdj !== undefined)
    await k.daemon.write_file(`/proc/${pid}/oom_score_adj`, 0, 0, String(process.oomScoreAdj));
}

export async function dropBounding(k: Kernel, process: Process): Promise<void> {
  await k.batch((stage) =>
    encodeCaps(process.capabilities).boundingDrop.forEach((number) => stage.prctl(PR.PR_CAPBSET_DROP, number, 0, 0, 0)),
  );
}

export async function installSeccomp(k: Kernel, spec: Spec): Promise<void> {
  if (!spec.linux.seccomp) return;
  const { filter, flags, instructions } = compileSeccomp(spec.linux.seccomp);
  await k.stage.seccomp(SECCOMP_SET_MODE_FILTER, flags, filter);
  const { through, byArguments, refused, conditions, subjects } = verdictsOf(spec.linux.seccomp);
  k.fact(
    { kind: 'security', key: 'seccomp', value: `${instructions} instructions` },
    { kind: 'security', key: 'seccomp.through', value: String(through.length) },
    { kind: 'security', key: 'seccomp.by-arguments', value: byArguments.join(' ') },
    { kind: 'security', key: 'seccomp.refused', value: refused.join(' ') },
    { kind: 'security', key: 'seccomp.conditions', value: conditions.join('; ') },
    {
      kind: 'security',
      key: 'seccomp.subjects',
      value: [...subjects].map(([subject, count]) => `${subject}=${count}`).join(' '),
    },
  );
}

export async function setCapabilities(k: Kernel, process: Process): Promise<void> {
  const { header, data, ambient } = encodeCaps(process.capabilities);
  await k.batch((stage) => {
    stage.capset(header, data);
    for (const number of ambient) stage.prctl(PR.PR_CAP_AMBIENT, PR_CAP_AMBIENT.PR_CAP_AMBIENT_RAISE, number, 0, 0);
  });
}

export const rightsSteps: { limits: Step[]; bounding: Step[]; last: Step[] } = {
  limits: [
    {
      id: 'init.rlimits',
      title: 'Set resource limits',
      inspect,
      explain: `--ulimit sets limits of a process rather than of the group: open files, stack size, processes of a uid. They are inherited by every child. See getrlimit(2).`,
      when: (c) => (c.spec.process.rlimits ?? []).length > 0 || c.spec.process.oomScoreAdj !== undefined,
      do: (k, c) => setLimits(k, c.spec.process, c.live.pid ?? 0),
    },
  ],
  bounding: [
    {
      id: 'init.drop-bounding',
      title: 'Narrow the bounding set',
      inspect,
      explain: `A capability that is not in the bounding set can never be gained again, not even by running a set-uid program as root.
Of some forty parts that root's power has, a container keeps fourteen: it may change owners and bind low ports, but not load modules, mount, or set the clock. See capabilities(7).`,
      when: (c) => encodeCaps(c.spec.process.capabilities).boundingDrop.length > 0,
      async do(k, c) {
        await dropBounding(k, c.spec.process);
        k.fact(...capabilityFacts(c.live.pid));
      },
    },
  ],
  last: [
    {
      id: 'init.no-new-privs',
      title: 'Forbid new privileges',
      inspect,
      explain: `With --security-opt no-new-privileges, execve(2) never gives more rights than the process has: set-uid bits and file capabilities count for nothing. It cannot be switched off again. See PR_SET_NO_NEW_PRIVS in prctl(2).`,
      when: (c) => c.spec.process.noNewPrivileges,
      async do(k) {
        await k.stage.prctl(PR.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        k.fact({ kind: 'security', key: 'no_new_privs', value: '1' });
      },
    },
    {
      id: 'init.seccomp',
      title: 'Install the system call filter',
      inspect,
      explain: `A small program in the kernel's classic BPF looks at the number and arguments of every system call from now on and lets through those of a list; the others fail with EPERM.
The kernel's about 350 calls are its largest surface to attack, and a container needs far fewer. It comes this late because the steps before it use calls that it forbids, and before the capabilities are given up because installing it needs one. See seccomp(2).`,
      when: (c) => c.spec.linux.seccomp !== undefined,
      do: (k, c) => installSeccomp(k, c.spec),
    },
    {
      id: 'init.capabilities',
      title: "Keep only the container's capabilities",
      inspect,
      explain: `capset(2) sets what the process may use (effective), may take up again (permitted), and may hand to its children (inheritable).
For a user other than root nothing is left after execve(2), unless it is in the ambient set. See capabilities(7), "Transformation of capabilities during execve()".`,
      async do(k, c) {
        await setCapabilities(k, c.spec.process);
        k.fact(...capabilityFacts(c.live.pid));
      },
    },
  ],
};
