/** The mount table of the container's process: /proc/PID/mountinfo, mount_namespaces(7). */
import { mountRows, rootKind } from '../../runtime/watch/process.ts';
import { kind, type Family } from './check.ts';
import { compare, number, object, op, oneOf, optional, path, some, text } from './shape.ts';

export const mount: Family = {
  'mount.has': kind({
    live: true,
    arg: object({ target: path, type: optional(text('type')), options: optional(some(text('option'))) }, 'target'),
    says: ({ target, type, options }) => ({
      en: `${type ? `${type} ` : 'something '}is mounted at ${target}${options ? ` with ${options.join(', ')}` : ''}`,
      ru: `в ${target} смонтировано${type ? ` ${type}` : ''}${options ? ` с ${options.join(', ')}` : ''}`,
    }),
    holds: ({ target, type, options }, { state: { pid } }) => {
      const row = mountRows(pid).findLast((one) => one.target === target);
      return (
        row !== undefined &&
        (!type || row.type === type) &&
        (options ?? []).every((o) => row.options.includes(o) || row.superOptions.includes(o))
      );
    },
  }),
  'mount.propagation': kind({
    live: true,
    arg: object({ target: path, is: oneOf('is', ['private', 'shared', 'slave', 'unbindable']) }),
    says: ({ target, is }) => ({
      en: `the mount at ${target} is ${is}`,
      ru: `распространение монтирования в ${target}: ${is}`,
    }),
    holds: ({ target, is }, { state: { pid } }) =>
      mountRows(pid).findLast((one) => one.target === target)?.propagation === is,
  }),
  'mount.count': kind({
    live: true,
    arg: object({ op, value: number }, 'value'),
    says: ({ op: by = '=', value }) => ({
      en: `it sees ${by === '=' ? '' : `${by} `}${value} mounts`,
      ru: `видимых монтирований: ${by === '=' ? '' : `${by} `}${value}`,
    }),
    holds: ({ op: by, value }, { state: { pid } }) => pid > 0 && compare(mountRows(pid).length, by, value),
  }),
  'mount.root': kind({
    live: true,
    arg: oneOf('root', ['overlay', 'host']),
    says: (is) => ({
      en: is === 'overlay' ? 'its root directory is the overlay' : "its root directory is the host's",
      ru: is === 'overlay' ? 'его корневой каталог — overlay' : 'его корневой каталог — корень хоста',
    }),
    holds: (is, { state: { pid } }) => pid > 0 && rootKind(pid) === is,
  }),
};
