/** The steps of one instruction of a Dockerfile: look it up in the cache, do it, make an image of what it changed. */
import { join, posix } from 'node:path';
import { ApiError, badParameter } from '../../errors/api-error.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { BuildContext, Place, Prepared, StageState } from '../../build/build.ts';
import { archived } from '../../build/files/archived.ts';
import { bodyFile, emptyDirectory } from '../../build/files/scratch.ts';
import { commitImage } from '../../build/commit.ts';
import type { Digested, Source } from '../../build/context/sources.ts';
import { copyWords, preparedCopy, prepareMetadata, prepareRun, scopeOf } from '../../build/instructions/prepare.ts';
import type { Instruction } from '../../build/dockerfile/parse.ts';
import type { Step } from '../../operation/step.ts';
import { unpackFrom } from '../../build/instructions/from-stage.ts';
import { sayImage, sayOutput } from './texts.ts';

type BuildStep = Step<BuildContext>;
/** A step of an instruction, before it belongs to one. */
interface Template extends Omit<BuildStep, 'do' | 'when'> {
  when?(c: BuildContext): boolean;
  do(k: Kernel, c: BuildContext, place: Place): Promise<void>;
}

const stageOf = (c: BuildContext): StageState => c.stages.at(-1)!;
const isCopy = ({ keyword }: Instruction): boolean => keyword === 'COPY' || keyword === 'ADD';

