/** A build as its journal tells it: stages with their instructions, and what came of each. Pure. */
import { stepOf } from '../../../runtime/journal/step-id.ts';
import type { Event } from '../../../runtime/journal/event.ts';
import type { Frame } from '../../../runtime/journal/frame.ts';

export type Cache = 'hit' | 'miss' | 'below' | 'off';
/** 'unneeded': the build is over, and the target needs nothing of its stage */
export type State = 'waiting' | 'unneeded' | 'now' | 'held' | 'done' | 'failed';
export interface Instruction {
  /** '3', and '3.1' for a trigger */
  number: string;
  line: number;
  text: string;
  keyword: string;
  state: State;
  /** the step that is done now, or was the last to fail */
  step?: string | undefined;
  /** stages and images that --from names, and the base of FROM */
  from: readonly string[];
  parent?: string | undefined;
  args?: string | undefined;
  files?: string | undefined;
  cache?: Cache | undefined;
  differs: readonly string[];
  /** how many more parts differ */
  more: number;
  mounts: readonly { target: string; type: string }[];
  container?: string | undefined;
  /** bytes of its layer; undefined when it is not known, 0 when there is none */
  layer?: number | undefined;
  image?: string | undefined;
}
export interface Stage {
  /** -1: the ARGs before the first FROM */
  index: number;
  name?: string | undefined;
  base: string;
  instructions: readonly Instruction[];
}
export interface Build {
  stages: readonly Stage[];
  /** the instruction that failed first; the stages beside it are ended by that */
  failed?: string | undefined;
  /** instructions that the journal does not name, because there are too many */
  more: number;
}

const order = (number: string): number => {
  const [whole = '0', part = '0'] = number.split('.');
  return Number(whole) + Number(part) / 1e6;
};

const numberOf = (step: string): string | undefined => /@([\d.]+)\/\d+$/.exec(step)?.[1];

/** Which instruction each step that runs, stands or has failed belongs to. */
function standing(frame: Frame, events: readonly Event[]): ReadonlyMap<string, { state: State; step: string }> {
  const found = new Map<string, { state: State; step: string }>();
  for (let j = 0; j <= frame.k && j < events.length; j++) {
    const event = events[j]!;
    if (event.type !== 'step') continue;
    const { step = '', at } = event;
    const number = numberOf(step);
    if (!number) continue;
    if (at === 'start') found.set(number, { state: 'now', step: stepOf(step) });
    else if (at === 'failed') found.set(number, { state: 'failed', step: stepOf(step) });
    else if (at === 'done') found.delete(number);
  }
  const held = frame.paused?.step ?? '';
  const number = numberOf(held);
  if (number) found.set(number, { state: 'held', step: stepOf(held) });
  return found;
}

const PLAN = /^(?:stage (\d+), )?line (\d+): ([^]*)$/;

/** 'COPY --from=one a b' → ['one'] */
function fromOf(text: string): string[] {
  const [keyword, base] = text.replace(/--platform=\S+\s+/, '').split(/\s+/);
  if (keyword === 'FROM') return base ? [base] : [];
  const flags = /^\w+((?:\s+--\S+)*)/.exec(text)?.[1] ?? '';
  return [...flags.matchAll(/(?:--|,)from=([^\s,]+)/g)].map(([, name]) => name!);
}

/** The facts of each instruction: '3' → 'parent' → 'sha256:…' */
function grouped(known: Readonly<Record<string, string>>): Map<string, Map<string, string>> {
  const all = new Map<string, Map<string, string>>();
  for (const [key, value] of Object.entries(known)) {
    const at = key.indexOf(' ');
    const number = at < 0 ? key : key.slice(0, at);
    const facts = all.get(number) ?? new Map<string, string>();
    all.set(number, facts.set(at < 0 ? '' : key.slice(at + 1), value));
  }
  return all;
}

const caches: readonly string[] = ['hit', 'miss', 'below', 'off'] satisfies Cache[];
const digits = (value: string | undefined): number => (value && /^\d{1,15}$/.test(value) ? Number(value) : 0);

function instructionOf(
  number: string,
  facts: ReadonlyMap<string, string>,
  at: { state: State; step: string } | undefined,
  isOver: boolean,
): { stage: number; one: Instruction } | undefined {
  const [, stage, line, text] = PLAN.exec(facts.get('') ?? '') ?? [];
  if (!line || text === undefined) return undefined;
  const list = (prefix: string) => [...facts].filter(([name]) => name.startsWith(prefix));
  const [cache, layer, image] = [facts.get('cache'), facts.get('layer'), facts.get('image')];
  const isDone = image !== undefined || stage === undefined;
  return {
    stage: stage === undefined ? -1 : Number(stage),
    one: {
      number,
      line: Number(line),
      text,
      keyword: text.split(/\s/, 1)[0]!.toUpperCase(),
      state: at?.state ?? (isDone ? 'done' : isOver ? 'unneeded' : 'waiting'),
      step: at?.step,
      from: fromOf(text),
      parent: facts.get('parent'),
      args: facts.get('args'),
      files: facts.get('files'),
      cache: caches.includes(cache ?? '') ? (cache as Cache) : undefined,
      differs: list('differs ').flatMap(([name, value]) => (/ \d+$/.test(name) ? [value] : [])),
      more: digits(facts.get('differs more')),
      mounts: list('mount ').map(([name, type]) => ({ target: name.slice('mount '.length), type })),
      container: facts.get('container'),
      layer: layer === undefined ? undefined : digits(layer),
      image,
    },
  };
}

export function buildOf(frame: Frame, events: readonly Event[]): Build {
  const groups = grouped(frame.facts.build ?? {});
  const at = standing(frame, events);
  const stages = new Map<number, Instruction[]>();
  for (const number of [...groups.keys()].sort((a, b) => order(a) - order(b))) {
    const found = instructionOf(number, groups.get(number)!, at.get(number), frame.state === 'done');
    if (found) stages.set(found.stage, [...(stages.get(found.stage) ?? []), found.one]);
  }
  return {
    stages: [...stages].map(([index, instructions]) => {
      const first = instructions[0]!;
      const name = /\sAS\s+(\S+)\s*$/i.exec(first.keyword === 'FROM' ? first.text : '')?.[1];
      return { index, name, base: first.from[0] ?? '', instructions };
    }),
    failed: frame.failed && numberOf(frame.failed.step),
    more: digits(groups.get('more')?.get('instructions')),
  };
}

/** The earlier stage of this name or number. */
export const stageNamed = ({ stages }: Build, name: string, before: number): Stage | undefined =>
  stages.find(
    (stage) =>
      stage.index >= 0 &&
      stage.index < before &&
      (stage.name?.toLowerCase() === name.toLowerCase() || String(stage.index) === name),
  );

/** What of the key differs: 'file a.js has changed' → 'files'. */
export function partOf(reason: string): 'parent' | 'command' | 'files' | 'mounts' | undefined {
  if (reason.startsWith('the image below')) return 'parent';
  if (reason.startsWith('file ')) return 'files';
  if (reason.startsWith('mount ')) return 'mounts';
  return reason.startsWith('no such instruction') || reason.startsWith('… ') ? undefined : 'command';
}
