/** Saves and loads images. Engine API, "Export an image", "Export several images", "Import images". */
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { parseJson } from '../../../runtime/json/parse-json.ts';
import type { Platform } from '../../../runtime/image/manifest/manifest.ts';
import { familiarName } from '../../../runtime/image/manifest/reference.ts';
import type { PullProgress } from '../../../runtime/image/pull.ts';
import { messageOf } from '../http/failures.ts';
import { passBody } from '../http/pass-body.ts';
import type { Exchange, Routes } from '../http/route.ts';
import { sendParts } from '../http/send-parts.ts';
import { walkedBy } from '../http/walked.ts';
import { progressLine, throttle } from './progress.ts';

/** The platform of API 1.48: JSON of the OCI image spec's platform. Throws ApiError 400. */
export function platformOf(x: Exchange): Platform | undefined {
  const text = x.query.text('platform');
  if (!text) return undefined;
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw badParameter(`failed to parse platform: ${(cause as Error).message}`);
  }
  const { os, architecture, variant } = (value ?? {}) as Record<string, unknown>;
  if (typeof os !== 'string' || typeof architecture !== 'string' || !os || !architecture)
    throw badParameter('both OS and Architecture must be provided');
  return { os, architecture, ...(typeof variant === 'string' && variant && { variant }) };
}

/** An error before the first part is answered with a status; a later one cuts the archive off. */
async function save(x: Exchange, names: readonly string[]): Promise<void> {
  const { res } = x;
  const begin = () => void (res.headersSent || res.writeHead(200, { 'Content-Type': 'application/x-tar' }));
  await x.engine.archives.save({
    names,
    platform: platformOf(x),
    ...walkedBy(x, begin),
    send: (parts) => sendParts(res, parts, begin),
  });
  res.end();
}

async function load(x: Exchange): Promise<void> {
  const { res } = x;
  const quiet = x.query.flag('quiet', true);
  const platform = platformOf(x);
  const begin = () => void (res.headersSent || res.writeHead(200, { 'Content-Type': 'application/json' }));
  const line = (value: object) => {
    if (res.destroyed) return;
    begin();
    res.write(`${JSON.stringify(value)}\r\n`);
  };
  const passes = throttle();
  try {
    const loaded = await x.engine.archives.load({
      platform,
      pass: (fd, signal) => passBody(x.req, fd, signal),
      progress: (told: PullProgress) => {
        if (!quiet && passes(told) && !res.writableNeedDrain) line(progressLine(told));
      },
      ...walkedBy(x, begin),
    });
    for (const { names, replaced } of loaded) {
      for (const { name, id } of replaced)
        line({
          stream: `The image ${familiarName(name)} already exists, renaming the old one with ID ${id} to empty string\n`,
        });
      for (const name of names) line({ stream: `Loaded image: ${familiarName(name)}\n` });
    }
    // like dockerd: ids are told when no image has a name
    if (!loaded.some(({ names }) => names.length))
      for (const { image } of loaded) line({ stream: `Loaded image ID: ${image.id}\n` });
  } catch (error) {
    line({ errorDetail: { message: messageOf(error) }, error: messageOf(error) });
  }
  res.end();
}

export const imagesArchives: Routes = {
  'GET /images/get': (x) => {
    const names = x.query.list('names');
    if (!names.length) throw badParameter('names must name at least one image');
    return save(x, names);
  },
  'GET /images/*name/get': (x) => save(x, [x.param('name')]),
  'POST /images/load': load,
};
