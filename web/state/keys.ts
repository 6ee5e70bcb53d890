/** Keys of the page as they come; a person may have others (key-map.svelte.ts). They are off while something that takes text has the focus. */
export type Command = 'forward' | 'back' | 'forward-call' | 'back-call' | 'next-phase' | 'previous-phase' | 'continue' | 'live' | 'help';

export interface Key { keys: string; command: Command; does: string }
export const keyTable: readonly Key[] = [
  { keys: 'ArrowRight', command: 'forward', does: 'one step on: through the past, then in the running container' },
  { keys: 'ArrowLeft', command: 'back', does: 'one step back, into the past' },
  { keys: 'Shift+ArrowRight', command: 'forward-call', does: 'one system call on' },
  { keys: 'Shift+ArrowLeft', command: 'back-call', does: 'one system call back' },
  { keys: ']', command: 'next-phase', does: 'on to the next phase' },
  { keys: '[', command: 'previous-phase', does: 'back to the beginning of the phase before' },
  { keys: ' ', command: 'continue', does: 'let the container run on from where it stands, or stop what goes on by itself' },
  { keys: 'Escape', command: 'live', does: 'back to the present' },
  { keys: '?', command: 'help', does: 'this list' },
];

const names: Record<string, string> = { ArrowRight: '→', ArrowLeft: '←', ArrowUp: '↑', ArrowDown: '↓', ' ': 'Space', Escape: 'Esc' };
export const keyName = (keys: string): string => keys.replace(/^Shift\+(?=.)/, 'Shift ').replace(/[^ ]+$|^ $/, (name) => names[name] ?? name) || 'none';

/** A field takes every key; a button or a tab keeps those that work it. */
const TEXT = 'input:not([type=range],[type=checkbox],[type=radio]), textarea, select, .xterm, dialog';
const WORKED = 'button, summary, a, input, [role=tab], [role=slider]';

export function commandOf(event: KeyboardEvent, map: { commandFor(keys: string): Command | undefined }): Command | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return undefined;
  const target = event.target instanceof Element ? event.target : undefined;
  if (target?.closest(TEXT)) return undefined;
  if (target?.closest(WORKED) && event.key === ' ') return undefined;
  if (target?.closest('[role=slider], input') && event.key.startsWith('Arrow')) return undefined;
  return map.commandFor(pressed(event));
}

/** What a key is called here; '' for one that only goes with others. A sign says itself whether Shift was needed for it. */
export function pressed({ key, shiftKey }: KeyboardEvent): string {
  if (['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'Dead', 'Process', 'Tab'].includes(key)) return '';
  return shiftKey && key.length > 1 ? `Shift+${key}` : key;
}
