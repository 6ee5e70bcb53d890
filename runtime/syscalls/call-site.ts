/**
 * Which line of the source asks for a call. The build writes `asking` before each call (call-sites.mjs); whoever makes
 * the call takes what it said.
 */

let line: string | undefined;

/**
 * `where` is a file below runtime/ and a line: 'steps/exec/root.ts:31'. Gives back `whom`, whose method is called at
 * once.
 */
export const asking = <T>(where: string | undefined, whom: T): T => {
  line = where;
  return whom;
};

/** Once, and without waiting before: what is asked for meanwhile is another call's. */
export const asked = (): string | undefined => {
  const where = line;
  line = undefined;
  return where;
};
