/** Handles the daemon's messages about a terminal's process. */
import type { Told } from '../../server/live/protocol.ts';

export interface TerminalEvents {
  output(bytes: Uint8Array): void;
  ended(): void;
  gap(bytes: number): void;
}

export function tellTerminal(
  terminal: TerminalEvents | undefined,
  message: Extract<Told, { type: 'ended' | 'gap' }>,
): void {
  if (message.type === 'ended') terminal?.ended();
  else terminal?.gap(message.bytes);
}
