/** The verbs of the command line, as far as the page takes them in its run box and its palette. */

/**
 * Verbs of the command line that the page does not take: without this, `ps -a` would run an image of the name ps. The
 * list is held against runtime/cli/verbs.ts by a test; importing that file from here would be a circle.
 */
export const notHere: ReadonlySet<string> = new Set(
  'attach build challenge checkpoint commit compare completion cp create daemon diff events exec export frame gate history images import info inspect kill lesson load login logout logs network operations pause phases playground port ps push record registry rename restart rm rmi save shutdown start stats stop system tag top trace unpause update verify version volume wait why'.split(
    ' ',
  ),
);
