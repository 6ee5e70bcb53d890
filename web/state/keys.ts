/**
 * The page's default keys; the user can change them (key-map.svelte.ts). They are off while a text field has the focus.
 */
export type Command =
  | 'forward'
  | 'back'
  | 'forward-call'
  | 'back-call'
  | 'next-phase'
  | 'previous-phase'
  | 'continue'
  | 'live'
  | 'find'
  | 'help';

/** The description of each command is in web/words, under the command's name. */
export interface Key {
  keys: string;
  command: Command;
}
export const keyTable: readonly Key[] = [
  { keys: 'ArrowRight', command: 'forward' },
  { keys: 'ArrowLeft', command: 'back' },
  { keys: 'Shift+ArrowRight', command: 'forward-call' },
  { keys: 'Shift+ArrowLeft', command: 'back-call' },
  { keys: ']', command: 'next-phase' },
  { keys: '[', command: 'previous-phase' },
  { keys: ' ', command: 'continue' },
  { keys: 'Escape', command: 'live' },
  { keys: '/', command: 'find' },
  { keys: '?', command: 'help' },
];

const names: Record<string, string> = { ArrowRight: '→', ArrowLeft: '←', ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc' };
export const keyName = (keys: string, words: { space: string; none: string }): string =>
  keys
    .replace(/^Shift\+(?=.)/, 'Shift ')
    .replace(/[^ ]+$|^ $/, (name) => (name === ' ' ? words.space : (names[name] ?? name))) || words.none;

/** A text field takes every key; a button or a tab takes only the keys that operate it. */
const TEXT = 'input:not([type=range],[type=checkbox],[type=radio]), textarea, select, .xterm, dialog';
const WORKED = 'button, summary, a, input, [role=tab], [role=slider]';

export function commandOf(
  event: KeyboardEvent,
  map: { commandFor(keys: string): Command | undefined },
): Command | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return undefined;
  const target = event.target instanceof Element ? event.target : undefined;
  if (target?.closest(TEXT)) return undefined;
  if (target?.closest(WORKED) && event.key === ' ') return undefined;
  if (target?.closest('[role=slider], input') && event.key.startsWith('Arrow')) return undefined;
  return map.commandFor(pressed(event));
}

/**
 * The name of a pressed key; '' for a modifier key. Shift is not part of the name of a printable character, because the
 * character implies it.
 */
export function pressed({ key, shiftKey }: KeyboardEvent): string {
  if (['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'Dead', 'Process', 'Tab'].includes(key)) return '';
  return shiftKey && key.length > 1 ? `Shift+${key}` : key;
}
