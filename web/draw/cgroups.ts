/** How much may it use? v1 as parallel trees with a line through them, v2 as one; limits as gauges with a wall. */
import { hierarchy, tree } from 'd3-hierarchy';
import { scaleLinear } from 'd3-scale';
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import { bytes, changed, factsOf, hasEnded, runEvents } from './facts.ts';
import { downward, fit, path, polyline, rect, text, type Drawing, type Item, type Mark, type Row } from './marks.ts';

/** A cgroup of the container: where its hierarchy is mounted, and the files written in it. */
export interface Group { dir: string; mount: string; parents: string[]; controllers: string; files: Record<string, string> }

/** '/sys/fs/cgroup/memory/drydock/<id>' is a hierarchy of v1 when the folder has its controllers' name; else the tree is v2's. */
export function groupsOf(frame: Frame): Group[] {
  const facts = factsOf(frame, 'cgroup');
  return Object.keys(facts).filter((key) => /^\/sys\/fs\/cgroup\/.*\/[0-9a-f]{64}$/.test(key)).map((dir) => {
    const names = dir.split('/').slice(4);
    const isV1 = facts[dir]!.split(',').some((controller) => names[0]!.split(',').includes(controller));
    const parents = (isV1 || names[0] === 'unified' ? names.slice(1) : names).slice(0, -1);
    const files = Object.fromEntries(Object.entries(facts).filter(([key]) => key.startsWith(`${dir}/`)).map(([key, value]) => [key.slice(dir.length + 1), value]));
    return { dir, mount: dir.slice(0, dir.length - [...parents, names.at(-1)].join('/').length - 1), parents, controllers: facts[dir]!, files };
  });
}

export interface Limit { key: string; controller: string; name: string; limit: number; usage?: number; shown: string; usageShown?: string; max: number }
const unlimited = (value: number) => !(value > 0 && value < 2 ** 60);
const scaleTop = (limit: number) => 2 ** Math.ceil(Math.log2(limit * 1.25));

type Reader = (files: Record<string, string>) => Omit<Limit, 'key' | 'controller' | 'max'> | undefined;
const amount = (name: string, limitFile: string, usageFile: string, show: (n: number) => string): Reader => (files) => {
  const limit = Number(files[limitFile]);
  if (files[limitFile] === undefined || unlimited(limit)) return undefined;
  const usage = files[usageFile] === undefined ? undefined : Number(files[usageFile]);
  return { name, limit, shown: show(limit), ...(usage !== undefined && { usage, usageShown: show(usage) }) };
};
const cpus = (n: number) => `${Number(n.toPrecision(3))} CPU${n === 1 ? '' : 's'}`;
const readers: readonly Reader[] = [
  amount('memory', 'memory.limit_in_bytes', 'memory.usage_in_bytes', bytes), amount('memory', 'memory.max', 'memory.current', bytes),
  amount('memory and swap', 'memory.memsw.limit_in_bytes', 'memory.memsw.usage_in_bytes', bytes), amount('swap', 'memory.swap.max', 'memory.swap.current', bytes),
  amount('processes', 'pids.max', 'pids.current', String),
  ({ 'cpu.cfs_quota_us': quota, 'cpu.cfs_period_us': period = '100000' }) => (quota && Number(quota) > 0 ? { name: 'processor time', limit: Number(quota) / Number(period), shown: cpus(Number(quota) / Number(period)) } : undefined),
  ({ 'cpu.max': max }) => {
    const [quota = '', period = '100000'] = (max ?? '').split(' ');
    return Number(quota) > 0 ? { name: 'processor time', limit: Number(quota) / Number(period), shown: cpus(Number(quota) / Number(period)) } : undefined;
  },
];
export const limitsOf = (group: Group): Limit[] => readers.flatMap((read) => {
  const limit = read(group.files);
  return limit ? [{ ...limit, key: `${group.dir} ${limit.name}`, controller: group.controllers, max: scaleTop(limit.limit) }] : [];
});

/** A process writes itself into `tasks` (v1) or is born into the group (v2: cgroup.procs). */
const joined = ({ files }: Group) => files['tasks'] !== undefined || files['cgroup.procs'] !== undefined;
const frozen = ({ files }: Group) => files['freezer.state'] === 'FROZEN' || files['cgroup.freeze'] === '1';

const LEAF = 178;
const CELL = 88;

interface Node { name: string; children?: Node[] }
/** root → parents → the container, from top to bottom. */
function treeItem(group: Group, column: number, wide: number, isNew: boolean): Item {
  const chain = [...group.parents, 'container'].reduceRight<Node | undefined>((child, name) => ({ name, ...(child && { children: [child] }) }), undefined)!;
  const laid = tree<Node>().size([wide, LEAF - 66])(hierarchy<Node>({ name: 'root', children: [chain] }));
  const marks: Mark[] = [];
  for (const { source, target } of laid.links()) marks.push(path(downward([0, source.y + 66 + 8], [0, target.y + 66 - 13]), 'quiet'));
  for (const node of laid.descendants()) {
    const leaf = !node.children;
    const look = leaf ? (frozen(group) ? 'hatched' : joined(group) ? 'solid' : 'soft') : 'outline';
    marks.push(rect(-wide / 2 + 5, node.y + 66 - 13, wide - 10, 26, leaf ? (isNew ? 'active' : 'cgroup') : 'quiet', look, 5));
    marks.push(text(0, node.y + 66 + 4, leaf ? (frozen(group) ? 'frozen' : joined(group) ? '● inside' : 'empty') : fit(node.data.name === 'root' ? '/' : node.data.name, wide - 16, 11), leaf ? (look === 'solid' ? 'solid' : isNew ? 'active' : 'cgroup') : 'quiet', { anchor: 'middle', size: 11, bold: leaf }));
  }
  marks.push(text(0, 38, fit(group.mount.endsWith('cgroup') ? 'all controllers' : group.controllers, wide - 6, 12.5, true), 'plain', { anchor: 'middle', bold: true, mono: true, size: 12.5 }));
  return { key: `cgroup:${group.dir}`, sel: `cgroup:${group.dir}`, x: 10 + column * wide + wide / 2, y: 0, marks, label: `${group.controllers}: ${frozen(group) ? 'frozen' : joined(group) ? 'the container is in it' : 'made, still empty'}` };
}

