/** Splits a file into head and body: YAML between two lines `---`, with the line number of each value. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';
import type { Place } from './trouble.ts';

export interface Front {
  /** plain data */
  data: Record<string, unknown>;
  body: string;
  /** line of the file on which the body begins */
  bodyLine: number;
  /** line of the value at this path, or of its nearest parent */
  line(...path: (string | number)[]): number;
}

export function readFront(text: string, place: Place): Front | undefined {
  const match = /^---\r?\n([\s\S]*?)\r?\n---\r?\n?/.exec(text);
  if (!match) return void place.at(1, 'front matter is needed: it begins with a line ---');
  const counter = new LineCounter();
  const document = parseDocument(match[1]!, { lineCounter: counter, uniqueKeys: true });
  // The YAML begins on line 2 of the file.
  const lineAt = (offset: number) => counter.linePos(offset).line + 1;
  for (const error of document.errors)
    place.at(lineAt(error.pos[0]), error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, ''));
  if (document.errors.length) return undefined;
  const data: unknown = document.toJS({ maxAliasCount: 0 });
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    return void place.at(2, 'front matter is a map of names and values');
  const body = text.slice(match[0].length);
  return {
    data: data as Record<string, unknown>,
    body,
    bodyLine: match[0].split('\n').length,
    line(...path) {
      let node: unknown = document.contents;
      let offset = 0;
      for (const step of path) {
        const found = childOf(node, step);
        if (!found) break;
        offset = found.offset;
        node = found.value;
      }
      return lineAt(offset);
    },
  };
}

function childOf(node: unknown, step: string | number): { offset: number; value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === step);
    return pair && { offset: (pair.key as Node).range?.[0] ?? 0, value: pair.value };
  }
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step] as Node | undefined;
    return item && { offset: item.range?.[0] ?? 0, value: item };
  }
  return undefined;
}
