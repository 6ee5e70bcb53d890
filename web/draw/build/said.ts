/** The texts that the picture of a build takes. */
import type { DrawWords } from '../../words/en/draw.ts';

export interface BuildSaid {
  words: DrawWords;
  /** a reason of the daemon in the page's language */
  reason(text: string): string;
  /** of a step: 'build.run' */
  title(step: string): string;
}
