/** build: from a context and a Dockerfile to an image. Its instructions' steps are added when it has been read. */
import { join } from 'node:path';
import { removeTree } from '../../kernel/tree/remove-tree.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { ApiError, badParameter } from '../../errors/api-error.ts';
import type { Platform } from '../../image/manifest/manifest.ts';
import { hostPlatform, parsePlatform, showPlatform } from '../../image/manifest/platform.ts';
import { familiarName, parseReference } from '../../image/manifest/reference.ts';
import { shortOf } from '../../image/manifest/digest.ts';
import { DEFAULT_PATH } from '../../oci/default-spec.ts';
import type { BuildContext, Place, StageState } from '../../build/build.ts';
import { keepImage } from '../../build/commit.ts';
import { readContextFile } from '../../build/context/sources.ts';
import { removeIgnored } from '../../build/context/remove-ignored.ts';
import { parseDockerfile, parseTrigger, type Instruction, type Stage } from '../../build/dockerfile/parse.ts';
import { checkOut } from '../../build/git/checkout.ts';
import { expand } from '../../build/dockerfile/words.ts';
import { declare, expandAt, isProxy, refuseFlags } from '../../build/instructions/prepare.ts';
import { neededBy, needsOf, stageIndex } from '../../build/stages/needs.ts';
import { StageLanes, type StageLane } from '../../build/stages/stage-lanes.ts';
import type { Phase, Step } from '../../operation/step.ts';
import { stepsOf, templates } from './instructions.ts';
import { exportCache } from './export-cache.ts';
import { tellBase, tellPlan } from './facts.ts';
import { keepContext, receiveContext } from '../../build/files/receive-context.ts';
import { withInlineCache } from './imported.ts';
import { stageOf } from './template.ts';
import { sayBegin, sayImage } from './texts.ts';

type BuildStep = Step<BuildContext>;
const DOCKERFILE_MOST = 1 << 20;

export const receive: BuildStep = {
  id: 'build.receive-context',
  title: 'Receive the context',
  explain: `The client sends the directory as one tar archive. A worker unpacks it into a directory of the daemon's own, where COPY finds the files; .dockerignore is the client's work, and what it leaves out is never sent.
BuildKit's clients list the files first. What they sent for an earlier build is kept, and only files with another size, time, mode or owner are sent again. A changed file replaces the kept one, which is never written to.
A context may be a git repository: \`https://HOST/a.git#REF:DIRECTORY\`. Then git fetches one commit, without rights, hooks or configuration, and its files are the context.
Each name is created below a descriptor of its directory, so an archive with \`../\` or with a link that leads out cannot write anywhere else. The files belong to root, because the numbers of the client's users mean nothing here. See openat2(2), tar(5).`,
  async do(k, c) {
    const text = await c.asked.text?.();
    if (text !== undefined) c.text = text;
    const { entries, total } = await contextOf(k, c).catch((error: Error) => {
      if (error instanceof ApiError) throw error;
      throw badParameter(`Error processing tar file: ${error.message}`);
    });
    const value = total === undefined ? `${entries} entries` : `${total} entries, ${entries} of them sent`;
    k.fact({ kind: 'file', key: 'context', value });
  },
  async undo(_k, c) {
    await keepContext(c);
    await removeTree(c.dir);
  },
};

/** From the client, or from a git repository. */
async function contextOf(k: Kernel, c: BuildContext): Promise<{ entries: number; total?: number }> {
  const { repository } = c.asked;
  if (repository === undefined) return receiveContext(k, c);
  return { entries: await checkOut(k, repository, join(c.dir, 'context'), c.signal) };
}

/** Each --label is a LABEL at the end, sorted by name. Its value is not expanded. */
const labelsOf = (labels: Readonly<Record<string, string>>): Instruction[] =>
  Object.entries(labels)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => {
      const rest = `${name}=${value}`;
      return {
        keyword: 'LABEL',
        flags: new Map(),
        repeated: [],
        rest,
        text: `LABEL ${rest}`,
        line: 0,
        heredocs: [],
        pairs: [[name, value]],
      };
    });

/** The stages up to the target. Throws ApiError 400 when there is none. */
function upTo(stages: readonly Stage[], target: string | undefined): Stage[] {
  if (target === undefined) return [...stages];
  const byName = stages.findIndex(({ name }) => name === target.toLowerCase());
  const index = byName >= 0 ? byName : /^\d+$/.test(target) ? Number(target) : -1;
  if (index < 0 || index >= stages.length)
    throw badParameter(`target stage ${JSON.stringify(target)} could not be found`);
  return stages.slice(0, index + 1);
}

/** The text of the Dockerfile in the context. Throws ApiError 400 when there is none. */
function textIn(context: string, dockerfile: string): string {
  const names = dockerfile === 'Dockerfile' ? [dockerfile, 'dockerfile'] : [dockerfile];
  const texts = names.map((name) => readContextFile(context, name, DOCKERFILE_MOST));
  const text = texts.find((one) => one !== undefined);
  if (text === undefined) throw badParameter(`Cannot locate specified Dockerfile: ${dockerfile}`);
  removeIgnored(context, names[texts.indexOf(text)]!);
  return text;
}

