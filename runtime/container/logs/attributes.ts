/**
 * What `docker logs --details` shows before each line: the labels and variables that the options `labels` and `env`
 * name, or that `labels-regex` and `env-regex` find, and the tag. They are the same for all lines, so they are not
 * written into the log.
 */
import { badParameter } from '../../errors/api-error.ts';
import type { LogOpts } from './driver.ts';
import { namesLike } from './name-pattern.ts';

/** The container, as dockerd's logger.Info shows it to a tag's template. */
export interface LogSubject {
  id: string;
  name: string;
  image: string;
  imageID: string;
  command: readonly string[];
  labels: Readonly<Record<string, string>>;
  env: readonly string[];
}

const FIELDS: Readonly<Record<string, (of: LogSubject) => string>> = {
  ID: ({ id }) => id.slice(0, 12),
  FullID: ({ id }) => id,
  Name: ({ name }) => name,
  ImageID: ({ imageID }) => imageID.slice(0, 12),
  ImageFullID: ({ imageID }) => imageID,
  ImageName: ({ image }) => image,
  Command: ({ command }) => command.join(' '),
  DaemonName: () => 'drydock',
};

/** The parts of a template: text, and names of fields in `{{.Name}}`. */
function* partsOf(template: string): Generator<{ text: string } | { field: string }> {
  for (let at = 0; at < template.length;) {
    const open = template.indexOf('{{', at);
    if (open < 0) return yield { text: template.slice(at) };
    if (open > at) yield { text: template.slice(at, open) };
    const close = template.indexOf('}}', open);
    const inside = close < 0 ? '' : template.slice(open + 2, close).trim();
    if (!inside.startsWith('.') || !Object.hasOwn(FIELDS, inside.slice(1)))
      throw badParameter(
        `failed to initialize logging driver: template: log-tag: ${JSON.stringify(template.slice(open, open + 60))}: ` +
          `give one of ${Object.keys(FIELDS)
            .map((name) => `{{.${name}}}`)
            .join(' ')}`,
      );
    yield { field: inside.slice(1) };
    at = close + 2;
  }
}

/** Throws ApiError 400 for a template that cannot be filled in. */
export const checkTag = (template: string | undefined): void => void [...partsOf(template ?? '')];

export const tagOf = (template: string, subject: LogSubject): string =>
  [...partsOf(template)].map((part) => ('text' in part ? part.text : FIELDS[part.field]!(subject))).join('');

/** Go's url.QueryEscape. */
const escaped = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');

/** 'key=value,other=value', sorted by key. */
export function attributesOf(options: LogOpts, subject: LogSubject): string {
  const variables = Object.fromEntries(
    subject.env
      .filter((entry) => entry.includes('='))
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
  const named = (list: string | undefined, from: Readonly<Record<string, string>>): [string, string][] =>
    (list ?? '').split(',').flatMap((name) => (Object.hasOwn(from, name) ? [[name, from[name]!]] : []));
  const like = (pattern: string | undefined, from: Readonly<Record<string, string>>): [string, string][] =>
    pattern ? namesLike(pattern, Object.keys(from)).map((name) => [name, from[name]!]) : [];
  const all = new Map([
    ...named(options['labels'], subject.labels),
    ...like(options['labels-regex'], subject.labels),
    ...named(options['env'], variables),
    ...like(options['env-regex'], variables),
    ...(options['tag'] ? [['tag', tagOf(options['tag'], subject)] as [string, string]] : []),
  ]);
  return [...all.keys()]
    .sort()
    .map((key) => `${escaped(key)}=${escaped(all.get(key)!)}`)
    .join(',');
}
