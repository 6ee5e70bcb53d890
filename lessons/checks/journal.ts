/**
 * What the journal contains: steps, system calls, facts, requests to the registry, and where the gate holds the run.
 */
import { factKinds } from '../../runtime/journal/event.ts';
import { callLine } from '../../runtime/journal/line.ts';
import { syscalls } from '../../runtime/syscalls/syscalls.ts';
import { phases } from '../../runtime/steps/phases.ts';
import { kind, type Family } from './check.ts';
import { nameIn, object, oneOf, optional, pattern, text } from './shape.ts';

export const stepIds: ReadonlySet<string> = new Set(phases.flatMap(({ steps }) => steps.map(({ id }) => id)));
export const callNames: ReadonlySet<string> = new Set(Object.keys(syscalls));
export const places: ReadonlySet<string> = new Set([...stepIds, ...callNames, ...phases.map(({ id }) => id)]);
const step = nameIn('step', stepIds);

/** The kind of each request, by the step of the pull and the URL; the token comes from another host. */
const fetched: Record<string, (step: string, url: string) => boolean> = {
  token: (_, url) => /[?&](service|scope)=/.test(url),
  index: (id) => id === 'pull.fetch-index',
  manifest: (id) => id === 'pull.fetch-manifest',
  config: (id) => id === 'pull.fetch-config',
  layer: (id) => id === 'pull.fetch-layers',
};

export const journal: Family = {
  'journal.step': kind({
    arg: object({ id: step, at: optional(oneOf('at', ['done', 'start', 'failed', 'undone'])) }, 'id'),
    says: ({ id, at = 'done' }) => ({
      en: `the step ${id} is ${at === 'start' ? 'begun' : at}`,
      ru: `шаг ${id}: ${{ done: 'выполнен', start: 'начат', failed: 'не удался', undone: 'отменён' }[at]}`,
    }),
    holds: ({ id, at = 'done' }, { events }) => events.some((e) => e.type === 'step' && e.step === id && e.at === at),
  }),
  'journal.call': kind({
    arg: object(
      {
        name: nameIn('call', callNames),
        args: optional(pattern('args')),
        errno: optional(text('errno')),
        actor: optional(oneOf('actor', ['daemon', 'shim', 'stage'])),
        step: optional(step),
      },
      'name',
    ),
    says: ({ name, args, errno }) => ({
      en: `${name}(2) was called${args ? ` with ${args}` : ''}${errno ? ` and failed with ${errno}` : ''}`,
      ru: `вызван ${name}(2)${args ? ` с ${args}` : ''}${errno ? `, ошибка ${errno}` : ''}`,
    }),
    holds: ({ name, args, errno, actor, step: at }, { events }) =>
      events.some(
        (e) =>
          e.type === 'call' &&
          e.name === name &&
          (errno ? e.errno === errno : !e.errno) &&
          (!actor || e.actor === actor) &&
          (!at || e.step === at) &&
          (!args || new RegExp(args).test(callLine(e))),
      ),
  }),
  'journal.fact': kind({
    arg: object({ kind: oneOf('kind', factKinds), key: optional(pattern('key')), value: optional(pattern('value')) }),
    says: ({ kind: of, key, value }) => ({
      en: `the journal knows of a ${of}${key ? ` ${key}` : ''}${value ? `: ${value}` : ''}`,
      ru: `в журнале есть ${of}${key ? ` ${key}` : ''}${value ? `: ${value}` : ''}`,
    }),
    holds: ({ kind: of, key, value }, subject) =>
      Object.entries((subject.frame().facts as Record<string, Record<string, string>>)[of] ?? {}).some(
        ([k, v]) => (!key || new RegExp(key).test(k)) && (!value || new RegExp(value).test(v)),
      ),
  }),
  'journal.fetched': kind({
    arg: oneOf('what', ['token', 'index', 'manifest', 'config', 'layer']),
    says: (what) => ({ en: `the registry has sent a ${what}`, ru: `реестр прислал: ${what}` }),
    holds: (what, { events }) =>
      events.some((e) => e.type === 'http' && e.status < 400 && !e.error && fetched[what]!(e.step ?? '', e.url)),
  }),
  'gate.pausedAt': kind({
    arg: nameIn('place', places),
    says: (at) => ({ en: `the run stands before ${at}`, ru: `запуск стоит перед ${at}` }),
    holds: (at, subject) => {
      const { paused } = subject.frame();
      if (!paused) return false;
      return (
        paused.next?.split('.')[1] === at || (!paused.next && (paused.step === at || paused.step?.split('.')[0] === at))
      );
    },
  }),
};
