/**
 * Checks that a line of a journal is an event. A file may be damaged or of another version, and code that draws frames
 * must not fail on it.
 */
import { type Event, factKinds } from './event.ts';

type Check = (value: unknown) => boolean;
type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number';
const name: Check = (value) => typeof value === 'string' && /^[a-z][a-z0-9_]*$/.test(value);
const optional =
  (is: Check): Check =>
  (value) =>
    value === undefined || is(value);
const listOf =
  (is: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(is);

const facts = listOf(
  (fact) =>
    isFields(fact) &&
    factKinds.some((kind) => kind === fact['kind']) &&
    text(fact['key']) &&
    (fact['value'] === null || text(fact['value'])),
);
const bytes: Check = (value) => isFields(value) && text(value['hex']) && number(value['length']);
const args = listOf((value) => value === null || text(value) || number(value) || listOf(text)(value) || bytes(value));
const next: Check = (value) => isFields(value) && name(value['name']) && text(value['actor']) && args(value['args']);

/** The fields that an event of each type must have. Further fields are allowed. */
const shapes: Record<Event['type'], Record<string, Check>> = {
  phase: { phase: text, at: text },
  step: { at: text, ns: optional(number), error: optional(text) },
  call: {
    actor: text,
    name,
    args,
    ret: number,
    errno: optional(text),
    ns: number,
    note: optional(text),
    facts: optional(facts),
  },
  http: { method: text, url: text, status: number, ns: number, error: optional(text) },
  fact: { facts },
  state: { from: text, to: text },
  gate: { at: text, next: optional(next) },
  progress: { id: text, status: text, current: optional(number), total: optional(number) },
  note: { text },
};

/** Whether `value` has the fields that its event type must have. */
export function isEvent(value: unknown): value is Event {
  if (!isFields(value) || typeof value['type'] !== 'string' || !Object.hasOwn(shapes, value['type'])) return false;
  const { seq, time, run, step } = value;
  if (!Number.isSafeInteger(seq) || !number(time) || !(number(run) || text(run)) || !optional(text)(step)) return false;
  return Object.entries(shapes[value['type'] as Event['type']]).every(([name, is]) => is(value[name]));
}
