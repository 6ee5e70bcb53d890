/**
 * The lifecycle in order. The machine runs this list, the CLI prints it, the page draws it, and the lessons refer to
 * it.
 */
import type { Container, Exec } from '../container/container.ts';
import { build } from './build/build.ts';
import { importing } from './image/import.ts';
import { load } from './image/load.ts';
import { pull } from './image/pull.ts';
import { push } from './image/push.ts';
import { save } from './image/save.ts';
import { verify } from './image/verify.ts';
import { createOf } from './container/2-create.ts';
import { rwLayerOf } from './container/3-rw-layer.ts';
import { network } from './container/4-network.ts';
import { initOf } from './container/5-init.ts';
import { exit } from './container/6-exit.ts';
import { removeOf } from './container/7-remove.ts';
import { pause, unpause } from './container/8-pause.ts';
import { checkpoint } from './container/checkpoint.ts';
import { commit } from './container/commit.ts';
import { cp } from './container/cp.ts';
import { execOf } from './container/exec.ts';
import { reach } from './container/reach.ts';
import { executors } from './executors.ts';
import type { Executor } from '../executor/driver.ts';
import { disconnect } from '../network/phase/connect.ts';
import { networkCreate } from './network/create.ts';
import { networkRemove } from './network/remove.ts';
import type { StorageDriver, StorageSteps } from '../storage/driver.ts';
import { drivers } from '../drivers/storage.ts';
import { drivers as volumeDrivers } from '../drivers/volume.ts';
import { createOf as createVolume } from './volume/create.ts';
import { removeOf as removeVolume } from './volume/remove.ts';
import { bundleRoot } from '../storage/bundle/driver.ts';
import type { Phase } from '../container/step.ts';

/** The phases of a container with one storage driver and one executor. */
export interface Walk {
  /** From an image to a running process. The rollback of a run undoes these. */
  starting: readonly Phase<Container>[];
  exit: Phase<Container>;
  remove: Phase<Container>;
  exec: Phase<Exec>;
  /** all phases, for readers */
  phases: readonly PhaseText[];
}
type ExecutorSteps = Omit<Executor<Container, Exec>, 'name'>;

/** The phases of volumes, with the steps of all drivers. */
const volumes = [
  createVolume({ create: volumeDrivers.flatMap(({ create: steps }) => steps) }),
  removeVolume({ remove: volumeDrivers.flatMap(({ remove: steps }) => steps) }),
];

/** A bundle's files are there already. */
const nothingToPull: Phase<Container> = { ...pull, steps: [] };

function walkOf(storage: StorageSteps, executor: ExecutorSteps, source: Phase<Container> = pull): Walk {
  const starting = [source, createOf(executor), rwLayerOf(storage), network, initOf(executor)];
  const [remove, exec] = [removeOf(storage), execOf(executor)];
  return {
    starting,
    exit,
    remove,
    exec,
    phases: [
      ...starting,
      exit,
      remove,
      pause,
      unpause,
      exec,
      reach,
      cp,
      checkpoint,
      commit,
      build,
      save,
      load,
      verify,
      push,
      importing,
      disconnect,
      networkCreate,
      networkRemove,
      ...volumes,
    ],
  };
}

const keyOf = (storage: Pick<StorageDriver, 'name'>, executor: string) => `${storage.name} ${executor}`;
const walks = new Map(
  executors.flatMap((executor) => [
    ...drivers.map((storage) => [keyOf(storage, executor.name), walkOf(storage, executor)] as const),
    [keyOf(bundleRoot, executor.name), walkOf(bundleRoot, executor, nothingToPull)] as const,
  ]),
);
export const walkWith = ({ storage, executor }: Pick<Container, 'storage' | 'executor'>): Walk =>
  walks.get(keyOf(storage, executor))!;

/** A line of Drydock's own source. */
export interface StepSource {
  file: string;
  line: number;
}
/** The text of a phase, independent of its steps' subject. */
export interface PhaseText {
  id: string;
  title: string;
  steps: readonly { id: string; title: string; explain: string; source?: StepSource }[];
}

/** The phases with the steps of these drivers and of all executors, for readers. */
const allOf = (storage: readonly StorageSteps[]): readonly PhaseText[] =>
  walkOf(
    {
      prepare: storage.flatMap(({ prepare }) => prepare),
      mount: storage.flatMap(({ mount }) => mount),
      remove: storage.flatMap(({ remove }) => remove),
    },
    {
      create: executors.flatMap(({ create }) => create),
      init: executors.flatMap(({ init }) => init),
      exec: executors.flatMap(({ exec }) => exec),
    },
  ).phases;

/** What the containers of a daemon with this driver run, those of bundles too. */
export const phasesWith = (storage: StorageDriver): readonly PhaseText[] => allOf([storage, bundleRoot]);

/** Every phase with the steps of all drivers: the possible targets of breakpoints, links, lessons and translations. */
export const phases = allOf([...drivers, bundleRoot]);
