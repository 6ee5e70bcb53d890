/** Lines for the client, as dockerd's classic builder writes them. */
import { shortOf } from '../../image/manifest/digest.ts';
import type { BuildContext } from '../../build/build.ts';

export const sayImage = (c: BuildContext, id: string): void => c.asked.tell(` ---> ${shortOf(id)}\n`);
/** stderr is red */
export const sayOutput = (c: BuildContext, stream: 1 | 2, text: string): Promise<void> =>
  c.asked.output(stream === 2 ? `\u001b[91m${text}\u001b[0m` : text);
