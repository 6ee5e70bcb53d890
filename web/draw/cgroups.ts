/** How much may it use, and how much does it? v1 as parallel trees with a line through them, v2 as one; below them gauges. */
import { hierarchy, tree } from 'd3-hierarchy';
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import type { Sample } from '../../runtime/watch/usage.ts';
import { changed, hasEnded, runEvents } from './facts.ts';
import { gaugeItem, gaugeRow, gaugesOf, heightOf } from './gauges.ts';
import { frozen, groupsOf, joined, outOfMemory, type Group, type OutOfMemory } from './groups.ts';
import { limitsOf } from './limits.ts';
import { downward, fit, path, polyline, rect, text, type Drawing, type Item, type Mark, type Row } from './marks.ts';

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

/** What is written on devices, in the container's words. */
const deviceRules = (frame: Frame, events: readonly Event[]): string[] => runEvents(frame, events).flatMap((event) =>
  (event.type === 'call' && event.step === 'create.device-rules' ? (event.facts ?? []).filter(({ key }) => key.endsWith('devices.allow')).map(({ value }) => value ?? '') : []));

const pressureWords = ({ pressure }: Sample): string => (pressure
  ? `pressure over 10 s, ${pressure.of === 'machine' ? 'of the whole machine (v1 knows no other)' : 'of this group'}: cpu ${pressure.cpu} %, memory ${pressure.memory} %, io ${pressure.io} %`
  : 'this kernel gives no pressure (PSI): it was built without it, or started without psi=1');

const oomWords = ({ after, kills }: OutOfMemory): string =>
  `✗ memory ran out ${after.toFixed(1)} s after the start: ${kills ? `the OOM killer has come ${kills === 1 ? 'once' : `${kills} times`}` : 'all stand still, since the OOM killer is disabled'}`;

/** Lines below the gauges, each with a row of the table: what a bar cannot show. */
interface Line { key: string; text: string; cells: string[]; tone: 'quiet' | 'failed' | 'plain'; mono?: boolean; sel?: string; seek?: number; label?: string }
function linesOf(frame: Frame, events: readonly Event[], now: Sample | undefined): Line[] {
  const devices = deviceRules(frame, events);
  return [
    ...outOfMemory(frame, events).slice(-5).map((oom): Line => ({ key: `oom ${oom.seq}`, text: oomWords(oom), cells: ['memory', 'out of memory', `event ${oom.seq}`, oomWords(oom)], tone: 'failed', seek: oom.seq, label: oomWords(oom) })),
    ...(now ? [{ key: 'pressure', text: pressureWords(now), cells: ['', 'pressure', 'now', pressureWords(now)], tone: 'quiet' } satisfies Line] : []),
    ...(devices.length ? [{ key: 'devices', text: `devices: all denied, but for ${devices.length} rules: ${devices.join(', ')}`, cells: [], tone: 'quiet', mono: true, sel: 'cgroup:devices', label: `devices: all denied but ${devices.length} rules` } satisfies Line] : []),
  ];
}
function lineItem({ key, text: words, tone, mono = false, sel, seek, label }: Line, width: number, y: number): Item {
  return { key, ...(sel && { sel }), ...(seek !== undefined && { seek }), ...(label && { label }), x: 30, y, marks: [rect(-8, 3, width - 36, 22, tone, label ? 'outline' : 'bare', 4), text(0, 18, fit(words, width - 50, 11.5, mono), tone, { size: 11.5, mono })] };
}

/** `samples`: what is used as far as somebody has looked, in the present only. */
export function drawCgroups(frame: Frame, events: readonly Event[], previous?: Frame, samples: readonly Sample[] = []): Drawing {
  const groups = groupsOf(frame);
  const began = events[frame.since]?.time ?? 0;
  const fresh = groups.length ? samples.filter(({ time }) => time >= began) : [];
  const now = fresh.at(-1);
  const gauges = gaugesOf(groups, fresh);
  const width = 740;
  const wide = groups.length === 1 ? 260 : Math.max(CELL, (width - 20) / Math.max(1, groups.length));
  const total = Math.max(width, 20 + groups.length * wide);
  const inside = groups.length > 1 && groups.every(joined);
  const through: Item[] = inside ? [{ key: 'process', x: 0, y: 0, marks: [path(polyline([10, LEAF + 26], [total - 10, LEAF + 26]), 'own', { width: 3 }), text(total / 2, LEAF + 42, 'one process, in all of them', 'own', { anchor: 'middle', size: 11.5 })] }] : [];
  const before = previous && groupsOf(previous).flatMap(limitsOf);
  let y = LEAF + 66;
  const below: Item[] = gauges.map((gauge) => {
    const item = gaugeItem(gauge, total, y, before !== undefined && gauge.limit !== undefined && !before.some(({ key, limit }) => key === gauge.key && limit === gauge.limit));
    y += heightOf(gauge);
    return item;
  });
  if (groups.length && !gauges.some(({ limit }) => limit !== undefined)) {
    below.push({ key: 'no limits', x: 30, y, marks: [text(0, 18, 'no limits were asked for: it is counted, and may use what the host has (try --memory 64m --pids-limit 100)', 'quiet', { size: 12 })] });
    y += 38;
  }
  const lines = groups.length || hasEnded(frame) ? linesOf(frame, events, now) : [];
  const shown = groups.length ? lines : lines.filter(({ key }) => key !== 'devices');
  if (!groups.length) y = 150;
  for (const line of shown) {
    below.push(lineItem(line, total, y));
    y += 28;
  }
  const empty: Item[] = groups.length ? [] : [{ key: 'none', x: total / 2, y: 110, marks: [text(0, 0, hasEnded(frame) ? 'no control group any more' : 'no control group yet: create.cgroup makes it', 'quiet', { anchor: 'middle', size: 13 })] }];
  const state = (group: Group) => (frozen(group) ? 'frozen' : joined(group) ? 'the container is in it' : 'empty');
  const rows: Row[] = [
    ...gauges.map(gaugeRow), ...shown.filter(({ cells }) => cells.length).map(({ key, cells, seek }) => ({ key, cells, ...(seek !== undefined && { seek }) })),
    ...groups.flatMap((group) => [
      { key: group.dir, sel: `cgroup:${group.dir}`, cells: [group.controllers, group.dir, state(group), ''] },
      ...Object.entries(group.files).map(([file, value]) => ({ key: `${group.dir}/${file}`, sel: `cgroup:${group.dir}/${file}`, cells: [group.controllers, file, 'written', value] })),
    ]),
  ];
  return {
    width: total, height: Math.max(220, y),
    items: [
      ...empty, ...through, ...groups.map((group, j) => treeItem(group, j, wide, changed(frame, previous, 'cgroup', group.dir) || changed(frame, previous, 'cgroup', `${group.dir}/tasks`))), ...below,
    ],
    table: { columns: ['controller', 'group or file', 'state', 'value'], rows }, summary: summaryOf(frame, groups, now),
  };
}

function summaryOf(frame: Frame, groups: readonly Group[], now: Sample | undefined): string {
  if (!groups.length) return hasEnded(frame) ? 'The control group was removed with the end.' : 'No control group yet.';
  const limits = groups.flatMap(limitsOf);
  const may = limits.length ? `Limits: ${limits.map(({ name, shown }) => `${name} ${shown}`).join(', ')}.` : 'Counted, but without a limit.';
  return `${may} ${now ? (groups.some(frozen) ? 'Frozen: nothing in it runs.' : 'What is used is counted now.') : 'How much is used is known live only.'}`;
}
