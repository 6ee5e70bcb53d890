/**
 * An open prediction keeps back the text that tells its result: what follows in its section, up to the next prediction.
 * Headings, tasks, code and questions are always shown, because code says how a task is done.
 */
import type { Block } from './format.ts';
import { predictionsIn, questionsIn } from './questions.ts';

const SHOWN: ReadonlySet<Block['kind']> = new Set<Block['kind']>(['task', 'code', 'ways']);

export interface Part {
  block: Block;
  /** number, from 1, of the open prediction that keeps this block back */
  keptBackBy?: number;
  /** the first block that this prediction keeps back */
  first?: boolean;
}

/** `open`: the numbers of the predictions without a guess. */
export function keepBack(blocks: readonly Block[], open: readonly number[]): Part[] {
  const parts: Part[] = blocks.map((block) => ({ block }));
  for (const [at, block] of blocks.entries()) {
    const number = predictionsIn([block]).find((one) => open.includes(one));
    if (number === undefined) continue;
    const rest = blocks.slice(at + 1);
    const end = rest.findIndex((one) => one.kind === 'heading' || predictionsIn([one]).length > 0);
    const section = end < 0 ? rest : rest.slice(0, end);
    let first = true;
    for (const [j, one] of section.entries()) {
      if (SHOWN.has(one.kind) || questionsIn([one]).length) continue;
      parts[at + 1 + j] = { block: one, keptBackBy: number, first };
      first = false;
    }
  }
  return parts;
}
