/** What the palette offers for what was typed. Pure. */
import { notHere } from '../../server/live/ask/not-here.ts';
import type { Words } from '../words/en/en.ts';

export type Kind = keyof Words['palette']['kinds'];
/** `target`: the line of a command, the id of a container or lesson, the name of a picture or page. */
export interface Entry {
  kind: Kind;
  target: string;
  title: string;
  /** more words that find it, also shown */
  about: string;
  /** it says why it cannot be done */
  refused?: true;
}
export interface Known {
  containers: readonly { id: string; name: string; image: string }[];
  lessons: readonly { id: string; title: string; about: string }[];
  pictures: readonly { id: string; title: string }[];
}

const MOST = 12;
const TAKEN = new Set(['run', 'pull']);

/** The command that the line is, if its first word is a verb of Drydock. */
function commandIn(words: Words['palette'], line: string): Entry[] {
  const [, verb = '', rest = ''] = /^(?:drydock\s+|docker\s+)?(\S+)\s*(.*)$/.exec(line) ?? [];
  if (TAKEN.has(verb))
    return rest
      ? [
          {
            kind: 'command',
            target: `${verb} ${rest}`,
            title: verb === 'run' ? words.run(rest) : words.pull(rest),
            about: '',
          },
        ]
      : [];
  return notHere.has(verb)
    ? [{ kind: 'command', target: verb, title: words.notHere(verb), about: '', refused: true }]
    : [];
}

export function entriesFor(words: Words['palette'], typed: string, known: Known): Entry[] {
  const line = typed.trim().replace(/\s+/g, ' ');
  const all: Entry[] = [
    ...known.containers.map(({ id, name, image }): Entry => ({
      kind: 'container',
      target: id,
      title: name,
      about: image,
    })),
    ...known.lessons.map(({ id, title, about }): Entry => ({ kind: 'lesson', target: id, title, about })),
    ...known.pictures.map(({ id, title }): Entry => ({ kind: 'picture', target: id, title, about: '' })),
    ...(['map', 'lessons', 'keys'] as const).map((page): Entry => ({
      kind: 'page',
      target: page,
      title: words.pages[page],
      about: '',
    })),
  ];
  const wanted = line.toLowerCase().split(' ').filter(Boolean);
  const rankOf = ({ title, about, target }: Entry): number => {
    const [name, more] = [title.toLowerCase(), `${about} ${target}`.toLowerCase()];
    if (!wanted.every((word) => name.includes(word) || more.includes(word))) return Infinity;
    return name.startsWith(wanted[0] ?? '') ? 0 : wanted.every((word) => name.includes(word)) ? 1 : 2;
  };
  const found = all
    .map((entry) => ({ entry, rank: rankOf(entry) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank)
    .map(({ entry }) => entry);
  return [...commandIn(words, line), ...found].slice(0, MOST);
}
