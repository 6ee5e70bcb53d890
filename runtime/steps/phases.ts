/**
 * The lifecycle in order. The machine runs this list, the CLI prints it, the page draws it, and the lessons refer to
 * it.
 */
import type { Container } from '../container/container.ts';
import { pull } from './image/pull.ts';
import { create } from './container/2-create.ts';
import { rwLayerOf } from './container/3-rw-layer.ts';
import { network } from './container/4-network.ts';
import { init } from './container/5-init.ts';
import { exit } from './container/6-exit.ts';
import { removeOf } from './container/7-remove.ts';
import { pause, unpause } from './container/8-pause.ts';
import { exec } from './container/exec.ts';
import type { StorageDriver, StorageSteps } from '../storage/driver.ts';
import { drivers } from '../drivers/storage.ts';
import type { Phase } from '../container/step.ts';

/** The phases of a container with one storage driver. */
export interface Walk {
  /** From an image to a running process. The rollback of a run undoes these. */
  starting: readonly Phase<Container>[];
  exit: Phase<Container>;
  remove: Phase<Container>;
  /** all phases, for readers */
  phases: readonly PhaseText[];
}

function walkOf(storage: StorageSteps): Walk {
  const starting = [pull, create, rwLayerOf(storage), network, init];
  const remove = removeOf(storage);
  return { starting, exit, remove, phases: [...starting, exit, remove, pause, unpause, exec] };
}
const walks = new Map(drivers.map((driver) => [driver.name, walkOf(driver)]));
export const walkWith = ({ name }: StorageDriver): Walk => walks.get(name)!;

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

/** Every phase with the steps of all drivers: the possible targets of breakpoints, links, lessons and translations. */
export const { phases } = walkOf({
  prepare: drivers.flatMap(({ prepare }) => prepare),
  mount: drivers.flatMap(({ mount }) => mount),
  remove: drivers.flatMap(({ remove }) => remove),
});
