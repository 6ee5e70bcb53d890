/**
 * A question can be asked in the middle of a text, before what it is about is done: `[[quiz:2]]`, a paragraph of its
 * own.
 */
import type { Block } from './format.ts';

/** The numbers of the questions that are asked within a text, in their order. */
export const questionsIn = (blocks: readonly Block[]): number[] =>
  blocks.flatMap((block) =>
    block.kind === 'question' ? [block.number] : block.kind === 'note' ? questionsIn(block.content) : [],
  );
