/**
 * Which features required by lessons this machine has, and a description of those that it lacks. Determined once,
 * because a machine does not change while a daemon runs.
 */
import { existsSync, readFileSync } from 'node:fs';
import { hierarchies } from '../../runtime/kernel/cgroup/hierarchies.ts';
import type { Language, Requirement } from '../format.ts';

const onPath = (program: string) =>
  [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'].some((dir) => existsSync(`${dir}/${program}`));
const controller = (name: string) => {
  const { version, v1, unified } = hierarchies();
  if (version === 1) return v1.some(({ controllers }) => controllers.includes(name));
  return attempt(() => readFileSync(`${unified}/cgroup.controllers`, 'utf8').split(/\s+/).includes(name));
};
function attempt(ask: () => boolean): boolean {
  try {
    return ask();
  } catch {
    return false;
  }
}
const filesystem = (name: string) =>
  attempt(() => new RegExp(`\\b${name}$`, 'm').test(readFileSync('/proc/filesystems', 'utf8')));
const positive = (path: string) => attempt(() => Number(readFileSync(path, 'utf8')) > 0);

interface Feature {
  here(): boolean;
  lacks: Record<Language, string>;
}
const program = (name: string): Feature => ({
  here: () => onPath(name),
  lacks: {
    en: `the program ${name} is not installed on this machine`,
    ru: `на этой машине не установлена программа ${name}`,
  },
});
const ofCgroup = (name: string): Feature => ({
  here: () => controller(name),
  lacks: {
    en: `this machine's kernel has no ${name} controller for control groups`,
    ru: `в ядре этой машины нет контроллера ${name} для контрольных групп`,
  },
});
const version = (n: 1 | 2): Feature => ({
  here: () => hierarchies().version === n,
  lacks: {
    en: `this machine has control groups of version ${3 - n}`,
    ru: `на этой машине контрольные группы версии ${3 - n}`,
  },
});

const features: Record<Requirement, Feature> = {
  overlay: {
    here: () => filesystem('overlay'),
    lacks: {
      en: 'the kernel has no overlay file system: modprobe overlay',
      ru: 'в ядре нет файловой системы overlay: modprobe overlay',
    },
  },
  cgroup1: version(1),
  cgroup2: version(2),
  memory: ofCgroup('memory'),
  cpu: ofCgroup('cpu'),
  pids: ofCgroup('pids'),
  freezer: {
    here: () => hierarchies().version === 2 || controller('freezer'),
    lacks: { en: 'the kernel has no freezer for control groups', ru: 'в ядре нет freezer для контрольных групп' },
  },
  swap: {
    here: () => attempt(() => readFileSync('/proc/swaps', 'utf8').trim().split('\n').length > 1),
    lacks: { en: 'this machine has no swap space', ru: 'на этой машине нет пространства подкачки' },
  },
  docker: {
    here: () => onPath('docker'),
    lacks: {
      en: 'the docker client is not installed on this machine',
      ru: 'на этой машине не установлен клиент docker',
    },
  },
  userns: {
    here: () => existsSync('/proc/self/ns/user') && positive('/proc/sys/user/max_user_namespaces'),
    lacks: {
      en: 'this kernel allows no user namespaces: sysctl user.max_user_namespaces',
      ru: 'это ядро не разрешает пространства пользователей: sysctl user.max_user_namespaces',
    },
  },
  seccomp: {
    here: () => existsSync('/proc/sys/kernel/seccomp/actions_avail'),
    lacks: { en: 'this kernel has no seccomp', ru: 'в этом ядре нет seccomp' },
  },
  nftables: {
    here: () => attempt(() => readFileSync('/proc/net/protocols', 'utf8').includes('NETLINK')),
    lacks: { en: 'this kernel has no netlink', ru: 'в этом ядре нет netlink' },
  },
  unshare: program('unshare'),
  ip: program('ip'),
  nsenter: program('nsenter'),
  // The practice images replace a registry that cannot be reached, so whether the image is one is known after the pull.
  practice: { here: () => true, lacks: { en: '', ru: '' } },
};

const asked = new Map<Requirement, boolean>();
export function has(name: Requirement): boolean {
  const known = asked.get(name) ?? features[name].here();
  asked.set(name, known);
  return known;
}
export const lacking = (names: readonly Requirement[], language: Language): string[] =>
  names.filter((name) => !has(name)).map((name) => features[name].lacks[language]);
/** The features that this machine has, for notes that are shown only then. */
export const here = (): Requirement[] => (Object.keys(features) as Requirement[]).filter(has);
