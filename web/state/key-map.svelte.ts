/** The keys as this person has them, kept by the browser. A key has one command, and a command at most one key. */
import { keyTable, type Command } from './keys.ts';

const PLACE = 'drydock-keys';
const standard = Object.fromEntries(keyTable.map(({ command, keys }) => [command, keys])) as Record<Command, string>;
const isCommand = (name: string): name is Command => Object.hasOwn(standard, name);

/** What was kept, as far as it makes sense: anybody may have written there. */
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
    // a browser that keeps nothing, or something else that stands there
    return {};
  }
}

export class KeyMap {
  #keys = $state.raw<Record<Command, string>>({ ...standard, ...kept() });

  /** '' when it has none. */
  of = (command: Command): string => this.#keys[command];
  commandFor = (keys: string): Command | undefined =>
    keys ? keyTable.find(({ command }) => this.#keys[command] === keys)?.command : undefined;
  readonly changed = $derived(keyTable.some(({ command }) => this.#keys[command] !== standard[command]));

  /** Whoever had the key loses it. */
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
      // for this visit only
    }
  }
}

/** One for the page. */
export const keyMap = new KeyMap();
