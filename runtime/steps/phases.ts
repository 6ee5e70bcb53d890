/**
 * The lifecycle, in order: the one list that the machine runs, the CLI prints, the page draws and the lessons point at.
 */
import type { Container } from '../machine/container.ts';
import { pull } from './1-pull.ts';
import { create } from './2-create.ts';
import { rwLayer } from './3-rw-layer.ts';
import { network } from './4-network.ts';
import { exec } from './5-exec.ts';
import { exit } from './6-exit.ts';
import { remove } from './7-remove.ts';
import { pause, unpause } from './8-pause.ts';
import { join } from './join.ts';
import type { Phase } from './step.ts';

/** From an image to a running process. Undoing a run undoes these. */
export const starting: readonly Phase<Container>[] = [pull, create, rwLayer, network, exec];

/** A line of Drydock's own source. */
export interface StepSource {
  file: string;
  line: number;
}
/** A phase to read, whatever its steps work on. */
export interface PhaseText {
  id: string;
  title: string;
  steps: readonly { id: string; title: string; explain: string; source?: StepSource }[];
}
export const phases: readonly PhaseText[] = [...starting, exit, remove, pause, unpause, join];
