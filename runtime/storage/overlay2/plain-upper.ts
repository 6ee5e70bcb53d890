/**
 * Turns redirect_dir and metacopy off: overlayfs.rst, "Renaming directories", "Metadata only copy up". With
 * redirect_dir an entry of upper may refer to another directory of the layers, and with metacopy a file of upper may
 * have no data. But a container's changes are read from upper. Both are off unless the module's parameters turn them
 * on.
 */
import { readFileSync } from 'node:fs';

const FEATURES = ['redirect_dir', 'metacopy'] as const;

/** Undefined while the module is not loaded; such an answer is not cached. */
function isOff(feature: string): boolean | undefined {
  try {
    return readFileSync(`/sys/module/overlay/parameters/${feature}`, 'utf8').trim() === 'N';
  } catch {
    return undefined;
  }
}

let known: readonly (readonly [key: string, value: string])[] | undefined;

/** The mount options that turn the features off. On most machines the list is empty. */
export function plainUpper(): readonly (readonly [key: string, value: string])[] {
  if (known) return known;
  const found = FEATURES.map((feature) => [feature, isOff(feature)] as const);
  const options = found.filter(([, off]) => !off).map(([feature]) => [feature, 'off'] as const);
  if (found.every(([, off]) => off !== undefined)) known = options;
  return options;
}
