/**
 * overlayfs.rst, "Renaming directories", "Metadata only copy up": with redirect_dir an entry of upper may stand for
 * another directory of the layers, and with metacopy a file of upper may have no bytes. Both are off unless the
 * module's parameters say otherwise. They are turned off here, because what a container has changed is read from upper.
 */
import { readFileSync } from 'node:fs';

const FEATURES = ['redirect_dir', 'metacopy'] as const;

/** The module may not be loaded yet; then the answer is not kept. */
function isOff(feature: string): boolean | undefined {
  try {
    return readFileSync(`/sys/module/overlay/parameters/${feature}`, 'utf8').trim() === 'N';
  } catch {
    return undefined;
  }
}

let known: readonly (readonly [key: string, value: string])[] | undefined;

/** Options of the mount; none on most machines. */
export function plainUpper(): readonly (readonly [key: string, value: string])[] {
  if (known) return known;
  const found = FEATURES.map((feature) => [feature, isOff(feature)] as const);
  const options = found.filter(([, off]) => !off).map(([feature]) => [feature, 'off'] as const);
  if (found.every(([, off]) => off !== undefined)) known = options;
  return options;
}
