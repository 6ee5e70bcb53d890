/**
 * Names of images, in the grammar of the distribution project:
 *
 *   reference  name [":" tag] ["@" digest]        name  [domain "/"] path
 *   domain     host [":" port]                    path  component *("/" component)
 *
 * Short names belong to docker.io: `ubuntu` is docker.io/library/ubuntu:latest.
 */
import { badParameter, type ApiError } from '../../errors/api-error.ts';

export interface Reference {
  /** 'docker.io', 'localhost:5000', '[::1]:5000' */
  domain: string;
  /** 'library/ubuntu' */
  path: string;
  tag?: string;
  digest?: string;
}

const DOCKER_HUB = 'docker.io';
const OLD_HUB = 'index.docker.io';
const OFFICIAL = 'library/';
const MAX_PATH = 255;

const label = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)';
const host = `(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])`;
const component = '[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*';
const path = `${component}(?:/${component})*`;
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';

const grammar = new RegExp(`^(${host}(?::[0-9]+)?)/(${path})(?::(${tag}))?(?:@(${digest}))?$`);
const wholeTag = new RegExp(`^${tag}$`);
const wholePath = new RegExp(`^${path}$`);

export const isTag = (text: string): boolean => wholeTag.test(text);
/** Whether this is the name of a repository in a registry: OCI distribution spec, "Pulling manifests". */
export const isPath = (text: string): boolean => text.length <= MAX_PATH && wholePath.test(text);

const invalid = (why = ''): ApiError => badParameter(`invalid reference format${why}`);

/**
 * The part before the first slash is a host only if it looks like one. Otherwise the whole name belongs to docker.io.
 */
function splitDomain(text: string): [domain: string, rest: string] {
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  const isHost = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase();
  const domain = !isHost || first === OLD_HUB ? DOCKER_HUB : first;
  const rest = isHost ? text.slice(slash + 1) : text;
  return [domain, domain === DOCKER_HUB && !rest.includes('/') ? OFFICIAL + rest : rest];
}

/** Throws ApiError 400 `invalid reference format…` in docker's words. Adds neither tag nor digest. */
export function parseReference(text: string): Reference {
  if (/^[a-f0-9]{64}$/.test(text))
    throw invalid(`: invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const [domain, rest] = splitDomain(text);
  const name = rest.replace(/:.*/s, '');
  if (name !== name.toLowerCase() && text.length < 4096)
    throw invalid(`: repository name (${name.replace(/@.*/s, '')}) must be lowercase`);
  const match = text.length < 4096 ? grammar.exec(`${domain}/${rest}`) : null;
  if (!match) throw invalid();
  const [, , itsPath = '', itsTag, itsDigest] = match;
  if (itsPath.length > MAX_PATH) throw invalid(`: repository name must not be more than ${MAX_PATH} characters`);
  if (itsDigest && !/^sha256:[a-f0-9]{64}$/.test(itsDigest))
    throw invalid(`: unsupported digest ${itsDigest.slice(0, 100)}, only sha256 is known`);
  return { domain, path: itsPath, ...(itsTag && { tag: itsTag }), ...(itsDigest && { digest: itsDigest }) };
}

/**
 * Like parseReference, with a pull's defaults: the tag is `latest` when there is neither tag nor digest, and a digest
 * replaces the tag.
 */
export function normalize(text: string): Reference {
  const ref = parseReference(text);
  if (ref.digest) return { domain: ref.domain, path: ref.path, digest: ref.digest };
  return { ...ref, tag: ref.tag ?? 'latest' };
}

const suffix = (ref: Reference): string => (ref.tag ? `:${ref.tag}` : '') + (ref.digest ? `@${ref.digest}` : '');
/** 'docker.io/library/ubuntu:latest' */
export const canonicalName = (ref: Reference): string => `${ref.domain}/${ref.path}${suffix(ref)}`;

/**
 * 'ubuntu': the repository as docker prints it. The name stays whole where the short form would mean another repository
 * (docker.io/localhost/a).
 */
export function familiarRepository(ref: Reference): string {
  const whole = `${ref.domain}/${ref.path}`;
  if (ref.domain !== DOCKER_HUB) return whole;
  const rest = ref.path.slice(OFFICIAL.length);
  const short = ref.path.startsWith(OFFICIAL) && !rest.includes('/') ? rest : ref.path;
  return splitDomain(short).join('/') === whole ? short : whole;
}
/** 'ubuntu:latest' */
export const familiarName = (ref: Reference): string => familiarRepository(ref) + suffix(ref);
/** Throws ApiError 400, in docker's words, for a name that no image gets by a client's wish. */
export function checkTag(ref: Reference): void {
  if (ref.digest) throw badParameter('refusing to create a tag with a digest reference');
  // such a name would be read as a digest
  if (familiarRepository(ref) === 'sha256')
    throw badParameter('refusing to create an ambiguous tag using digest algorithm as name');
}
export const isDockerHub = (ref: Reference): boolean => ref.domain === DOCKER_HUB;
