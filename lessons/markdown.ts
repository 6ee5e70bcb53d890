/**
 * A lesson's Markdown as blocks: data from which the page makes elements and the terminal makes lines. HTML, images and
 * everything that is not in format.ts are errors.
 */
import { Lexer, Marked, type Token, type Tokens } from 'marked';
import { notes, views, ways, type Block, type Inline, type Note, type View, type Way } from './format.ts';
import type { Place } from './trouble.ts';

const REFERENCE = /^\[\[([a-z]+)(?::([^\]|]+))?(?:\|([^\]]+))?\]\]/;
interface Reference extends Tokens.Generic {
  type: 'reference';
  what: string;
  target: string;
  label: string;
}

const marked = new Marked({
  extensions: [
    {
      name: 'reference',
      level: 'inline',
      start: (src: string) => src.indexOf('[['),
      tokenizer(src: string) {
        const [raw, what = '', target = '', label = ''] = REFERENCE.exec(src) ?? [];
        return raw === undefined
          ? undefined
          : { type: 'reference', raw, what, target: target.trim(), label: label.trim() };
      },
    },
  ],
});

/** A link's label must be plain text, because the link is one button with one accessible name. */
const plain = (label: string) => !/[*`]/.test(label) && Lexer.lexInline(label).every(({ type }) => type === 'text');
const last = (id: string) => id.slice(id.lastIndexOf('.') + 1).replaceAll('-', ' ');

/** Reads one body. `at` is the line of the file on which the current token began. */
class Reader {
  constructor(
    private readonly place: Place,
    public at: number,
    private readonly lines: readonly string[],
    private readonly first: number,
  ) {}

  trouble(message: string, near = ''): void {
    const from = this.at - this.first;
    const off = near ? this.lines.slice(from).findIndex((line) => line.includes(near)) : 0;
    this.place.at(this.at + Math.max(0, off), message);
  }

  reference({ what, target, label, raw }: Reference): Inline[] {
    if (what === 'machine') return [{ kind: 'machine' }];
    if (what === 'task') return this.refused('a task stands at the beginning of a paragraph', raw);
    if (what === 'quiz') return this.refused('a question is a paragraph of its own', raw);
    if (what === 'predict') return this.refused('a prediction is a paragraph of its own', raw);
    if (!target) return this.refused(`${raw} names nothing`, raw);
    if (!plain(label)) return this.refused(`the words of a link are plain text, got ${label}`, raw);
    if (what === 'step' || what === 'lesson')
      return [{ kind: what, id: target, text: label || (what === 'step' ? last(target) : '') }];
    if (what === 'term') return [{ kind: 'term', id: target, text: label || target.replaceAll('-', ' ') }];
    if (what !== 'see')
      return this.refused(
        `[[${what}:…]] is not known; known are step, see, term, lesson, task, quiz, predict, machine`,
        raw,
      );
    const [view = '', ...rest] = target.split(/\s+/);
    if (!(views as readonly string[]).includes(view))
      return this.refused(`no view is called ${view}; there are ${views.join(', ')}`, raw);
    return [{ kind: 'see', view: view as View, ...(rest.length && { sel: rest.join(' ') }), text: label || view }];
  }
  refused(message: string, near = ''): [] {
    this.trouble(message, near.slice(0, 40));
    return [];
  }

  inline(tokens: readonly Token[] = []): Inline[] {
    return tokens.flatMap((token): Inline[] => {
      switch (token.type) {
        case 'reference':
          return this.reference(token as Reference);
        case 'codespan':
          return [{ kind: 'code', text: token.text as string }];
        case 'strong':
        case 'em':
          return [{ kind: token.type, content: this.inline((token as Tokens.Strong).tokens) }];
        case 'link':
          return this.link(token as Tokens.Link);
        case 'br':
          return [{ kind: 'text', text: ' ' }];
        case 'escape':
          return [{ kind: 'text', text: token.text as string }];
        case 'text':
          return (token as Tokens.Text).tokens
            ? this.inline((token as Tokens.Text).tokens)
            : [{ kind: 'text', text: (token.text as string).replace(/\s*\n\s*/g, ' ') }];
        default:
          return this.refused(`${token.type} is not taken in a lesson`, token.raw.split('\n')[0]);
      }
    });
  }
  link({ href, tokens, raw }: Tokens.Link): Inline[] {
    if (!/^https:\/\//.test(href)) return this.refused(`a link begins with https://, got ${href}`, raw);
    return [{ kind: 'link', href, content: this.inline(tokens) }];
  }

  question({ what, target, raw }: Reference): Block[] {
    return /^[1-9]\d?$/.test(target)
      ? [{ kind: what === 'predict' ? 'prediction' : 'question', number: Number(target) }]
      : this.refused(`the number of a question is needed, got ${raw}`, raw);
  }

  paragraph(tokens: readonly Token[]): Block[] {
    const [first, ...rest] = tokens;
    if (first?.type === 'reference' && ['quiz', 'predict'].includes((first as Reference).what) && !rest.length)
      return this.question(first as Reference);
    if (first?.type === 'reference' && (first as Reference).what === 'task') {
      const content = this.inline(rest);
      if (content[0]?.kind === 'text') content[0].text = content[0].text.trimStart();
      return content.length
        ? [{ kind: 'task', id: (first as Reference).target, content }]
        : this.refused(
            `the task ${(first as Reference).target} asks for nothing: what is to be done follows in the same paragraph`,
          );
    }
    return [{ kind: 'paragraph', content: this.inline(tokens) }];
  }

  code({ lang = '', text }: Tokens.Code): Block[] {
    const [language = '', way] = lang.split(/\s+/);
    if (!language) return this.refused('fenced code says its language: sh, console, text, c, json …');
    if (way === undefined) return [{ kind: 'code', language, text }];
    if (!(ways as readonly string[]).includes(way))
      return this.refused(`no way is called ${way}; there are ${ways.join(', ')}`);
    return [{ kind: 'ways', ways: [{ way: way as Way, language, text }] }];
  }

  quote({ tokens }: Tokens.Blockquote): Block[] {
    const paragraph = tokens.find((token) => token.type === 'paragraph') as Tokens.Paragraph | undefined;
    const [, note] = /^\[!([a-z0-9]+)\]\s*/.exec(paragraph?.text ?? '') ?? [];
    if (!paragraph || !note || !(notes as readonly string[]).includes(note))
      return this.refused(`a quotation begins with one of ${notes.map((name) => `[!${name}]`).join(' ')}`);
    const content = this.blocks(tokens);
    const [first] = content;
    if (first?.kind === 'paragraph' && first.content[0]?.kind === 'text')
      first.content[0].text = first.content[0].text.replace(/^\[![a-z0-9]+\]\s*/, '');
    if (
      !['predict', 'look', 'note'].includes(note) &&
      content.some(({ kind }) => kind === 'question' || kind === 'prediction')
    )
      return this.refused(`not every machine shows [!${note}]: a question in it would not be asked`);
    return [{ kind: 'note', note: note as Note, content }];
  }

  block(token: Token): Block[] {
    switch (token.type) {
      case 'space':
        return [];
      case 'paragraph':
      case 'text':
        return this.paragraph((token as Tokens.Paragraph).tokens ?? []);
      case 'heading': {
        const { depth, tokens } = token as Tokens.Heading;
        return depth === 2 || depth === 3
          ? [{ kind: 'heading', depth, content: this.inline(tokens) }]
          : this.refused('headings are ## and ###; the title stands in the front matter');
      }
      case 'list':
        return [
          {
            kind: 'list',
            ordered: Boolean((token as Tokens.List).ordered),
            items: (token as Tokens.List).items.map((item) => this.blocks(item.tokens)),
          },
        ];
      case 'code':
        return this.code(token as Tokens.Code);
      case 'blockquote':
        return this.quote(token as Tokens.Blockquote);
      case 'table': {
        const { header, rows } = token as Tokens.Table;
        return [
          {
            kind: 'table',
            head: header.map((cell) => this.inline(cell.tokens)),
            rows: rows.map((row) => row.map((cell) => this.inline(cell.tokens))),
          },
        ];
      }
      default:
        return this.refused(`${token.type} is not taken in a lesson`);
    }
  }
  blocks(tokens: readonly Token[]): Block[] {
    return tokens.flatMap((token) => this.block(token));
  }
}

