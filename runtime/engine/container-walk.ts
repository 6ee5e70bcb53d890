/** A container as a Walkable: its journal, its gate, and the kernel's evidence. */
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
