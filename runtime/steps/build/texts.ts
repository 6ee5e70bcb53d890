/** Lines for the client, as dockerd's classic builder writes them. */
import { shortOf } from '../../image/manifest/digest.ts';
import type { BuildContext, Place } from '../../build/build.ts';
import { stageOf } from './template.ts';

export const sayImage = (c: BuildContext, id: string): void => c.say.tell(` ---> ${shortOf(id)}\n`);

export function sayBegin(c: BuildContext, { one, number }: Place): void {
  const { name, index } = stageOf(c);
  c.say.tell(`Step ${number}/${c.total} : ${one.text}\n`);
  c.say.begins?.({ number, total: c.total, stage: name ?? String(index), text: one.text });
}
