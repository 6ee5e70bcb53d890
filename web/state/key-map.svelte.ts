/** The user's own keys, stored by the browser. A key has one command, and a command at most one key. */
import { keyTable, type Command } from './keys.ts';

const PLACE = 'drydock-keys';
const standard = Object.fromEntries(keyTable.map(({ command, keys }) => [command, keys])) as Record<Command, string>;
const isCommand = (name: string): name is Command => Object.hasOwn(standard, name);

/** The stored keys, as far as they are valid: any script or user may have changed the storage. */
function kept(): Partial<Record<Command, string>> {
  try {
    const found = JSON.parse(localStorage.getItem(PLACE) ?? '{}') as unknown;
    if (typeof found !== 'object' || found === null) return {};
    return Object.fromEntries(
      Object.entries(found).filter(
        ([command, keys]) => isCommand(command) && typeof keys === 'string' && keys.length <= 32,
      ),
    );
  } catch {
    // The browser stores nothing, or the value is not valid JSON.
    return {};
  }
}

export class KeyMap {
  #keys = $state.raw<Record<Command, string>>({ ...standard, ...kept() });

  /** '' when the command has no key. */
  of = (command: Command): string => this.#keys[command];
  commandFor = (keys: string): Command | undefined =>
    keys ? keyTable.find(({ command }) => this.#keys[command] === keys)?.command : undefined;
  readonly changed = $derived(keyTable.some(({ command }) => this.#keys[command] !== standard[command]));

  /** A command that had this key before loses it. */
  set(command: Command, keys: string): void {
    const before = this.commandFor(keys);
    this.#keep({ ...this.#keys, ...(before && { [before]: '' }), [command]: keys });
  }
  reset(): void {
    this.#keep(standard);
  }

  #keep(keys: Record<Command, string>): void {
    this.#keys = keys;
    try {
      const own = Object.fromEntries(
        Object.entries(keys).filter(([command, one]) => one !== standard[command as Command]),
      );
      localStorage.setItem(PLACE, JSON.stringify(own));
    } catch {
      // Not stored: it applies to this visit only.
    }
  }
}

/** One instance per page. */
export const keyMap = new KeyMap();
