/** Writes the rows of a table of limits into a cgroup's files. */
import type { Resources } from '../../oci/spec.ts';
import { hasCode } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Limit } from './limits.ts';

/** The directory with the files of a controller; undefined when this machine does not have it. */
export type DirectoryOf = (controller: string) => string | undefined;

/** Without the file the kernel was built without the limit. EOPNOTSUPP: the device or scheduler does not support it. */
const NOT_HERE = ['ENOENT', 'EOPNOTSUPP', 'ENODATA'];

async function writeRow(k: Kernel, dir: string, row: Limit, resources: Resources): Promise<boolean> {
  for (const file of row.files) {
    const values = row.values(resources, file);
    try {
      for (const value of values) await k.daemon.write_file(`${dir}/${file}`, 0, 0, value);
      return true;
    } catch (error) {
      if (!hasCode(error, ...NOT_HERE)) throw error;
    }
  }
  return false;
}

/** Returns a warning for each limit that was set but cannot be enforced on this machine. */
export async function writeLimits(
  k: Kernel,
  rows: readonly Limit[],
  directoryOf: DirectoryOf,
  resources: Resources,
): Promise<string[]> {
  const warnings = new Set<string>();
  for (const row of rows) {
    if (!row.values(resources, '').length) continue;
    const dir = directoryOf(row.controller);
    if (!dir || !(await writeRow(k, dir, row, resources))) warnings.add(row.warning);
  }
  return [...warnings];
}

/** The first number in a file; Infinity for "max". */
export async function readNumber(k: Kernel, path: string): Promise<number> {
  const text = (await k.daemon.read_file(path, 64)).toString('latin1').trim();
  return text === 'max' || text === '' ? Infinity : Number(text);
}
