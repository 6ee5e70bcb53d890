/** `drydock build why`: an instruction is looked up, and nothing is built. */
import { keyOf, partsOf } from '../../build/cache-key.ts';
import '../../build/cache/jobs.ts';
import type { NearestAsked } from '../../build/cache/nearest.ts';
import type { BuildContext, Place, Prepared, StageState } from '../../build/build.ts';
import { keepImage } from '../../build/commit.ts';
import { fromsOf, stageIndex } from '../../build/stages/needs.ts';
import { shortOf } from '../../image/manifest/digest.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { notAsked, tellBelow, tellImage, tellLookUp } from './facts.ts';
import { isOff, stageOf } from './template.ts';

/** Of the results on the same image so many are compared, the newest first. */
const COMPARED_MOST = 50;

/** `prepare` finds out what the instruction would do. Throws ApiError for what a build would fail with too. */
export async function explain(
  k: Kernel,
  c: BuildContext,
  place: Place,
  prepare: () => Promise<Prepared>,
): Promise<void> {
  const stage = stageOf(c);
  const { text } = place.one;
  const tell = (hit: boolean, ...reasons: string[]) =>
    c.asked.explain!({ number: `${place.number}/${c.total}`, text, hit, reasons });
  const missing = missedStage(c, place);
  if (missing) {
    stage.missed = true;
    tellBelow(k, place);
    return tell(false, `the stage ${missing} is built anew`);
  }
  const wasMissed = stage.missed;
  const prepared = await prepare();
  const known = isOff(c) || wasMissed ? undefined : c.cache.find(stage.image?.id ?? '', keyOf(prepared));
  const image = known && c.runtime.images.find(known);
  const below = stage.image;
  if (image) {
    tellLookUp(k, place, below, prepared, { cache: 'hit' });
    tellImage(k, place, below, image);
    keepImage(c, image);
    Object.assign(stage, { image, config: structuredClone(image.config.config ?? {}) });
    return tell(true);
  }
  Object.assign(stage, { missed: true, config: prepared.config });
  const unasked = notAsked(c, wasMissed);
  const reasons = unasked ? [] : await reasonsOf(k, c, stage, prepared);
  tellLookUp(k, place, below, prepared, { cache: unasked ?? 'miss', reasons });
  if (wasMissed) return tell(false, 'what is below it is built anew');
  k.fact({ kind: 'file', key: prepared.createdBy, value: 'not in the cache' });
  return tell(false, ...(isOff(c) ? ['--no-cache was given'] : reasons));
}

/** A stage that --from of the instruction names, and that has no result. */
function missedStage({ stages, stage }: BuildContext, { one }: Place): string | undefined {
  return fromsOf(one).find((from) => stages[stageIndex(stages, stage!.index, from)]?.missed);
}

/**
 * What is different from the nearest instruction that was done on the same image. A worker reads the parts of the keys,
 * because a COPY may have thousands.
 */
export async function reasonsOf(
  k: Kernel,
  { cache }: BuildContext,
  { image }: StageState,
  prepared: Prepared,
): Promise<string[]> {
  const parent = image?.id ?? '';
  const shown = (id: string) => (id ? shortOf(id) : 'nothing');
  const [elsewhere] = cache.known({ key: keyOf(prepared) });
  if (elsewhere) return [`the image below is ${shown(parent)} and was ${shown(elsewhere.parent)}`];
  const images = cache
    .known({ parent })
    .slice(0, COMPARED_MOST)
    .map((one) => one.image);
  const asked: NearestAsked = { root: cache.root, images, own: partsOf(prepared) };
  const least = images.length ? await k.job<string[] | undefined>('build-nearest', asked) : undefined;
  return least ?? ['no such instruction was done on this image yet'];
}
