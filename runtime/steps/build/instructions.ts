/** The steps of one instruction of a Dockerfile: look it up in the cache, do it, make an image of what it changed. */
import type { Image } from '../../image/manifest/image.ts';
import type { LayerFile } from '../../image/layer/layer-file.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { BuildContext, Place, Prepared } from '../../build/build.ts';
import { keyOf, partsOf } from '../../build/cache-key.ts';
import { commitImage, keepImage } from '../../build/commit.ts';
import { prepareMetadata, prepareRun } from '../../build/instructions/prepare.ts';
import type { Instruction } from '../../build/dockerfile/parse.ts';
import { copy, directory } from './copy.ts';
import { mounts } from './mounts.ts';
import { prepareMounts } from './prepare-mounts.ts';
import { prepareCopy } from './prepare-copy.ts';
import { explain, reasonsOf } from './why.ts';
import { notAsked, tellImage, tellLookUp } from './facts.ts';
import { imported } from './imported.ts';
import { run } from './run.ts';
import { isOff, stageOf, type BuildStep, type Template } from './template.ts';
import { sayBegin, sayImage } from './texts.ts';

const isCopy = ({ keyword }: Instruction): boolean => keyword === 'COPY' || keyword === 'ADD';

const prepare = (k: Kernel, c: BuildContext, place: Place): Promise<Prepared> | Prepared => {
  const { one } = place;
  if (isCopy(one)) return prepareCopy(k, c, place);
  return one.keyword === 'RUN' ? runOf(k, c, place) : prepareMetadata(c, stageOf(c), one);
};

async function runOf(k: Kernel, c: BuildContext, place: Place): Promise<Prepared> {
  const prepared = prepareRun(c, stageOf(c), place.one);
  const mounted = await prepareMounts(k, c, place);
  return mounted.length ? { ...prepared, run: { ...prepared.run!, mounts: mounted } } : prepared;
}

const lookUp: Template = {
  id: 'build.look-up',
  title: 'Look the instruction up in the cache',
  explain: `The key is a hash of the instruction with the values of its ARGs, the settings that follow from it, and for COPY the files: names, modes, owners, attributes and content. It counts together with the image below. An image that was made here with the same key is taken instead of doing the work.
Times of files are not in the key, because each checkout has others. After the first miss a stage looks nothing up: each later image would stand on another one. See the Docker documentation, "Build cache invalidation", and lstat(2).`,
  async do(k, c, place) {
    const stage = stageOf(c);
    c.hit = false;
    c.container = c.direct = c.mounts = undefined;
    c.byHand = false;
    if (c.asked.explain) return explain(k, c, place, async () => prepare(k, c, place));
    sayBegin(c, place);
    const prepared = await prepare(k, c, place);
    c.prepared = prepared;
    const below = stage.image;
    const unasked = notAsked(c, stage.missed);
    const image = await knownOrClaimed(k, c, prepared);
    k.fact({ kind: 'file', key: prepared.createdBy, value: image ? image.id : 'not in the cache' });
    const reasons = image || unasked ? [] : await reasonsOf(k, c, stage, prepared);
    tellLookUp(k, place, below, prepared, { cache: image ? 'hit' : (unasked ?? 'miss'), reasons });
    if (!image) return void (stage.missed = true);
    c.hit = true;
    tellImage(k, place, below, image);
    keepImage(c, image);
    remember(c, prepared, image);
    Object.assign(stage, { image, config: structuredClone(image.config.config ?? {}) });
    c.say.tell(' ---> Using cache\n');
    c.say.cached?.();
    sayImage(c, image.id);
  },
};

/** The image of the cache. When another build or stage makes it now, that is waited for; otherwise it is made here. */
async function knownOrClaimed(k: Kernel, c: BuildContext, prepared: Prepared): Promise<Image | undefined> {
  const stage = stageOf(c);
  const [parent, key] = [stage.image?.id ?? '', keyOf(prepared)];
  if (isOff(c)) return undefined;
  const known = () => {
    const id = stage.missed ? undefined : c.cache.find(parent, key);
    return id === undefined ? undefined : c.runtime.images.find(id);
  };
  const image = known();
  // a build that is walked is held for as long as a person likes
  if (image) return image;
  if (c.inOrder) return importedOf(k, c, prepared);
  const waits = () => {
    c.say.tell(' ---> Waiting for the build that makes this now\n');
    k.fact({ kind: 'file', key: prepared.createdBy, value: 'is made by another build or stage now' });
  };
  c.claim = await c.cache.underWay.claim(JSON.stringify([parent, key]), waits, c.signal);
  const made = known() ?? (await importedOf(k, c, prepared));
  if (made) endClaim(c);
  return made;
}
const importedOf = (k: Kernel, c: BuildContext, prepared: Prepared): Promise<Image | undefined> =>
  stageOf(c).missed ? Promise.resolve(undefined) : imported(k, c, prepared);

/** For --cache-to. What stands on a result that was mended by hand is no cache for others. */
function remember(c: BuildContext, prepared: Prepared, image: Image): void {
  const { chain } = stageOf(c);
  chain.isOver ||= c.byHand ?? false;
  if (!chain.isOver) chain.made.push({ key: keyOf(prepared), image: image.id });
}

function endClaim(c: BuildContext): void {
  c.claim?.();
  c.claim = undefined;
}

const commit: Template = {
  id: 'build.commit',
  title: 'Make an image of it',
  explain: `What the instruction changed is written as a tar archive and hashed on the way; the hash is the layer's diffID. An image is the config: that list of layers, the settings for a container, and the history. It gets no name yet, and the cache remembers of what it came.
An instruction that changed no file adds a line to the history and no layer. See the OCI image specification, "Image Configuration".`,
  when: (c) => !c.hit,
  async do(k, c, place) {
    const stage = stageOf(c);
    const { container, direct, prepared } = c;
    const write = direct
      ? (path: string) => k.job<LayerFile>('build-layer', { ...direct, path })
      : container && ((path: string) => c.runtime.layer(k, container, path));
    const image = await commitImage(k, c, stage, prepared!, write || undefined);
    if (container && !(prepared!.run && c.asked.keep)) await c.runtime.remove(container);
    if (container && prepared!.run && !c.asked.keep)
      c.say.tell(` ---> Removed intermediate container ${container.slice(0, 12)}\n`);
    if (image.id !== stage.image?.id && !c.byHand)
      c.cache.add({ parent: stage.image?.id ?? '', key: keyOf(prepared!), image: image.id }, partsOf(prepared!));
    remember(c, prepared!, image);
    endClaim(c);
    tellImage(k, place, stage.image, image);
    Object.assign(stage, { image, config: structuredClone(image.config.config ?? {}) });
    k.fact({ kind: 'file', key: 'image', value: image.id });
    sayImage(c, image.id);
  },
  async undo(_k, { lease, runtime: { images } }) {
    lease.release();
    await images.collect();
  },
  inspect: (_k, c) =>
    Promise.resolve([
      {
        title: 'the images of the stages',
        lines: c.stages.map(({ name, image }, index) => `${name ?? index}: ${image?.id ?? 'scratch'}`),
      },
    ]),
};

export const templates: readonly Template[] = [lookUp, mounts, run, copy, directory, commit];

/** The steps of one instruction: 'build.run@3/7'. Nothing is done when the cache is only to be explained. */
export const stepsOf = (place: Place, { total, asked }: BuildContext): BuildStep[] =>
  (asked.explain ? [lookUp] : templates).map((template) => ({
    ...template,
    id: `${template.id}@${place.number}/${total}`,
    do: (k: Kernel, c: BuildContext) => template.do(k, c, place),
  }));
