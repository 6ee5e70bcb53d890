/** Compares two runs: the steps of both, and for each step only what differs. Pure. */
import type { CallEvent, Event, Fact, HttpEvent } from './event.ts';
import { callLine, factLine, shortened } from './line.ts';
import { align } from './align.ts';
import { callSignature, factSignature, ownWords } from './signature.ts';

export type SideName = 'a' | 'b';
/** A call or a fact of one run: its text, and its position in the journal. */
export interface Told {
  text: string;
  seq: number;
}
export interface Difference {
  kind: 'call' | 'fact' | 'end';
  a?: Told;
  b?: Told;
}
export interface ComparedStep {
  step: string;
  /** which run has the step */
  of: 'a' | 'b' | 'both';
  /** the position of the step's first event in each run that has it */
  at: { a?: number; b?: number };
  calls: { a: number; b: number };
  differences: Difference[];
}

interface Item extends Told {
  signature: string;
  name: string;
}
interface Visit {
  step: string;
  seq: number;
  calls: Item[];
  facts: Map<string, Item>;
  end: Item | undefined;
}

const isOwn = (event: Event, run: number | string) => event.run === run;

/** The steps of the container's last own start, in order. Execs are left out, because they are other processes. */
function visits(events: readonly Event[]): Visit[] {
  const run = events.findLast((event) => typeof event.run === 'number' && event.run > 0)?.run ?? 0;
  const lived = events.filter((event) => isOwn(event, run));
  const own = ownWords(lived);
  const found = new Map<string, Visit>();
  const learn = (visit: Visit, facts: readonly Fact[], seq: number) => {
    for (const fact of facts)
      visit.facts.set(own(`${fact.kind} ${fact.key}`), {
        text: factLine(fact),
        signature: factSignature(fact, own),
        name: fact.kind,
        seq,
      });
  };
  for (const event of lived) {
    if (event.step === undefined || (event.type === 'step' && event.at.startsWith('undo') && !found.has(event.step)))
      continue;
    let visit = found.get(event.step);
    if (!visit && event.type !== 'step') continue;
    if (!visit)
      found.set(
        event.step,
        (visit = { step: event.step, seq: event.seq, calls: [], facts: new Map(), end: undefined }),
      );
    if (event.type === 'call') visit.calls.push(callItem(event, own));
    if (event.type === 'http') visit.calls.push(requestItem(event, own));
    if (event.type === 'call' || event.type === 'fact') learn(visit, event.facts ?? [], event.seq);
    if (event.type === 'step' && event.at !== 'start' && event.at !== 'undo') visit.end = endItem(event, own);
  }
  return [...found.values()];
}

const callItem = (call: CallEvent, own: (text: string) => string): Item => ({
  text: `${call.actor} ${callLine(call)}${call.errno ? ` = -1 ${call.errno}` : ''}${call.note ? `  # ${shortened(call.note)}` : ''}`,
  signature: callSignature(call, own),
  name: call.name,
  seq: call.seq,
});
/** A request to a registry; a pull consists of these. */
function requestItem({ method, url, status, error, seq }: HttpEvent, own: (text: string) => string): Item {
  const text = `${method} ${url} ${error ? `failed: ${error}` : status}`;
  return { text, signature: own(text), name: 'http', seq };
}
function endItem(event: Extract<Event, { type: 'step' }>, own: (text: string) => string): Item {
  const text = `${event.at}${event.error ? `: ${event.error}` : ''}`;
  return { text, signature: own(text), name: 'end', seq: event.seq };
}

const told = ({ text, seq }: Item): Told => ({ text, seq });
/** Pairs what only `a` has with what only `b` has at the same place, if it has the same name: one difference. */
function paired(kind: Difference['kind'], a: readonly Item[], b: readonly Item[]): Difference[] {
  const waiting = new Map<string, Item[]>();
  // in reverse, so that the first of a name is at the end, where pop() takes it
  for (const one of [...b].reverse()) {
    const queue = waiting.get(one.name) ?? [];
    queue.push(one);
    waiting.set(one.name, queue);
  }
  const taken = new Set<Item>();
  const both = a.map((one): Difference => {
    const other = waiting.get(one.name)?.pop();
    if (other) taken.add(other);
    return { kind, a: told(one), ...(other && { b: told(other) }) };
  });
  return [...both, ...b.filter((one) => !taken.has(one)).map((one): Difference => ({ kind, b: told(one) }))];
}

const same = (one: Item, other: Item) => one.signature === other.signature;
function differencesOf(a: Visit, b: Visit): Difference[] {
  const calls = align(a.calls, b.calls, same).flatMap((piece) => (piece.same ? [] : paired('call', piece.a, piece.b)));
  const keys = [...new Set([...a.facts.keys(), ...b.facts.keys()])];
  const facts = keys.flatMap((key): Difference[] => {
    const [one, other] = [a.facts.get(key), b.facts.get(key)];
    if (one && other && same(one, other)) return [];
    return [{ kind: 'fact', ...(one && { a: told(one) }), ...(other && { b: told(other) }) }];
  });
  const end: Difference[] =
    a.end?.signature === b.end?.signature
      ? []
      : [{ kind: 'end', ...(a.end && { a: told(a.end) }), ...(b.end && { b: told(b.end) }) }];
  return [...calls, ...facts, ...end];
}

const alone = (visit: Visit, of: SideName): ComparedStep => {
  const items = [
    ...visit.calls.map((item) => ['call', item] as const),
    ...[...visit.facts.values()].map((item) => ['fact', item] as const),
  ];
  return {
    step: visit.step,
    of,
    at: { [of]: visit.seq },
    calls: { a: 0, b: 0, [of]: visit.calls.length },
    differences: items.map(([kind, item]) => ({ kind, [of]: told(item) })),
  };
};

/** All steps of both runs, in the order in which they ran, with those that do not differ. */
export function compareRuns(a: readonly Event[], b: readonly Event[]): ComparedStep[] {
  return align(visits(a), visits(b), (one, other) => one.step === other.step).flatMap((piece) =>
    piece.same
      ? piece.pairs.map(([one, other]): ComparedStep => ({
          step: one.step,
          of: 'both',
          at: { a: one.seq, b: other.seq },
          calls: { a: one.calls.length, b: other.calls.length },
          differences: differencesOf(one, other),
        }))
      : [...piece.a.map((visit) => alone(visit, 'a')), ...piece.b.map((visit) => alone(visit, 'b'))],
  );
}
