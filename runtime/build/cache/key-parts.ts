/**
 * What the key of an instruction in the cache is made of, by name, so that two keys can be compared:
 *
 *   <root>/build-keys/IMAGE.json   the parts of the key with which this image was made
 */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceWhole } from '../../data-root/atomic-file.ts';
import { Checked } from '../../json/checked.ts';

/** 'file src/a.js' → a hash, 'ARG V' → '1'. */
export type KeyParts = Readonly<Record<string, string>>;

/** In characters: a longer value is kept as its beginning and a hash of all. */
const VALUE_MOST = 200;
const BYTES_MOST = 2 << 20;
const PARTS_MOST = 6000;
const REASONS_MOST = 20;

export const partOf = (value: string): string =>
  value.length <= VALUE_MOST
    ? value
    : `${value.slice(0, VALUE_MOST)}… sha256:${createHash('sha256').update(value).digest('hex')}`;

/** One line for each part that differs: "ARG V is '2' and was '1'". */
export function differences(was: KeyParts, is: KeyParts): string[] {
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
  const lines = names.flatMap((name) => {
    if (was[name] === is[name]) return [];
    if (was[name] === undefined) return [`${name} is new${shownValue(name, is[name]!)}`];
    if (is[name] === undefined) return [`${name} is gone${shownValue(name, was[name])}`];
    const isHash = name.startsWith('file ');
    return [isHash ? `${name} has changed` : `${name} is '${is[name]}' and was '${was[name]}'`];
  });
  const more = lines.length - REASONS_MOST;
  return more > 0 ? [...lines.slice(0, REASONS_MOST), `… ${more} more`] : lines;
}
const shownValue = (name: string, value: string): string => (name.startsWith('file ') ? '' : `: '${value}'`);

export class KeyPartsStore {
  readonly #dir: string;

  constructor(root: string) {
    this.#dir = join(root, 'build-keys');
  }

  #file = (image: string): string => join(this.#dir, `${image.replace(/[^0-9a-z]/g, '-')}.json`);

  save(image: string, parts: KeyParts): void {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    const kept = Object.fromEntries(Object.entries(parts).slice(0, PARTS_MOST));
    const text = JSON.stringify({ parts: kept });
    if (text.length <= BYTES_MOST) replaceWhole(this.#file(image), text);
  }

  /** Undefined for an image from before there was this, and for a damaged file. */
  read(image: string): KeyParts | undefined {
    const file = this.#file(image);
    try {
      if (!lstatSync(file).isFile()) return undefined;
      return Checked.parse(file, readFileSync(file)).map('parts');
    } catch {
      return undefined;
    }
  }

  forget(image: string): void {
    rmSync(this.#file(image), { force: true });
  }
}
