/** Lines for the client, as dockerd's classic builder writes them. */
import { shortOf } from '../../image/manifest/digest.ts';
import type { BuildContext, Place } from '../../build/build.ts';

export const sayImage = (c: BuildContext, id: string): void => c.asked.tell(` ---> ${shortOf(id)}\n`);

/** FROM begins a stage that is not among those of the build yet. */
export function sayBegin(c: BuildContext, { one, number }: Place, stage = c.stages.at(-1)?.name): void {
  const index = one.keyword === 'FROM' ? c.stages.length : c.stages.length - 1;
  c.asked.tell(`Step ${number}/${c.total} : ${one.text}\n`);
  c.asked.begins?.({ number, total: c.total, stage: stage ?? String(index), text: one.text });
}
