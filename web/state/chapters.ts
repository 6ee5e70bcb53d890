/** The chapters of the tour: which steps each has, and which picture shows them. Pure. */
import type { Words } from '../words/en/en.ts';

export type Chapter = keyof Words['tour']['chapters'];

/** In the order of a run. The first pattern that fits decides. */
const chapters: readonly { chapter: Chapter; steps: RegExp; picture: string }[] = [
  { chapter: 'image', steps: /^pull\./, picture: 'Machine' },
  { chapter: 'config', steps: /^create\.(merge-config|read-bundle)/, picture: 'Machine' },
  { chapter: 'limits', steps: /^create\.(cgroup|limits|device-rules)/, picture: 'Cgroups' },
  { chapter: 'namespaces', steps: /^create\.unshare-/, picture: 'Namespaces' },
  { chapter: 'process', steps: /^create\./, picture: 'Namespaces' },
  { chapter: 'files', steps: /^rw-layer\./, picture: 'Overlay' },
  { chapter: 'network', steps: /^network\./, picture: 'Network' },
  { chapter: 'fill', steps: /^init\.(mount-|make-device-nodes)/, picture: 'Overlay' },
  { chapter: 'pivot', steps: /^init\.(pivot-root|unmount-old-root)/, picture: 'Overlay' },
  {
    chapter: 'rights',
    steps: /^init\.(drop-bounding|look-up-user|set-user|working-directory|find-program|seccomp|capabilities)/,
    picture: 'Security',
  },
  { chapter: 'execute', steps: /^init\.execve/, picture: 'Namespaces' },
  { chapter: 'settle', steps: /^init\./, picture: 'Namespaces' },
];
/** The chapters as they are counted: those of steps, and the one in which it runs. */
export const order: readonly Chapter[] = [
  'image',
  'config',
  'limits',
  'process',
  'namespaces',
  'files',
  'network',
  'fill',
  'pivot',
  'settle',
  'rights',
  'execute',
  'runs',
];
export const chapterOf = (step: string): Chapter | undefined => chapters.find(({ steps }) => steps.test(step))?.chapter;
export const pictureOf = (chapter: Chapter): string =>
  chapters.find((one) => one.chapter === chapter)?.picture ?? 'Namespaces';

const STEP_MS = 850;
/** for a text of unknown words: 200 words a minute is what adults read aloud at */
const WORD_MS = 220;
const LOOK_MS = 1500;
/** How long the tour stands before a step: at the first of a chapter until its text has been read. */
export const paceOf = (text: string | undefined): number =>
  text === undefined ? STEP_MS : LOOK_MS + text.split(' ').length * WORD_MS;

/** The parts of a cutaway, in the order in which they are read: the process stands in the middle. */
export const partsOf = (isOperation: boolean, isBuild: boolean): readonly string[] =>
  isBuild
    ? ['Build', 'Timeline']
    : isOperation
      ? ['Timeline']
      : ['Namespaces', 'Overlay', 'Cgroups', 'Network', 'Security'];
/** The part that a step changes. */
export function partOf(step: string): string | undefined {
  const chapter = chapterOf(step);
  if (!chapter) return undefined;
  const picture = pictureOf(chapter);
  return picture === 'Machine' ? (chapter === 'image' ? 'Overlay' : 'Namespaces') : picture;
}
