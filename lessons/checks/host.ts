/**
 * Objects made by hand on the host with unshare(1), mount(8) or ip(8). They are found in /proc by their properties, no
 * matter which program made them.
 */
import {
  linkCounters,
  listenersOf,
  mountRows,
  namespaceKinds,
  namespaceOf,
  rootKind,
  wordsOf,
} from '../../runtime/watch/process.ts';
import { kind, type Family } from './check.ts';
import { number, object, oneOf, optional, path, pattern, some, text } from './shape.ts';

export const host: Family = {
  'host.process': kind({
    live: true,
    host: true,
    arg: object(
      {
        own: some(oneOf('kind', namespaceKinds)),
        command: optional(pattern('command')),
        root: optional(oneOf('root', ['overlay', 'host', 'other'])),
      },
      'own',
    ),
    says: ({ own, command }) => ({
      en: `by hand: a process${command ? ` ${command}` : ''} on the host has its own ${own.join(', ')} namespace`,
      ru: `вручную: у процесса${command ? ` ${command}` : ''} на хосте своё пространство имён ${own.join(', ')}`,
    }),
    holds: ({ own, command, root }, _, look) =>
      look
        .strangers()
        .some(
          (pid) =>
            own.every((one) => ![namespaceOf('self', one), ''].includes(namespaceOf(pid, one))) &&
            (!command || new RegExp(command).test(wordsOf(pid))) &&
            (!root || rootKind(pid) === root),
        ),
  }),
  'host.mount': kind({
    live: true,
    host: true,
    arg: object({ type: text('type'), target: optional(path) }, 'type'),
    says: ({ type, target }) => ({
      en: `by hand: ${type} is mounted${target ? ` at ${target}` : ''}`,
      ru: `вручную: смонтировано ${type}${target ? ` в ${target}` : ''}`,
    }),
    holds: ({ type, target }, _, look) =>
      [process.pid, ...look.strangers().filter((pid) => namespaceOf(pid, 'mnt') !== namespaceOf('self', 'mnt'))].some(
        (pid) => mountRows(pid).some((row) => row.type === type && (!target || row.target === target)),
      ),
  }),
  'host.port': kind({
    live: true,
    host: true,
    arg: number,
    says: (port) => ({ en: `on the host a program listens on port ${port}`, ru: `на хосте слушают порт ${port}` }),
    holds: (port) => listenersOf(process.pid).some((one) => one.port === port),
  }),
  'host.link': kind({
    live: true,
    host: true,
    arg: text('name'),
    says: (name) => ({ en: `on the host there is a link ${name}`, ru: `на хосте есть интерфейс ${name}` }),
    holds: (name) => linkCounters(process.pid).has(name),
  }),
};
