/**
 * A question can be placed inside a text, before the action that it is about: `[[quiz:2]]` as a paragraph of its own.
 */
import type { Block } from './format.ts';

/** The numbers of the questions inside a text, in order. */
export const questionsIn = (blocks: readonly Block[]): number[] =>
  blocks.flatMap((block) =>
    block.kind === 'question' ? [block.number] : block.kind === 'note' ? questionsIn(block.content) : [],
  );
