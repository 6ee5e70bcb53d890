/** glossary.md: a heading for each term, `## copy-up | Copy-up`, followed by its meaning. */
import { readBody } from './markdown.ts';
import type { Term } from './format.ts';
import type { Place } from './trouble.ts';

export function readGlossary(source: string, place: Place): Term[] {
  const terms: Term[] = [];
  let line = 1;
  for (const part of source.split(/^(?=## )/m)) {
    const [, id, title] = /^## ([a-z][a-z0-9-]*) \| (.+)$/m.exec(part) ?? [];
    if (part.startsWith('## ') && (!id || !title))
      place.at(line, 'a term begins with a line like: ## copy-up | Copy-up');
    else if (id && title) {
      if (terms.some((term) => term.id === id)) place.at(line, `the term ${id} is explained twice`);
      const body = readBody(part.slice(part.indexOf('\n') + 1), line + 1, place);
      if (!body.length) place.at(line, `the term ${id} is not explained`);
      terms.push({ id, title: title.trim(), body });
    }
    line += part.split('\n').length - 1;
  }
  return terms;
}
