/** Adds `--leave-out` flags to the run box's command line and removes them. Pure. */

const FLAG = /\s--leave-out[ =](\S+)/g;
/** The parts that the line leaves out. Flags after the image belong to the container's command. */
export const leftOutIn = (line: string): string[] => [...line.matchAll(FLAG)].flatMap(([, ids]) => ids!.split(','));

/** The line with exactly these parts left out. */
export function leavingOut(line: string, ids: readonly string[]): string {
  const bare = line.replace(FLAG, '');
  const [begin = ''] = /^\s*(?:(?:drydock|docker)\s+)?(?:run(?=\s|$))?/.exec(bare) ?? [];
  const flags = ids.map((id) => `--leave-out ${id}`);
  return [begin.trim() || 'run', ...flags, bare.slice(begin.length).trim()].filter(Boolean).join(' ');
}
