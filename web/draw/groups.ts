/** The container's cgroups as the journal reports them, and the times when memory ran out in them. */
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import { factsOf, runEvents } from './facts.ts';

/** A cgroup of the container: where its hierarchy is mounted, and the files written in it. */
export interface Group {
  dir: string;
  mount: string;
  parents: string[];
  controllers: string;
  files: Record<string, string>;
}

/** The controllers of a hierarchy; the name of one without controllers: 'systemd' of 'name=systemd', 'unified'. */
const titleOf = (value: string) => value.replace(/^name=/, '').split(',');

/**
 * '/sys/fs/cgroup/memory/drydock/<id>' is a v1 hierarchy if the directory is named after its controllers or the
 * hierarchy; otherwise the tree is v2.
 */
export function groupsOf(frame: Frame): Group[] {
  const facts = factsOf(frame, 'cgroup');
  return Object.keys(facts)
    .filter((key) => /^\/sys\/fs\/cgroup\/.*\/[0-9a-f]{64}$/.test(key))
    .map((dir) => {
      const names = dir.split('/').slice(4);
      const isV1 = titleOf(facts[dir]!).some((controller) => names[0]!.split(',').includes(controller));
      const parents = (isV1 || names[0] === 'unified' ? names.slice(1) : names).slice(0, -1);
      const files = Object.fromEntries(
        Object.entries(facts)
          .filter(([key]) => key.startsWith(`${dir}/`))
          .map(([key, value]) => [key.slice(dir.length + 1), value]),
      );
      return {
        dir,
        mount: dir.slice(0, dir.length - [...parents, names.at(-1)].join('/').length - 1),
        parents,
        controllers: titleOf(facts[dir]!).join(','),
        files,
      };
    });
}

/**
 * True if the process is in the group: it writes itself into `tasks` (v1), or it is born in the group (v2:
 * cgroup.procs).
 */
export const joined = ({ files }: Group): boolean =>
  files['tasks'] !== undefined || files['cgroup.procs'] !== undefined;
export const frozen = ({ files }: Group): boolean =>
  files['freezer.state'] === 'FROZEN' || files['cgroup.freeze'] === '1';
/** The group that has the controller: in v2 one group has all. */
export const groupWith = (groups: readonly Group[], controller: string): Group | undefined =>
  groups.find(({ controllers }) => controllers.split(',').includes(controller));

/** `seq`: of the event that reports it; `after`: seconds since the run began; `kills`: the number of kills so far. */
export interface OutOfMemory {
  seq: number;
  after: number;
  kills: number;
}

/** A kill is reported when it happens and once more at the end; an event without a new number is skipped. */
export function outOfMemory(frame: Frame, events: readonly Event[]): OutOfMemory[] {
  const own = runEvents(frame, events);
  const found: OutOfMemory[] = [];
  for (const event of own) {
    const said =
      event.type === 'fact'
        ? event.facts.find(({ kind, key }) => kind === 'cgroup' && /\/memory\.(oom_control|events)$/.test(key))
        : undefined;
    const kills = Number(/\boom_kill (\d+)/.exec(said?.value ?? '')?.[1] ?? 0);
    if (said?.value && kills > (found.at(-1)?.kills ?? -1))
      found.push({ seq: event.seq, after: (event.time - own[0]!.time) / 1000, kills });
  }
  return found;
}
