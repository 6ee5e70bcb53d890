/**
 * A question can be placed inside a text, before the action that it is about: `[[quiz:2]]` as a paragraph of its own. A
 * prediction, `[[predict:1]]`, always is.
 */
import type { Block } from './format.ts';

const numbersIn = (blocks: readonly Block[], kind: 'question' | 'prediction'): number[] =>
  blocks.flatMap((block) =>
    block.kind === kind
      ? [(block as Extract<Block, { number: number }>).number]
      : block.kind === 'note'
        ? numbersIn(block.content, kind)
        : [],
  );

/** The numbers of the questions inside a text, in order. */
export const questionsIn = (blocks: readonly Block[]): number[] => numbersIn(blocks, 'question');
/** The numbers of the predictions inside a text, in order. */
export const predictionsIn = (blocks: readonly Block[]): number[] => numbersIn(blocks, 'prediction');
