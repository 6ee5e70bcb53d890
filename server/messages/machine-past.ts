/**
 * What has happened on the machine, for the page's time line: when each operation began and ended, and what came, went
 * and changed. It is read from records and docker's events; no journal is read for it.
 */
import type { ContainerHandle, Engine } from '../../runtime/engine/engine.ts';
import type { DockerEvent } from '../../runtime/engine/events.ts';
import { isOver, type Kind } from '../../runtime/operation/record.ts';

/** One operation. `to` is absent while it is under way. */
export interface Stretch {
  id: string;
  /** what the page opens: the container, or the operation itself */
  opens: string;
  kind: Kind;
  name: string;
  from: number;
  to?: number;
  failed?: true;
  /** the id of the image, network or volume that it made or removed */
  subject?: string;
}
const actions = {
  container: ['create', 'start', 'die', 'oom', 'pause', 'unpause', 'destroy'],
  network: ['create', 'connect', 'disconnect', 'destroy'],
  volume: ['create', 'destroy'],
  image: ['delete'],
} as const;
export type Changed = keyof typeof actions;
export interface Change {
  time: number;
  of: Changed;
  id: string;
  name: string;
  did: (typeof actions)[Changed][number];
  /** of a container: its image; of a connection: the container */
  with?: string;
  exitCode?: number;
}
export interface MachinePast {
  /** the oldest first */
  stretches: readonly Stretch[];
  changes: readonly Change[];
}

/** More of a kind than this are not sent; the oldest are left out. */
const MOST = 600;

function stretchesOf(engine: Engine): Stretch[] {
  return engine
    .operations()
    .slice(0, MOST)
    .reverse()
    .map(({ record: { id, kind, subject, state, created, ended, error } }) => ({
      id,
      opens: subject.kind === 'container' ? (subject.id ?? id) : id,
      kind,
      name: subject.name,
      from: created,
      ...(isOver(state) && { to: ended ?? created }),
      ...((state === 'failed' || error) && { failed: true as const }),
      ...(subject.kind !== 'container' && subject.id !== undefined && { subject: subject.id }),
    }));
}

function changeOf({ Type, Action, Actor: { ID, Attributes: more }, timeNano }: DockerEvent): Change[] {
  const known: readonly string[] | undefined = Type === 'daemon' ? undefined : actions[Type];
  if (!known?.includes(Action)) return [];
  const beside = Type === 'network' ? more['container'] : Type === 'container' ? more['image'] : undefined;
  return [
    {
      time: timeNano / 1e6,
      of: Type as Changed,
      id: ID,
      name: (more['name'] ?? ID).slice(0, 200),
      did: Action as Change['did'],
      ...(beside !== undefined && { with: beside.slice(0, 200) }),
      ...(Action === 'die' && { exitCode: Number(more['exitCode'] ?? 0) }),
    },
  ];
}

/** What records say of a container, for the time before this daemon began: its last start and its last end. */
function lifeOf({ container: { id, name, request }, created, state }: ContainerHandle): Change[] {
  const change = (time: number, did: Change['did']): Change => ({
    time,
    of: 'container',
    id,
    name,
    did,
    with: request.Image,
  });
  const { startedAt, finishedAt, exitCode } = state;
  return [
    change(created, 'create'),
    ...(startedAt ? [change(startedAt, 'start')] : []),
    ...(finishedAt > startedAt ? [{ ...change(finishedAt, 'die'), exitCode }] : []),
  ];
}

function changesOf(engine: Engine): Change[] {
  const heard = engine.events.history.flatMap(changeOf);
  const has = new Set(heard.map(({ of, id, did }) => `${of} ${id} ${did}`));
  const recorded: Change[] = [
    ...engine.containers().flatMap(lifeOf),
    ...engine.networks
      .list()
      .map(({ id, name, created }) => ({ time: created, of: 'network' as const, id, name, did: 'create' as const })),
    ...engine.volumes
      .list()
      .map(({ name, created }) => ({ time: created, of: 'volume' as const, id: name, name, did: 'create' as const })),
  ];
  return [...heard, ...recorded.filter(({ of, id, did }) => !has.has(`${of} ${id} ${did}`))]
    .sort((a, b) => a.time - b.time)
    .slice(-MOST);
}

export const pastOf = (engine: Engine): MachinePast => ({
  stretches: stretchesOf(engine),
  changes: changesOf(engine),
});