export const parse: BuildStep = {
  id: 'build.parse',
  title: 'Read the Dockerfile',
  explain: `The text becomes a list of instructions: comments and parser directives go, continued lines are joined, the bodies of heredocs are taken along. Each instruction then gets its steps, so that a breakpoint can name them: \`build.run@3/7\`, or \`build.run\` for each.
The whole file is read first, so that a mistake in the last line is told before anything runs. If .dockerignore names the Dockerfile, it is then removed from the context, so that \`COPY .\` does not take it along. See the Dockerfile reference, "Format", and openat2(2).`,
  do(k, c) {
    const { dockerfile, target, args, labels } = c.asked;
    const context = join(c.dir, 'context');
    const file = (c.file = parseDockerfile(c.text ?? textIn(context, dockerfile), dockerfile));
    const stages = upTo(file.stages, target);
    stages.at(-1)!.instructions.push(...labelsOf(labels));
    const all = stages.flatMap(({ from, instructions }) => [from, ...instructions]);
    const { isClassic = false } = c.asked;
    for (const one of all) refuseFlags(one, isClassic);
    const global = { args: c.globals, given: args, globals: new Map<string, string>(), used: c.usedArgs };
    for (const one of file.globals)
      declare(one, global, (word) => expandAt(word, defined(c.globals), file.escape, one.line), file.escape);
    c.total = all.length + file.globals.length;
    c.lanes = lanesOf(c, stages);
    for (const [index, one] of file.globals.entries()) c.say.tell(`Step ${index + 1}/${c.total} : ${one.text}\n`);
    k.fact({ kind: 'file', key: dockerfile, value: `${stages.length} stages, ${all.length} instructions` });
    tellPlan(k, placesOf(file.globals, stages));
    return Promise.resolve();
  },
};

/** A lane for each stage, with the steps of its instructions. */
function lanesOf(c: BuildContext, stages: readonly Stage[]): StageLanes<BuildContext, StageState> {
  const { globals } = c.file!;
  const needs = stages.map((stage, index) => needsOf(stages, index, baseOf(c, stage), (name) => c.named.has(name)));
  let number = globals.length;
  const lanes = stages.map((stage, index): StageLane<BuildContext, StageState> => {
    const state: StageState = {
      index,
      ...(stage.name && { name: stage.name }),
      config: {},
      args: new Map(),
      cmdSet: false,
      missed: false,
      chain: { base: '', made: [] },
    };
    c.stages.push(state);
    const steps = [fromOf(stage, { one: stage.from, number: String(++number) }, c.total)];
    for (const one of stage.instructions) steps.push(...stepsOf({ one, number: String(++number) }, c));
    return {
      stage: state,
      steps,
      signal: c.signal,
      subject: { ...c, stage: state, steps, say: c.reports.of(index) },
    };
  });
  const built = new StageLanes(lanes, neededBy(needs), c.asked.explain ? [] : [exportCache, tag], c.cut, c.inOrder);
  for (const { subject } of lanes) subject.lanes = built;
  return built;
}

/** The base with its variables replaced, '' when that cannot be done: FROM tells it when it is reached. */
function baseOf(c: BuildContext, { base }: Stage): string {
  try {
    return expand(base, defined(c.globals), c.file!.escape);
  } catch {
    return '';
  }
}

/** Each instruction with its number; those before the first FROM belong to no stage. */
function placesOf(globals: readonly Instruction[], stages: readonly Stage[]): (Place & { stage?: number })[] {
  const all = stages.flatMap(({ from, instructions }, stage) => [from, ...instructions].map((one) => ({ one, stage })));
  return [...globals.map((one) => ({ one })), ...all].map((place, at) => ({ ...place, number: String(at + 1) }));
}
const defined = (args: ReadonlyMap<string, string | undefined>): Map<string, string> =>
  new Map([...args].filter((entry): entry is [string, string] => entry[1] !== undefined));

/** Throws ApiError 400 for what is no platform, 501 for another one than this machine's. */
function checkPlatform(text: string): void {
  let platform: Platform;
  try {
    platform = parsePlatform(text);
  } catch (cause) {
    throw badParameter(`failed to parse platform ${text}: ${(cause as Error).message}`);
  }
  if (showPlatform(platform) !== showPlatform(hostPlatform()))
    throw new ApiError(501, `FROM --platform=${text}: not there yet in Drydock`);
}

