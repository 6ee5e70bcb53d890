/** Where a container's data lies: volumes and other mounts as the engine has them; its health and its log. */
import { kind, type Family } from './check.ts';
import { compare, either, number, object, oneOf, op, optional, path, pattern, text } from './shape.ts';

export const data: Family = {
  'volume.exists': kind({
    live: true,
    host: true,
    arg: text('name'),
    says: (name) => ({ en: `there is a volume ${name}`, ru: `есть том ${name}` }),
    holds: (name, _, { things }) => things.volume(name),
  }),
  'volume.has': kind({
    live: true,
    host: true,
    arg: object({ volume: text('volume'), path }),
    says: ({ volume, path: p }) => ({ en: `the volume ${volume} has ${p}`, ru: `в томе ${volume} есть ${p}` }),
    holds: async ({ volume, path: p }, _, { things }) => (await things.inVolume(volume, p)) !== undefined,
  }),
  'container.volume': kind({
    live: true,
    arg: object({ at: path, name: optional(text('name')), writable: optional(either) }, 'at'),
    says: ({ at, name }) => ({
      en: `${name ? `the volume ${name}` : 'a volume'} is mounted at ${at}`,
      ru: `в ${at} смонтирован том${name ? ` ${name}` : ''}`,
    }),
    holds: ({ at, name, writable }, { mounts }) =>
      mounts().some(
        ({ type, destination, name: found, rw }) =>
          type === 'volume' &&
          destination === at &&
          (!name || found === name) &&
          (writable === undefined || rw === writable),
      ),
  }),
  'container.health': kind({
    live: true,
    arg: oneOf('health', ['starting', 'healthy', 'unhealthy', 'unchecked']),
    says: (wanted) => ({ en: `its health is ${wanted}`, ru: `состояние здоровья: ${wanted}` }),
    holds: (wanted, { health }) => (health() ?? 'unchecked') === wanted,
  }),
  'container.logFiles': kind({
    live: true,
    arg: object({ op, value: number }, 'value'),
    says: ({ op: by = '=', value }) => ({
      en: `its log has ${by === '=' ? '' : `${by} `}${value} files`,
      ru: `файлов журнала вывода: ${by === '=' ? '' : `${by} `}${value}`,
    }),
    holds: ({ op: by, value }, { logFiles }) => compare(logFiles(), by, value),
  }),
  'container.sees': kind({
    live: true,
    arg: object({ path, owner: optional(number), type: optional(pattern('type')) }, 'path'),
    says: ({ path: p, owner }) => ({
      en: `inside there is ${p}${owner === undefined ? '' : `, which belongs to the user ${owner}`}`,
      ru: `внутри есть ${p}${owner === undefined ? '' : `, владелец — пользователь ${owner}`}`,
    }),
    holds: async ({ path: p, owner, type }, { inside }) => {
      const found = await inside(p);
      return (
        found !== undefined &&
        (owner === undefined || found.owner === owner) &&
        (!type || new RegExp(type).test(found.type))
      );
    },
  }),
};
