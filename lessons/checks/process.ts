/**
 * The container's processes, and the rights of its first one: proc_pid_status(5), capabilities(7), seccomp(2),
 * credentials(7).
 */
import { NAMES as capabilityNames } from '../../runtime/oci/capabilities.ts';
import { pidInside, statOf, statusField, wordsOf } from '../../runtime/watch/process.ts';
import { kind, type Family } from './check.ts';
import { compare, either, number, object, oneOf, op, optional, pattern, some, text } from './shape.ts';

const processState = { running: 'R', sleeping: 'S', stopped: 'T', zombie: 'Z' } as const;
const stateNames = Object.keys(processState) as (keyof typeof processState)[];
const capability = oneOf('capability', capabilityNames);
const has = (pid: number, name: string, set: string) =>
  ((BigInt(`0x${statusField(pid, `Cap${set}`) || '0'}`) >> BigInt(capabilityNames.indexOf(name))) & 1n) === 1n;
const sets = { effective: 'Eff', permitted: 'Prm', inheritable: 'Inh', bounding: 'Bnd', ambient: 'Amb' } as const;
const rights = object(
  { names: some(capability), in: optional(oneOf('in', Object.keys(sets) as (keyof typeof sets)[])) },
  'names',
);
const seccompModes = ['off', 'strict', 'filter'] as const;

export const process_: Family = {
  'process.inside': kind({
    live: true,
    arg: object(
      {
        command: optional(pattern('command')),
        pid: optional(number),
        state: optional(oneOf('state', stateNames)),
        uid: optional(number),
        count: optional(number),
      },
      'command',
    ),
    says: ({ command, pid, state, uid, count }) => ({
      en: `inside there is ${count ? `${count} times ` : ''}a process${command ? ` ${command}` : ''}${pid ? ` with pid ${pid}` : ''}${state ? `, ${state}` : ''}${uid === undefined ? '' : `, of user ${uid}`}`,
      ru: `внутри есть процесс${command ? ` ${command}` : ''}${pid ? ` с pid ${pid}` : ''}${state ? `, состояние ${state}` : ''}${uid === undefined ? '' : `, пользователя ${uid}`}${count ? `, число: ${count}` : ''}`,
    }),
    holds: async ({ command, pid, state, uid, count = 1 }, subject) =>
      (await subject.pids()).filter((one) => {
        const stat = statOf(one);
        return (
          stat !== undefined &&
          (!command || new RegExp(command).test(wordsOf(one) || stat.command)) &&
          (!pid || pidInside(one) === pid) &&
          (!state || stat.state === processState[state]) &&
          (uid === undefined || Number(statusField(one, 'Uid').split(/\s+/)[1]) === uid)
        );
      }).length >= count,
  }),
  'process.count': kind({
    live: true,
    arg: object({ op, value: number }, 'value'),
    says: ({ op: by = '=', value }) => ({
      en: `${by === '=' ? '' : `${by} `}${value} processes are inside`,
      ru: `процессов внутри: ${by === '=' ? '' : `${by} `}${value}`,
    }),
    holds: async ({ op: by, value }, subject) => compare((await subject.pids()).length, by, value),
  }),
  'process.terminal': kind({
    live: true,
    arg: either,
    says: (on) => ({
      en: on ? 'process 1 has a controlling terminal' : 'process 1 has no controlling terminal',
      ru: on ? 'у процесса 1 есть управляющий терминал' : 'у процесса 1 нет управляющего терминала',
    }),
    holds: (on, { state: { pid } }) => pid > 0 && statOf(pid) !== undefined && (statOf(pid)!.tty !== 0) === on,
  }),
  'caps.has': kind({
    live: true,
    arg: rights,
    says: ({ names, in: set = 'effective' }) => ({
      en: `process 1 has ${names.join(', ')} (${set})`,
      ru: `у процесса 1 есть ${names.join(', ')} (${set})`,
    }),
    holds: ({ names, in: set = 'effective' }, { state: { pid } }) =>
      pid > 0 && names.every((name) => has(pid, name, sets[set])),
  }),
  'caps.lacks': kind({
    live: true,
    arg: rights,
    says: ({ names, in: set = 'effective' }) => ({
      en: `process 1 lacks ${names.join(', ')} (${set})`,
      ru: `у процесса 1 нет ${names.join(', ')} (${set})`,
    }),
    holds: ({ names, in: set = 'effective' }, { state: { pid } }) =>
      pid > 0 && statOf(pid) !== undefined && names.every((name) => !has(pid, name, sets[set])),
  }),
  'seccomp.mode': kind({
    live: true,
    arg: oneOf('mode', seccompModes),
    says: (mode) => ({ en: `seccomp of process 1: ${mode}`, ru: `seccomp процесса 1: ${mode}` }),
    holds: (mode, { state: { pid } }) => pid > 0 && statusField(pid, 'Seccomp') === String(seccompModes.indexOf(mode)),
  }),
  'process.noNewPrivs': kind({
    live: true,
    arg: either,
    says: (on) => ({
      en: `no_new_privs of process 1 is ${on ? 'set' : 'not set'}`,
      ru: `no_new_privs процесса 1 ${on ? 'установлен' : 'не установлен'}`,
    }),
    holds: (on, { state: { pid } }) => pid > 0 && statusField(pid, 'NoNewPrivs') === (on ? '1' : '0'),
  }),
  'process.uid': kind({
    live: true,
    arg: number,
    says: (uid) => ({
      en: `process 1 is of user ${uid} (as the host numbers them)`,
      ru: `процесс 1 принадлежит пользователю ${uid} (по нумерации хоста)`,
    }),
    holds: (uid, { state: { pid } }) => pid > 0 && Number(statusField(pid, 'Uid').split(/\s+/)[1] ?? NaN) === uid,
  }),
  'uts.hostname': kind({
    // sethostname(2) from the journal, because a UTS namespace can be read only by a process in it.
    arg: text('name'),
    says: (name) => ({ en: `inside, the host name is ${name}`, ru: `внутри имя хоста — ${name}` }),
    holds: (name, subject) => subject.frame().facts.ns?.['uts.hostname'] === name,
  }),
};