/** Bar of what is used, and a wall where the kernel says no. */
function gaugeItem(limit: Limit, row: number, width: number, y: number, isNew: boolean): Item {
  const bar = width - 310;
  const scale = scaleLinear([0, limit.max], [0, bar]).clamp(true);
  const wall = scale(limit.limit);
  const marks: Mark[] = [
    text(150, 19, limit.name, 'plain', { anchor: 'end', bold: true, size: 12.5 }),
    rect(162, 6, bar, 18, 'quiet', 'outline', 3), rect(162, 6, wall, 18, isNew ? 'active' : 'cgroup', 'soft', 3),
    ...(limit.usage === undefined ? [] : [rect(162, 10, scale(limit.usage), 10, 'cgroup', 'solid', 2)]),
    rect(162 + wall, 6, bar - wall, 18, 'failed', 'hatched', 0),
    path(polyline([162 + wall, 0], [162 + wall, 30]), 'failed', { width: 3.5 }),
    text(162 + bar + 10, 19, `${limit.usageShown ? `${limit.usageShown} of ` : 'at most '}${limit.shown}`, 'plain', { size: 12, bold: isNew }),
  ];
  return { key: `limit:${limit.key}`, sel: `cgroup:${limit.key.split(' ')[0]}`, x: 0, y: y + row * 38, marks, label: `${limit.name}: at most ${limit.shown}` };
}

/** What is written on devices, in the container's words. */
const deviceRules = (frame: Frame, events: readonly Event[]): string[] => runEvents(frame, events).flatMap((event) =>
  (event.type === 'call' && event.step === 'create.device-rules' ? (event.facts ?? []).filter(({ key }) => key.endsWith('devices.allow')).map(({ value }) => value ?? '') : []));

export function drawCgroups(frame: Frame, events: readonly Event[], previous?: Frame): Drawing {
  const groups = groupsOf(frame);
  const limits = groups.flatMap(limitsOf);
  const width = 740;
  const wide = groups.length === 1 ? 260 : Math.max(CELL, (width - 20) / Math.max(1, groups.length));
  const total = Math.max(width, 20 + groups.length * wide);
  const inside = groups.length > 1 && groups.every(joined);
  const through: Item[] = inside ? [{ key: 'process', x: 0, y: 0, marks: [path(polyline([10, LEAF + 26], [total - 10, LEAF + 26]), 'own', { width: 3 }), text(total / 2, LEAF + 42, 'one process, in all of them', 'own', { anchor: 'middle', size: 11.5 })] }] : [];
  const gauges = LEAF + 66;
  const devices = groups.length ? deviceRules(frame, events) : [];
  const empty: Item[] = groups.length ? [] : [{ key: 'none', x: total / 2, y: 110, marks: [text(0, 0, hasEnded(frame) ? 'no control group any more' : 'no control group yet: create.cgroup makes it', 'quiet', { anchor: 'middle', size: 13 })] }];
  const rows: Row[] = groups.flatMap((group) => [
    { key: group.dir, sel: `cgroup:${group.dir}`, cells: [group.controllers, group.dir, frozen(group) ? 'frozen' : joined(group) ? 'the container is in it' : 'empty', ''] },
    ...Object.entries(group.files).map(([file, value]) => ({ key: `${group.dir}/${file}`, sel: `cgroup:${group.dir}/${file}`, cells: [group.controllers, file, 'written', value] })),
  ]);
  const note = groups.length ? (limits.length ? `Limits: ${limits.map(({ name, shown }) => `${name} ${shown}`).join(', ')}.` : 'Counted, but without a limit.') : hasEnded(frame) ? 'The control group was removed with the end.' : 'No control group yet.';
  return {
    width: total, height: groups.length ? gauges + Math.max(1, limits.length) * 38 + (devices.length ? 28 : 0) : 220,
    items: [
      ...empty, ...through, ...groups.map((group, j) => treeItem(group, j, wide, changed(frame, previous, 'cgroup', group.dir) || changed(frame, previous, 'cgroup', `${group.dir}/tasks`))),
      ...limits.map((limit, j) => gaugeItem(limit, j, total, gauges, previous !== undefined && !groupsOf(previous).flatMap(limitsOf).some((old) => old.key === limit.key && old.limit === limit.limit))),
      ...(groups.length && !limits.length ? [{ key: 'no limits', x: 30, y: gauges, marks: [text(0, 18, 'no limits were asked for: it is counted, and may use what the host has (try --memory 64m --pids-limit 100)', 'quiet', { size: 12 })] }] : []),
      ...(devices.length ? [{ key: 'devices', sel: 'cgroup:devices', label: `devices: all denied but ${devices.length} rules`, x: 30, y: gauges + Math.max(1, limits.length) * 38, marks: [rect(-8, 3, total - 36, 22, 'quiet', 'outline', 4), text(0, 18, fit(`devices: all denied, but for ${devices.length} rules: ${devices.join(', ')}`, total - 50, 11.5, true), 'quiet', { size: 11.5, mono: true })] }] : []),
    ],
    table: { columns: ['controller', 'group or file', 'state', 'value'], rows }, summary: note,
  };
}
