/** What the API reports about a container: its existence, state, end and request; and about execs in it. */
import { kind, type Family, type Subject } from './check.ts';
import {
  compare,
  either,
  number,
  object,
  oneOf,
  op,
  operators,
  optional,
  pattern,
  some,
  text,
  truth,
  type Operator,
} from './shape.ts';

const states = ['created', 'running', 'paused', 'restarting', 'exited', 'dead'] as const;
const amount = object({ op, value: number }, 'value');
const said = ({ op: by = '=', value }: { op?: Operator; value: number }) => `${by === '=' ? '' : `${by} `}${value}`;
const wordsOf = ({ request }: Subject) => [...(request.Entrypoint ?? []), ...(request.Cmd ?? [])].join(' ');
/** The value at a path: 'HostConfig.Memory' of the request. */
const field = (from: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (at, name) => (typeof at === 'object' && at ? (at as Record<string, unknown>)[name] : undefined),
      from,
    );
function fits(found: unknown, by: Operator, wanted: unknown): boolean {
  if (Array.isArray(found)) return found.some((one) => String(one) === String(wanted)) === (by !== '!=');
  return typeof wanted === 'number'
    ? compare(Number(found ?? 0), by, wanted)
    : (String(found ?? '') === String(wanted)) === (by !== '!=');
}
const scalar = {
  doc: 'value',
  read: (v: unknown) => {
    if (!['string', 'number', 'boolean'].includes(typeof v))
      throw new Error('a text, a number, true or false is needed');
    return v as string | number | boolean;
  },
};
const execs = ({ events }: Subject) =>
  events.filter(
    (e) => typeof e.run === 'string' && e.type === 'call' && e.name === 'execve' && e.actor === 'stage' && !e.errno,
  );

export const container: Family = {
  'container.exists': kind({
    arg: truth,
    says: () => ({ en: 'a container has been created', ru: 'контейнер создан' }),
    holds: (_, { removed }) => !removed,
  }),
  'container.state': kind({
    arg: some(oneOf('state', states)),
    says: (wanted) => ({
      en: `the container is ${wanted.join(' or ')}`,
      ru: `состояние контейнера: ${wanted.join(' или ')}`,
    }),
    holds: (wanted, { state, removed }) => !removed && (wanted as string[]).includes(state.status),
  }),
  'container.started': kind({
    arg: object({ op, value: number }, 'value'),
    says: (n) => ({ en: `the container was started ${said(n)} times`, ru: `число запусков контейнера: ${said(n)}` }),
    holds: ({ op: by, value }, { state }) => compare(state.runs, by, value),
  }),
  'container.exitCode': kind({
    arg: amount,
    says: (n) => ({ en: `the container has ended with ${said(n)}`, ru: `контейнер завершился с кодом ${said(n)}` }),
    holds: ({ op: by, value }, { state }) => state.status === 'exited' && compare(state.exitCode, by, value),
  }),
  'container.oomKilled': kind({
    arg: truth,
    says: () => ({ en: 'the OOM killer has ended it', ru: 'его завершил OOM killer' }),
    holds: (_, { state }) => state.oomKilled,
  }),
  'container.removed': kind({
    arg: truth,
    says: () => ({ en: 'the container has been removed', ru: 'контейнер удалён' }),
    holds: (_, { removed }) => removed,
  }),
  'container.name': kind({
    arg: text('name'),
    says: (name) => ({ en: `the container is called ${name}`, ru: `имя контейнера: ${name}` }),
    holds: (name, { name: found, removed }) => !removed && found === name,
  }),
  'container.image': kind({
    arg: text('image'),
    says: (image) => ({ en: `the container is of ${image}`, ru: `контейнер из образа ${image}` }),
    holds: (image, { request }) =>
      request.Image.replace(/^docker\.io\/(library\/)?/, '').replace(/:latest$/, '') === image,
  }),
  'container.command': kind({
    arg: pattern(),
    says: (wanted) => ({ en: `the container runs ${wanted}`, ru: `контейнер выполняет ${wanted}` }),
    holds: (wanted, subject) => new RegExp(wanted).test(wordsOf(subject)),
  }),
  'container.tty': kind({
    arg: either,
    says: (on) => ({
      en: on ? 'it has a terminal' : 'it has no terminal',
      ru: on ? 'у него есть терминал' : 'у него нет терминала',
    }),
    holds: (on, { request }) => Boolean(request.Tty) === on,
  }),
  'container.flag': kind({
    arg: object({ field: text('field'), op: optional(oneOf('op', operators)), value: scalar }),
    says: ({ field: name, op: by = '=', value }) => ({
      en: `it was made with ${name} ${by} ${String(value)}`,
      ru: `при создании задано ${name} ${by} ${String(value)}`,
    }),
    holds: ({ field: name, op: by = '=', value }, { request }) => fits(field(request, name), by, value),
  }),
  'container.layers': kind({
    arg: amount,
    says: (n) => ({ en: `its image has ${said(n)} layers`, ru: `слоёв в образе: ${said(n)}` }),
    holds: ({ op: by, value }, subject) => compare(subject.layers(), by, value),
  }),
  'exec.ran': kind({
    arg: object({ command: optional(pattern('command')) }, 'command'),
    says: ({ command }) => ({
      en: `exec has started ${command ?? 'a process'} in the container`,
      ru: `exec запустил в контейнере ${command ?? 'процесс'}`,
    }),
    holds: ({ command }, subject) =>
      execs(subject).some(
        (e) =>
          e.type === 'call' &&
          (!command || new RegExp(command).test(e.args[1] instanceof Array ? e.args[1].join(' ') : '')),
      ),
  }),
};
