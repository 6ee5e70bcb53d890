/**
 * The source line that makes a system call, for the journal. The build puts `asking` before each call
 * (call-sites.mjs); the code that makes the call reads the line with `asked`.
 */

let line: string | undefined;

/**
 * `where` is a file below runtime/ and a line: 'executor/stage/init/root.ts:31'. Returns `whom`; the calling code calls
 * a method of it at once.
 */
export const asking = <T>(where: string | undefined, whom: T): T => {
  line = where;
  return whom;
};

/** The line that `asking` set; a second call returns undefined. Call it before any await: later it may be another's. */
export const asked = (): string | undefined => {
  const where = line;
  line = undefined;
  return where;
};
