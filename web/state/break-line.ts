/** The run box's line with parts left out: `--leave-out` flags put in and taken away. Pure. */

const FLAG = /\s--leave-out[ =](\S+)/g;
/** What the line leaves out now. Flags after the image are the container's own. */
export const leftOutIn = (line: string): string[] => [...line.matchAll(FLAG)].flatMap(([, ids]) => ids!.split(','));

/** The line with exactly these left out. */
export function leavingOut(line: string, ids: readonly string[]): string {
  const bare = line.replace(FLAG, '');
  const [begin = ''] = /^\s*(?:(?:drydock|docker)\s+)?(?:run(?=\s|$))?/.exec(bare) ?? [];
  const flags = ids.map((id) => `--leave-out ${id}`);
  return [begin.trim() || 'run', ...flags, bare.slice(begin.length).trim()].filter(Boolean).join(' ');
}
