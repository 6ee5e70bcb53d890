/**
 * A lesson's text for a terminal: wrapped, without markup. What can be followed only on the page (lessons, steps) is
 * shown by its name.
 */
import { fillIn, type Values } from '../../template/fill-in.ts';
import type { Block, Inline } from '../../../lessons/format.ts';
import { visible } from '../../journal/visible.ts';
import { wrap } from '../terminal/wrap.ts';
import type { Ink } from '../step/paint.ts';
import type { TerminalWords } from './words.ts';

/** The predictions, counted from 0, that are asked directly after this block. */
export const predictionsIn = (block: Block): number[] =>
  block.kind === 'prediction' ? [block.number - 1] : block.kind === 'note' ? block.content.flatMap(predictionsIn) : [];
/** The questions, counted from 0, that are asked directly after this block. */
export const questionsIn = (block: Block): number[] =>
  block.kind === 'question' ? [block.number - 1] : block.kind === 'note' ? block.content.flatMap(questionsIn) : [];

export class LessonText {
  constructor(
    private readonly words: TerminalWords,
    private readonly ink: Ink,
    private readonly width: number,
    private readonly here: readonly string[],
    private readonly values: () => Values,
  ) {}

  inline = (content: readonly Inline[]): string =>
    visible(
      content
        .map((piece) => {
          switch (piece.kind) {
            case 'text':
            case 'code':
              return this.#named(piece.text);
            case 'strong':
            case 'em':
              return this.inline(piece.content);
            case 'link':
              return `${this.inline(piece.content)} <${piece.href}>`;
            case 'machine':
              return this.values()['machine'] ?? '';
            case 'step':
              return `${piece.text} (${piece.id})`;
            case 'lesson':
              return piece.text || piece.id;
            default:
              return piece.text;
          }
        })
        .join(''),
    );
  #named = (text: string): string => fillIn(text, this.values());

  #wrapped = (text: string, indent = ''): string => wrap(indent + text, this.width, indent).replace(/^/, indent);
  #code = (text: string): string =>
    this.#named(text)
      .split('\n')
      .map((line) => `    ${visible(line)}`)
      .join('\n');

  block(block: Block): string {
    switch (block.kind) {
      case 'paragraph':
        return this.#wrapped(this.inline(block.content));
      case 'heading':
        return this.ink.bold(this.inline(block.content));
      case 'list':
        return block.items
          .map(
            (item, j) =>
              `${block.ordered ? `${j + 1}.` : '-'} ${item
                .map((one) => this.block(one))
                .join('\n')
                .replace(/\n/g, '\n  ')}`,
          )
          .join('\n');
      case 'code':
        return this.#code(block.text);
      case 'ways':
        return block.ways
          .map(({ way, text }) => `  ${this.ink.dim(this.words.way[way] ?? way)}\n${this.#code(text)}`)
          .join('\n');
      case 'note':
        return this.#shown(block.note)
          ? `${this.ink.mark(`│ ${this.words.note[block.note] ?? block.note}`)}\n${block.content
              .map((one) => this.block(one))
              .filter(Boolean)
              .join('\n')
              .replace(/^/gm, '│ ')}`
          : '';
      case 'table':
        return [block.head, ...block.rows].map((row) => row.map(this.inline).join(' | ')).join('\n');
      case 'question':
      case 'prediction':
        return '';
      case 'task':
        return this.#wrapped(this.inline(block.content), '  ');
    }
  }
  #shown = (note: string): boolean => ['predict', 'look', 'note'].includes(note) || this.here.includes(note);
}