/** Consecutive blocks with ways become one block; each way may occur once in it. */
function joinWays(blocks: readonly Block[]): Block[] {
  const joined: Block[] = [];
  for (const block of blocks) {
    const before = joined.at(-1);
    if (block.kind === 'ways' && before?.kind === 'ways') before.ways.push(...block.ways);
    else joined.push(block);
  }
  return joined;
}

export function readBody(text: string, firstLine: number, place: Place): Block[] {
  const reader = new Reader(place, firstLine, text.split('\n'), firstLine);
  const blocks: Block[] = [];
  for (const token of marked.lexer(text)) {
    blocks.push(...reader.block(token));
    reader.at += token.raw.split('\n').length - 1;
  }
  return joinWays(blocks);
}

/** Reads one line of text, as in hints and questions. */
export function readLine(text: string, line: number, place: Place): Inline[] {
  const [block, ...more] = readBody(text, line, place);
  if (block?.kind === 'paragraph' && !more.length) return block.content;
  if (block) place.at(line, `one paragraph is needed, got: ${text.slice(0, 60)}`);
  return [];
}

/** All inline elements of a text, including nested ones. */
export function* pieces(blocks: readonly Block[]): Generator<Inline> {
  for (const block of blocks) {
    if (block.kind === 'list') for (const item of block.items) yield* pieces(item);
    else if (block.kind === 'note') yield* pieces(block.content);
    else if (block.kind === 'table') for (const cell of [block.head, ...block.rows].flat()) yield* inlinePieces(cell);
    else if ('content' in block) yield* inlinePieces(block.content);
  }
}
export function* inlinePieces(content: readonly Inline[]): Generator<Inline> {
  for (const piece of content) {
    yield piece;
    if ('content' in piece) yield* inlinePieces(piece.content);
  }
}
