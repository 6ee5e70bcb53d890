/** A container as what can be walked round: its journal, its gate, and what the kernel says of it. */
import type { Walkable } from '../operation/walkable.ts';
import type { ContainerHandle } from './engine.ts';

export const walkOf = (handle: ContainerHandle): Walkable => ({
  id: handle.container.id,
  journal: (follow, signal) => handle.journal(follow, signal),
  happening: (signal) => handle.happening(signal),
  gate: (command) => handle.gate(command),
  inspectLive: (step) => handle.inspectLive(step),
  watch: (signal) => handle.watch(signal),
});