/** COPY's files, from the context, another stage or image, or its heredocs. */
async function sourcesOf(k: Kernel, c: BuildContext, { one, number }: Place, words: string[]): Promise<Source[]> {
  const from = one.flags.get('from');
  const dir = join(c.dir, 'context');
  if (from !== undefined) return unpackFrom(k, c, from, words, number);
  const inline = join(c.dir, `heredoc-${number}`);
  return words.map((word) => {
    const doc = one.heredocs.find(({ name }) => word.startsWith('<<') && word.replace(/^<<-?|["']/g, '') === name);
    if (!doc) return { dir, pattern: word };
    const { expand } = scopeOf(c, stageOf(c), stageOf(c).config, one.line);
    const text = doc.expand
      ? doc.body.replace(/[^\n]+/g, (line) => expand(line.replace(/["'\\](?!\$)/g, '\\$&')))
      : doc.body;
    return bodyFile(inline, doc.name, text);
  });
}

async function prepareCopy(k: Kernel, c: BuildContext, place: Place): Promise<Prepared> {
  const stage = stageOf(c);
  const { one } = place;
  const { sources: words, target } = copyWords(c, stage, one);
  const sources = await sourcesOf(k, c, place, words);
  const { digest, found, archives } = await k.job<Digested>('build-digest', sources).catch((error: Error) => {
    throw badParameter(`${one.keyword} failed: ${error.message}`);
  });
  if (!found.length) throw badParameter(`${one.keyword} failed: no source files were specified`);
  if (one.keyword === 'ADD' && archives.length)
    throw new ApiError(501, `ADD of an archive (${archives[0]}), which is to be unpacked: not there yet in Drydock`);
  const chown = one.flags.get('chown');
  const owner = chown && scopeOf(c, stage, stage.config, one.line).expand(chown);
  return preparedCopy(stage, one, target, { digest, found, ...(owner && { owner }) });
}

const lookUp: Template = {
  id: 'build.look-up',
  title: 'Look the instruction up in the cache',
  explain: `The key is the image below, the instruction with the values of its ARGs, and for COPY a hash of the files: names, modes, owners and content. An image that was made here with the same key is taken instead of doing the work.
Times of files are not in the key, because each checkout has others. After the first miss a stage looks nothing up: each later image would stand on another one. See the Docker documentation, "Build cache invalidation", and lstat(2).`,
  async do(k, c, place) {
    const { one, number } = place;
    const stage = stageOf(c);
    c.hit = false;
    c.container = c.direct = undefined;
    c.asked.tell(`Step ${number}/${c.total} : ${one.text}\n`);
    const prepared = isCopy(one)
      ? await prepareCopy(k, c, place)
      : one.keyword === 'RUN'
        ? prepareRun(c, stage, one)
        : prepareMetadata(c, stage, one);
    c.prepared = prepared;
    const known = c.asked.noCache || stage.missed ? undefined : c.cache.find(stage.image?.id ?? '', prepared.createdBy);
    const image = known && c.runtime.images.find(known);
    k.fact({ kind: 'file', key: prepared.createdBy, value: image ? image.id : 'not in the cache' });
    if (!image) return void (stage.missed = true);
    c.hit = true;
    Object.assign(stage, { image, config: structuredClone(image.config.config ?? {}) });
    c.asked.tell(' ---> Using cache\n');
    sayImage(c, image.id);
  },
};

const run: Template = {
  id: 'build.run',
  title: 'Run the command in a container',
  explain: `RUN is a container like any other: its image is what the instructions above have made, and what it changes in its writable layer becomes the next layer. Its own steps are in the journal of that container.
A command that ends with another code than 0 ends the build, because what follows relies on it. When the client goes away, the container is killed with everything that it started. See the Dockerfile reference, "RUN", and wait(2).`,
  when: (c) => !c.hit && c.prepared?.run !== undefined,
  async do(k, c) {
    const { image } = stageOf(c);
    const { command, env } = c.prepared!.run!;
    if (!image) throw badParameter('RUN needs a file system, and scratch has none');
    c.container = await c.runtime.create(image, {
      Cmd: command,
      Env: env,
      ...(c.asked.networkMode && { NetworkMode: c.asked.networkMode }),
    });
    c.asked.tell(` ---> Running in ${c.container.slice(0, 12)}\n`);
    k.fact({ kind: 'file', key: 'container', value: c.container });
    const code = await c.runtime.run(c.container, (stream, text) => sayOutput(c, stream, text), c.signal);
    if (code)
      throw new ApiError(500, `The command '${command.join(' ')}' returned a non-zero code: ${code}`, {
        exitCode: code,
      });
  },
  async undo(_k, c) {
    for (const id of c.runtime.containers()) await c.runtime.remove(id);
  },
};

const relative = (path: string): string => path.replace(/^\/+|\/+$/g, '');

const copy: Template = {
  id: 'build.copy',
  title: 'Copy the files',
  explain: `The files become an archive with the names that they get in the image, and a worker unpacks it in a container that is never started. The kernel resolves each name with that container's root as /, so a link in the image leads where it would lead a process in it.
They belong to root unless --chown names an owner; files of another stage keep theirs. See the Dockerfile reference, "COPY", and openat2(2).`,
  when: (c) => !c.hit && c.prepared?.copy !== undefined,
  async do(_k, c) {
    const { image } = stageOf(c);
    const { found, target, slash, owner } = c.prepared!.copy!;
    const many = found.length > 1 || slash;
    if (!image?.layers.length) {
      if (owner && !/^0(:0)?$/.test(owner))
        throw new ApiError(501, `--chown=${owner} in the first layer of an image: not there yet in Drydock`);
      c.direct = archived({ found, target: relative(target), into: many });
      return;
    }
    c.container = await c.runtime.create(image, { Cmd: ['/'] });
    const kind = await c.runtime.kind(c.container, target);
    if (kind === 'other' && (many || found[0]!.directory))
      throw badParameter(`cannot copy to non-directory: ${target}`);
    const input = { found, target: relative(target), into: many || kind === 'directory' };
    await c.runtime.write(c.container, '/', archived(input), owner);
  },
};

const directory: Template = {
  id: 'build.make-directory',
  title: 'Make the working directory',
  explain: `WORKDIR names the directory of the instructions below it and of the program. It is made when the image does not have it, as root and with mode 755.
Without it the next RUN would fail with chdir(2): No such file or directory. See the Dockerfile reference, "WORKDIR".`,
  when: (c) => !c.hit && c.prepared?.makes !== undefined,
  async do(_k, c) {
    const { image } = stageOf(c);
    const path = c.prepared!.makes!;
    if (!image?.layers.length || path === '/') return;
    const container = await c.runtime.create(image, { Cmd: ['/'] });
    c.container = container;
    if ((await c.runtime.kind(container, path)) !== undefined) return;
    const empty = emptyDirectory(join(c.dir, 'empty'), posix.basename(path));
    const found = [{ path: empty, name: 'empty', directory: true }];
    await c.runtime.write(
      container,
      '/',
      archived({ found, target: relative(posix.dirname(path)), into: true }),
      '0:0',
    );
  },
};

const commit: Template = {
  id: 'build.commit',
  title: 'Make an image of it',
  explain: `What the instruction changed is written as a tar archive and hashed on the way; the hash is the layer's diffID. An image is the config: that list of layers, the settings for a container, and the history. It gets no name yet, and the cache remembers of what it came.
An instruction that changed no file adds a line to the history and no layer. See the OCI image specification, "Image Configuration".`,
  when: (c) => !c.hit,
  async do(k, c) {
    const stage = stageOf(c);
    const { container, direct, prepared } = c;
    const parts = direct ?? (container && c.runtime.diff(container));
    const image = await commitImage(k, c, stage, prepared!, parts || undefined);
    if (container && !(prepared!.run && c.asked.keep)) await c.runtime.remove(container);
    if (container && prepared!.run && !c.asked.keep)
      c.asked.tell(` ---> Removed intermediate container ${container.slice(0, 12)}\n`);
    if (image.id !== stage.image?.id)
      c.cache.add({ parent: stage.image?.id ?? '', key: prepared!.createdBy, image: image.id });
    Object.assign(stage, { image, config: structuredClone(image.config.config ?? {}) });
    k.fact({ kind: 'file', key: 'image', value: image.id });
    sayImage(c, image.id);
  },
  inspect: (_k, c) =>
    Promise.resolve([
      {
        title: 'the images of the stages',
        lines: c.stages.map(({ name, image }, index) => `${name ?? index}: ${image?.id ?? 'scratch'}`),
      },
    ]),
};

export const templates: readonly Template[] = [lookUp, run, copy, directory, commit];

/** The steps of one instruction: 'build.run@3/7'. */
export const stepsOf = (place: Place, total: number): BuildStep[] =>
  templates.map((template) => ({
    ...template,
    id: `${template.id}@${place.number}/${total}`,
    do: (k: Kernel, c: BuildContext) => template.do(k, c, place),
  }));
