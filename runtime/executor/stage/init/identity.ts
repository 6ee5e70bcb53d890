import { CLONE, PR } from '../../../syscalls/constants.ts';
import { hasCode, tolerate } from '../../../kernel/errors.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { readWhole } from '../../../kernel/read-whole.ts';
import { capabilityFacts } from '../../../kernel/process/facts.ts';
import { namespaceInode, namespacesOf, rightsOf } from '../../../kernel/process/inspect.ts';
import { allCapabilities, capabilitySets, encodeCaps } from '../../../oci/capabilities.ts';
import { homeOf, type ResolvedUser, resolveUser } from '../../../oci/user.ts';
import type { Process } from '../../../oci/spec.ts';
import type { Step } from '../../../container/step.ts';

/** In bytes: an image's passwd with about fifty thousand users. */
const LIMIT = 4 * 1024 * 1024;

/** Reads a file of the image through the stage, whose root is the image's, so that a link cannot lead out. */
export async function readInside(k: Kernel, path: string): Promise<string> {
  try {
    return (await readWhole(k.stage, path, LIMIT)).toString('utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP')) return '';
    throw error;
  }
}

export function takeResolved(process: Process, { uid, gid, gids, home }: ResolvedUser): void {
  process.user = { ...process.user, uid, gid, additionalGids: gids, home };
}

/** setgroups(2) takes an array of 32-bit gid_t. */
const groupList = (gids: readonly number[]) => Buffer.from(Uint32Array.from(gids).buffer);

export async function becomeUser(k: Kernel, { uid, gid, additionalGids = [] }: Process['user']): Promise<void> {
  const { header, data } = encodeCaps(capabilitySets(allCapabilities()));
  await k.batch((stage) => {
    stage.prctl(PR.PR_SET_KEEPCAPS, 1, 0, 0, 0);
    stage.setgroups(additionalGids.length, groupList(additionalGids));
    stage.setresgid(gid, gid, gid);
    stage.setresuid(uid, uid, uid);
    // the change of the uid cleared the effective set, but the filter and the last capset still need it
    if (uid !== 0) stage.capset(header, data);
  });
}

const KEYCTL_JOIN_SESSION_KEYRING = 1;
/**
 * Takes a new session keyring. Continues when the call does not exist or the daemon itself may not use it. A full quota
 * is an error, because the daemon's keys would be inherited.
 */
export async function takeSessionKeyring(k: Kernel, id: string): Promise<void> {
  await tolerate(
    ['ENOSYS', 'EPERM'],
    k.stage.keyctl(KEYCTL_JOIN_SESSION_KEYRING, `drydock-${id.slice(0, 12)}`, 0, 0, 0),
  );
}

export const identitySteps: { name: Step[]; namespace: Step[]; user: Step[] } = {
  name: [
    {
      id: 'init.hostname',
      title: 'Set the hostname',
      explain: `sethostname(2) in the uts namespace of its own: the first twelve digits of the id, unless --hostname says otherwise. See sethostname(2).`,
      when: (c) => Boolean(c.spec.hostname) && c.spec.linux.namespaces.some((n) => n.type === 'uts' && !n.path),
      async do(k, c) {
        await k.stage.sethostname(c.spec.hostname ?? '');
        if (c.spec.domainname) await k.stage.setdomainname(c.spec.domainname);
      },
    },
    {
      id: 'init.session-keyring',
      title: 'Take a new session keyring',
      explain: `Keys of the daemon's session would otherwise be inherited and readable inside. Some kernels have no keyrings; then there is nothing to inherit. See keyctl(2), session-keyring(7).`,
      do: (k, c) => takeSessionKeyring(k, c.id),
    },
  ],
  namespace: [
    {
      id: 'init.unshare-user',
      title: "Break away from the host's users",
      explain: `With --userns private, root inside is root only inside: in its own user namespace it has every capability, but none of them counts for anything that belongs to the host's.
The daemon writes uid_map and gid_map from outside, which map the numbers inside to those outside; here each number stays the same. All other namespaces were made before and still belong to the host's user namespace, so that root in here cannot even rename its own host. See user_namespaces(7).`,
      when: (c) => c.spec.linux.namespaces.some((n) => n.type === 'user'),
      async do(k, c) {
        await k.stage.unshare(CLONE.CLONE_NEWUSER);
        for (const [file, rows] of [
          ['uid_map', c.spec.linux.uidMappings],
          ['gid_map', c.spec.linux.gidMappings],
        ] as const) {
          const text = (rows ?? []).map((r) => `${r.containerID} ${r.hostID} ${r.size}\n`).join('');
          await k.daemon.write_file(`/proc/${c.live.pid}/${file}`, 0, 0, text);
        }
        k.fact({ kind: 'ns', key: 'user', value: namespaceInode(c.live.pid ?? 0, 'user') });
      },
      inspect: async (_k, c) => (c.live.pid ? [namespacesOf(c.live.pid), rightsOf(c.live.pid)] : []),
    },
  ],
  user: [
    {
      id: 'init.look-up-user',
      title: 'Look the user up in the image',
      explain: `The kernel knows numbers only. A name given by --user or by the image is looked up in the image's own /etc/passwd and /etc/group, and so is the home directory.
The host's files do not count: user "www-data" may be 33 here and something else there. See passwd(5), group(5).`,
      async do(k, c) {
        const passwd = await readInside(k, '/etc/passwd');
        const group = await readInside(k, '/etc/group');
        const { process } = c.spec;
        // a bundle names numbers, and the file tells only where home is
        if (c.bundle) process.user.home = homeOf(process.user.uid, passwd);
        else takeResolved(process, resolveUser(process.user.username ?? '', passwd, group, process.user.groups));
      },
    },
    {
      id: 'init.set-user',
      title: 'Become the user',
      explain: `setgroups(2), setresgid(2), setresuid(2), in this order: once the uid is given up, the groups could no longer be changed.
The kernel drops all capabilities when the last root uid goes, so PR_SET_KEEPCAPS holds them until the step that decides which of them stay. See credentials(7), capabilities(7).`,
      async do(k, c) {
        const { user } = c.spec.process;
        await becomeUser(k, user);
        k.fact({ kind: 'security', key: 'user', value: `${user.uid}:${user.gid}` }, ...capabilityFacts(c.live.pid));
      },
      inspect: async (_k, c) => (c.live.pid ? [rightsOf(c.live.pid)] : []),
    },
  ],
};
