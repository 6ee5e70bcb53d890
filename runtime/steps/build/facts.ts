/**
 * What the journal says of a build, as facts of the kind 'build'. The key begins with the number of the instruction, as
 * in `Step 3/7`. web/draw/build/ draws the picture of a build from these facts alone, also from a recording:
 *
 *   3            stage 0, line 4: RUN make      one for each instruction, when the Dockerfile was read
 *   3 parent     sha256:…                       the image below, the first input of the key; 'nothing' for scratch
 *   3 args       V=2                            the ARGs in scope of a RUN
 *   3 files      12, dir:9f8e…                  how many files are copied, and the hash of them
 *   3 mount /c   cache                          what RUN sees and what does not come into the image
 *   3 cache      hit | miss | below | off       `below`: what is below it is built anew; `off`: --no-cache
 *   3 differs 1  file a.js has changed          a part of the key that differs from the nearest known one
 *   3 container  0d85…                          the container of a RUN
 *   3 layer      1024 | none                    bytes of the layer that came of it
 *   3 image      sha256:…
 */
import type { BuildContext, Place, Prepared } from '../../build/build.ts';
import type { Image } from '../../image/manifest/image.ts';
import type { Fact } from '../../journal/event.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { isOff } from './template.ts';

/** A Dockerfile may have a million instructions; a journal has the first of them. */
const INSTRUCTIONS_MOST = 300;
const TEXT_MOST = 300;
const MOUNTS_MOST = 8;
const REASONS_MOST = 5;

const cut = (text: string): string => (text.length <= TEXT_MOST ? text : `${text.slice(0, TEXT_MOST)}…`);
const factOf = (number: string, name: string, value: string): Fact => ({
  kind: 'build',
  key: `${number} ${name}`,
  value: cut(value),
});
const isTold = (number: string): boolean => Number.parseInt(number, 10) <= INSTRUCTIONS_MOST;

/** Tells each instruction before the first is done. `stage` is absent for an ARG before the first FROM. */
export function tellPlan(k: Kernel, places: readonly (Place & { stage?: number })[]): void {
  const told = places.filter(({ number }) => isTold(number));
  const facts = told.map(({ one, number, stage }): Fact => {
    const where = stage === undefined ? '' : `stage ${stage}, `;
    return { kind: 'build', key: number, value: `${where}line ${one.line}: ${cut(one.text)}` };
  });
  const more = places.length - told.length;
  if (facts.length) k.fact(...facts, ...(more ? [factOf('more', 'instructions', String(more))] : []));
}

/** The instruction is not looked up, because what is below it is built anew. */
export const tellBelow = (k: Kernel, { number }: Place): void => {
  if (isTold(number)) k.fact(factOf(number, 'cache', 'below'));
};

/** The inputs of the key, and whether the cache has it. */
export function tellLookUp(
  k: Kernel,
  { number }: Place,
  parent: Image | undefined,
  { run, copy, createdBy, files }: Prepared,
  { cache, reasons = [] }: { cache: 'hit' | 'miss' | 'below' | 'off'; reasons?: readonly string[] },
): void {
  if (!isTold(number)) return;
  const hash = copy && /(?:file|dir|multi):[0-9a-f]+/.exec(createdBy)?.[0];
  const count = files?.length ? `${files.length}, ` : '';
  const more = reasons.length - REASONS_MOST;
  k.fact(
    factOf(number, 'parent', parent?.id ?? 'nothing'),
    ...(run?.args.length ? [factOf(number, 'args', run.args.join(', '))] : []),
    ...(hash ? [factOf(number, 'files', `${count}${hash}`)] : []),
    ...(run?.mounts ?? [])
      .slice(0, MOUNTS_MOST)
      .map(({ type, target, id }) => factOf(number, `mount ${cut(target ?? id ?? '')}`, type)),
    factOf(number, 'cache', cache),
    ...reasons.slice(0, REASONS_MOST).map((reason, j) => factOf(number, `differs ${j + 1}`, reason)),
    ...(more > 0 ? [factOf(number, 'differs more', String(more))] : []),
  );
}

export const tellContainer = (k: Kernel, { number }: Place, id: string): void => {
  if (isTold(number)) k.fact(factOf(number, 'container', id));
};

/** `parent`: the image below; an image with as many layers has none of its own. */
export function tellImage(k: Kernel, { number }: Place, parent: Image | undefined, image: Image | undefined): void {
  if (!isTold(number)) return;
  const added = image?.layers.slice(parent?.layers.length ?? 0) ?? [];
  const size = added.reduce((sum, layer) => sum + layer.size, 0);
  k.fact(
    factOf(number, 'layer', added.length ? String(size) : 'none'),
    factOf(number, 'image', image?.id ?? 'nothing'),
  );
}

/** What the base of a stage brings along. */
export const tellBase = (k: Kernel, place: Place, image: Image | undefined): void =>
  tellImage(k, place, undefined, image);

/** Why the cache is not asked, or undefined when it is. */
export const notAsked = ({ asked, stage }: BuildContext, missed: boolean): 'off' | 'below' | undefined =>
  isOff({ asked, stage }) ? 'off' : missed ? 'below' : undefined;
