/** Parses an image's config from a registry into ImageConfig: OCI image spec, "Image Configuration". */
import { ApiError } from '../../errors/api-error.ts';
import { isDigest } from './digest.ts';
import type { ImageConfig } from './image.ts';
import { Checked } from '../../json/checked.ts';

type Execution = NonNullable<ImageConfig['config']>;
type HistoryEntry = NonNullable<ImageConfig['history']>[number];

/** Removes undefined fields, so that an absent field stays absent. */
const present = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

const readExecution = (from: Checked): Execution =>
  present({
    User: from.optional('User'),
    ExposedPorts: from.set('ExposedPorts'),
    Env: from.strings('Env'),
    Entrypoint: from.strings('Entrypoint'),
    Cmd: from.strings('Cmd'),
    Volumes: from.set('Volumes'),
    WorkingDir: from.optional('WorkingDir'),
    Labels: from.map('Labels'),
    StopSignal: from.optional('StopSignal'),
    Shell: from.strings('Shell'),
    Healthcheck: from.has('Healthcheck') ? from.raw('Healthcheck') : undefined,
    OnBuild: from.strings('OnBuild'),
    ArgsEscaped: from.raw('ArgsEscaped') === true ? true : undefined,
  });

function readHistory(value: unknown, index: number): HistoryEntry {
  const from = Checked.of(`the config's history ${index}`, value);
  return present({
    created: from.optional('created'),
    created_by: from.optional('created_by'),
    author: from.optional('author'),
    comment: from.optional('comment'),
    empty_layer: from.raw('empty_layer') === true ? true : undefined,
  });
}

/** Throws ApiError 500 that names the first field that does not follow the specification. */
export function readConfig(bytes: Buffer): ImageConfig {
  const from = Checked.parse("the image's config", bytes);
  const rootfs = from.object('rootfs');
  if ((rootfs.optional('type') || 'layers') !== 'layers') throw rootfs.wrong('type', '"layers"');
  const diffIDs = rootfs.has('diff_ids') ? rootfs.list('diff_ids', 499) : [];
  if (!diffIDs.every(isDigest)) throw rootfs.wrong('diff_ids', 'a list of sha256 digests');
  // like dockerd, takes a config without an os for one of the own os
  const os = from.optional('os') || 'linux';
  if (os !== 'linux')
    throw new ApiError(
      500,
      `image operating system ${JSON.stringify(os.slice(0, 40))} cannot be used on this platform: linux is needed`,
    );
  return present({
    created: from.optional('created'),
    author: from.optional('author'),
    comment: from.optional('comment'),
    docker_version: from.optional('docker_version'),
    architecture: from.optional('architecture') ?? '',
    os,
    variant: from.optional('variant') || undefined,
    config: from.has('config') ? readExecution(from.object('config')) : undefined,
    rootfs: { type: 'layers' as const, diff_ids: diffIDs },
    history: from.has('history') ? from.list('history', 10_000).map(readHistory) : undefined,
  });
}
