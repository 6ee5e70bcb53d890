/** Lists and inspects images and shows their history. Engine API, "Images". */
import { historyOf } from '../../../runtime/image/manifest/history.ts';
import type { Image } from '../../../runtime/image/manifest/image.ts';
import { familiarName, normalize } from '../../../runtime/image/manifest/reference.ts';
import { badParameter, notFound } from '../../../runtime/errors/api-error.ts';
import { hasLabels, readFilters, truth, untilTime } from '../http/filters.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { rfc3339 } from '../http/humanize.ts';

/** The image of the path, or 404 in docker's words with the tag that was meant. */
export function the(x: Exchange): Image {
  const name = x.param('name');
  if (!name.trim()) throw badParameter('image name cannot be blank');
  const image = x.engine.images.find(name);
  if (image) return image;
  let full = name;
  try {
    full = familiarName(normalize(name));
  } catch {
    // text that is not a reference is repeated unchanged
  }
  throw notFound(`No such image: ${full}`);
}

const created = (image: Image): number => Date.parse(image.config.created ?? '') || 0;
const usedBy = (x: Exchange, image: Image) => x.engine.containers().filter((c) => c.container.image?.id === image.id);

export const imageView = (x: Exchange, image: Image): object => ({
  Id: image.id,
  ParentId: x.engine.builds.cache.parentOf(image.id),
  RepoTags: image.tags,
  RepoDigests: image.digests,
  Created: Math.floor(created(image) / 1000),
  Size: image.size,
  ...(x.api < 44 && { VirtualSize: image.size }),
  SharedSize: -1,
  Labels: image.config.config?.Labels ?? null,
  Containers: x.query.flag('shared-size') ? usedBy(x, image).length : -1,
});

const KNOWN = ['before', 'dangling', 'label', 'reference', 'since', 'until'];

/** The `reference` filter is a shell pattern for 'name', 'name:tag' and 'name@digest'; '*' does not match '/'. */
const globs = (patterns: readonly string[], name: string): boolean =>
  [name, name.replace(/(@sha256:[a-f0-9]+|:[^:/]*)$/, '')].some((text) =>
    patterns.some((pattern) => glob(pattern, text)),
  );

/** The image with only those names that match; undefined when none matches. */
function underNames(image: Image, patterns: readonly string[] | undefined): Image | undefined {
  if (!patterns) return image;
  const [tags, digests] = [image.tags, image.digests].map((names) => names.filter((name) => globs(patterns, name))) as [
    string[],
    string[],
  ];
  return tags.length || digests.length ? { ...image, tags, digests } : undefined;
}

/** Matches '*' and '?'. It goes back to the last star only, so a hostile pattern cannot take exponential time. */
function glob(pattern: string, text: string): boolean {
  let [p, t, star, mark] = [0, 0, -1, 0];
  while (t < text.length) {
    if (pattern[p] === '*') [star, mark, p] = [p, t, p + 1];
    else if (p < pattern.length && (pattern[p] === '?' ? text[t] !== '/' : pattern[p] === text[t]))
      [p, t] = [p + 1, t + 1];
    else if (star >= 0 && text[mark] !== '/') [mark, t, p] = [mark + 1, mark + 1, star + 1];
    else return false;
  }
  return /^\**$/.test(pattern.slice(p));
}

function list(x: Exchange): object {
  const filters = readFilters(x.query, KNOWN);
  const dangling = truth(filters, 'dangling');
  const until = untilTime(filters) ?? Infinity;
  const edge = (name: string) =>
    filters.get(name)?.map((ref) => {
      const image = x.engine.images.find(ref);
      if (!image) throw notFound(`No such image: ${ref}`);
      return created(image);
    });
  const [before, since] = [edge('before'), edge('since')];
  // like dockerd: the images below others of a build are shown with `all` alone
  const inner = (image: Image) => !image.tags.length && x.engine.builds.cache.isParent(image.id);
  return x.engine.images
    .list()
    .filter(
      (image) =>
        (x.query.flag('all') || !inner(image)) &&
        (dangling === undefined || dangling === !image.tags.length) &&
        hasLabels(filters.get('label'), image.config.config?.Labels) &&
        created(image) < until &&
        (before?.every((time) => created(image) < time) ?? true) &&
        (since?.every((time) => created(image) > time) ?? true),
    )
    .sort((a, b) => created(b) - created(a))
    .flatMap((image) => underNames(image, filters.get('reference')) ?? [])
    .map((image) => imageView(x, image));
}

/** Clients of dockerd read these keys without checking that they exist. */
const noConfig = {
  Hostname: '',
  Domainname: '',
  User: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Env: null,
  Cmd: null,
  Image: '',
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
};

/** The config's own text, which may have nanoseconds, where it is a time of RFC 3339 in UTC. */
function createdText(image: Image): string {
  const text = image.config.created ?? '';
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z$/.test(text) ? text : rfc3339(created(image));
}

function inspect(x: Exchange): object {
  const image = the(x);
  const { config } = image;
  return {
    Id: image.id,
    RepoTags: image.tags,
    RepoDigests: image.digests,
    Parent: x.engine.builds.cache.parentOf(image.id),
    Comment: config.comment || (config.history?.at(-1)?.comment ?? ''),
    Created: createdText(image),
    ...(x.api < 45 && { ContainerConfig: noConfig }),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Config: { ...noConfig, ...config.config },
    Architecture: config.architecture,
    ...(config.variant && { Variant: config.variant }),
    Os: config.os,
    Size: image.size,
    ...(x.api < 44 && { VirtualSize: image.size }),
    GraphDriver: x.engine.storage.imageGraphData(image),
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
    Metadata: { LastTagTime: rfc3339(0) },
  };
}

export const images: Routes = {
  'GET /images/json': list,
  'GET /images/*name/json': inspect,
  'GET /images/*name/history': (x) => historyOf(the(x)),
};
