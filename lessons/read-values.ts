/** Reads what a lesson draws and writes: `vary` and `files`. */
import type { Fields } from './fields.ts';
import { namesIn } from '../runtime/template/fill-in.ts';
import type { Lesson } from './format.ts';

/** Values are put into commands and checks as they are, so they have no quotes, spaces and braces. */
const VALUE = /^[a-z0-9./:-]{1,40}$/;
/** Relative, and below the practice directory. */
const FILE = /^(?!\.\.?(?:\/|$))[\w.-]+(?:\/(?!\.\.?(?:\/|$))[\w.-]+)*$/;
const FILE_MOST = 4096;

export const valueFields = ['vary', 'files', 'networks'] as const;

export function readVary(fields: Fields): Lesson['vary'] {
  return Object.fromEntries(
    Object.keys(fields.map(['vary'])).map((name) => {
      const values = fields.list(['vary', name]).map(String);
      if (values.length < 2) fields.trouble(['vary', name], 'at least two values are needed');
      for (const [j, value] of values.entries())
        if (!VALUE.test(value))
          fields.trouble(['vary', name, j], `${JSON.stringify(value)} does not match ${VALUE.source}`);
      return [name, values];
    }),
  );
}

export function readFiles(fields: Fields): Lesson['files'] {
  if (fields.value(['files']) === undefined) return undefined;
  const files = Object.entries(fields.map(['files']));
  for (const [name, text] of files) {
    if (!FILE.test(name)) fields.trouble(['files', name], 'a relative path without . and .. is needed');
    if (typeof text !== 'string' || text.length > FILE_MOST)
      fields.trouble(['files', name], `a text of at most ${FILE_MOST} characters is needed`);
  }
  return Object.fromEntries(files.map(([name, text]) => [name, String(text)]));
}

/** Reports each `{{NAME}}` of a file with a lesson that nothing is drawn for. */
export function checkNames(fields: Fields, source: string, { vary, files }: Pick<Lesson, 'vary' | 'files'>): void {
  const known = new Set(['machine', 'own', ...(files ? ['dir'] : []), ...Object.keys(vary)]);
  for (const name of new Set(namesIn(source)))
    if (!known.has(name)) {
      const line = source.slice(0, source.indexOf(`{{${name}}}`)).split('\n').length;
      fields.place.at(line, `{{${name}}} is used, and has no values`);
    }
}