const from: Omit<BuildStep, 'do'> & { do(k: Kernel, c: BuildContext, place: Place, stage: Stage): Promise<void> } = {
  id: 'build.from',
  title: 'Begin a stage from its base',
  explain: `FROM names what the stage stands on: an image, which is pulled when it is not there, an earlier stage, or scratch, which is nothing. Its layers are below everything that follows, and its settings (ENV, USER, CMD …) are where the stage begins.
A stage ends where the next one begins; only the last one becomes the result, so compilers and sources of an earlier stage take no room in it. Stages run side by side until one needs another; what the result does not need is not built. ONBUILD instructions of the base run now. See the Dockerfile reference, "FROM", and the OCI image specification, "Image Configuration".`,
  async do(k, c, place, stage) {
    const { one, number } = place;
    sayBegin(c, place);
    const base = expandAt(stage.base, defined(c.globals), c.file!.escape, one.line);
    if (!base) throw badParameter(`base name (${stage.base}) should not be blank`);
    const platform = one.flags.get('platform');
    if (platform !== undefined) checkPlatform(expandAt(platform, defined(c.globals), c.file!.escape, one.line));
    const state = stageOf(c);
    const isNamed = c.named.has(base);
    const replaced = c.named.image(stage.name ?? '') ?? c.named.image(base);
    if (c.named.has(stage.name ?? '') || isNamed)
      if (replaced === undefined)
        throw new ApiError(501, `FROM ${base}, a directory of the client: not there yet in Drydock`);
    const index = /^\d+$/.test(base) || replaced !== undefined ? -1 : stageIndex(c.stages, state.index, base);
    const earlier = index < 0 ? undefined : await c.lanes!.when(index);
    // it has no image yet on which the cache could have been asked
    if (c.asked.explain && earlier?.missed) state.missed = true;
    const image = earlier
      ? earlier.image
      : base === 'scratch' && replaced === undefined
        ? undefined
        : await c.runtime.image(replaced ?? base, c.asked.pull);
    if (image) keepImage(c, image);
    state.image = image;
    state.chain = earlier ? { ...earlier.chain, made: [...earlier.chain.made] } : { base: image?.id ?? '', made: [] };
    state.config = structuredClone(image?.config.config ?? {});
    if (!state.config.Env?.some((entry) => entry.startsWith('PATH=')))
      state.config.Env = [...(state.config.Env ?? []), `PATH=${DEFAULT_PATH}`];
    k.fact({ kind: 'file', key: base, value: image?.id ?? 'nothing below' });
    tellBase(k, place, image);
    if (image) sayImage(c, image.id);
    else c.say.tell(' ---> \n');
    trigger(k, c, state, number);
  },
};

/** The ONBUILD instructions of the base come after its FROM. */
function trigger(k: Kernel, c: BuildContext, { config }: StageState, number: string): void {
  const triggers = config.OnBuild ?? [];
  delete config.OnBuild;
  if (!triggers.length) return;
  c.say.tell(`# Executing ${triggers.length} build trigger${triggers.length > 1 ? 's' : ''}\n`);
  const place = c.steps.findIndex(({ id }) => id === `${from.id}@${number}/${c.total}`);
  const places = triggers.map((text, index) => ({ one: parseTrigger(text), number: `${number}.${index + 1}` }));
  for (const { one } of places) refuseFlags(one, c.asked.isClassic ?? false);
  tellPlan(
    k,
    places.map((one) => ({ ...one, stage: stageOf(c).index })),
  );
  const steps = places.flatMap((one) => stepsOf(one, c));
  // the lane goes through this list
  c.steps.splice(place + 1, 0, ...steps);
}

const fromOf = (stage: Stage, place: Place, total: number): BuildStep => ({
  ...from,
  id: `${from.id}@${place.number}/${total}`,
  do: (k, c) => from.do(k, c, place, stage),
});

const tag: BuildStep = {
  id: 'build.tag',
  title: 'Name the image',
  explain: `The result gets its names, and each of them leaves the image that had it before. This is the last step, so a build that fails leaves every name where it was.
The image itself is known by its id, the digest of its config. See the OCI image specification, "Image Configuration".`,
  async do(k, c) {
    const last = c.stages.at(-1)!;
    if (!last.image) throw badParameter('No image was generated. Is your Dockerfile empty?');
    if (c.asked.inlineCache) {
      last.image = withInlineCache(c, last.image);
      c.say.made(last.image.id);
    }
    const { image } = last;
    const unused = [...c.asked.args.keys()].filter((name) => !c.usedArgs.has(name) && !isProxy(name));
    if (unused.length) c.say.tell(`[Warning] One or more build-args [${unused.join(' ')}] were not consumed\n`);
    for (const text of c.mended)
      c.say.tell(`[Warning] ${text} was mended by hand: another build does it anew, and may fail\n`);
    c.cache.finished(image.id);
    await keepContext(c);
    await removeTree(c.dir);
    c.say.tell(`Successfully built ${shortOf(image.id)}\n`);
    for (const name of c.asked.tags) {
      const familiar = familiarName(parseReference(name));
      c.runtime.images.tag(image.id, familiar);
      k.fact({ kind: 'file', key: familiar, value: image.id });
      c.say.tell(`Successfully tagged ${familiar}\n`);
    }
  },
};

export const TITLE = 'Build an image';
/** For readers, and for what a daemon that died left: each step once. */
export const build: Phase<BuildContext> = {
  id: 'build',
  title: TITLE,
  steps: [receive, parse, from as BuildStep, ...(templates as readonly BuildStep[]), exportCache, tag],
};
