/** The options of the front end dockerfile.v0 as those of the daemon's build engine. */
import { ApiError, badParameter } from '../../../../runtime/errors/api-error.ts';
import type { BuildOptions } from '../../../../runtime/engine/build-options.ts';
import { hostPlatform, parsePlatform, showPlatform } from '../../../../runtime/image/manifest/platform.ts';
import { imageName } from '../image-name.ts';
import { isInline } from '../is-inline.ts';
import { limitsOfAttributes } from '../limits.ts';

type Attributes = Readonly<Record<string, string>>;
type Options = Pick<
  BuildOptions,
  | 'dockerfile'
  | 'tags'
  | 'args'
  | 'labels'
  | 'noCache'
  | 'noCacheStages'
  | 'inlineCache'
  | 'pull'
  | 'keep'
  | 'target'
  | 'networkMode'
  | 'limits'
>;

/** What would make another result and cannot be done. */
const MISSING = ['requestid'];

/** 'build-arg:A' → 'b' as A → b. */
const below = (attributes: Attributes, prefix: string): [string, string][] =>
  Object.entries(attributes)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value]);

function checkPlatform(text: string | undefined): void {
  if (text && text.split(',').some((one) => showPlatform(parsePlatform(one)) !== showPlatform(hostPlatform())))
    throw new ApiError(501, `building for ${text}: not there yet in Drydock`);
}

/** Throws ApiError. */
export function optionsOf(attributes: Attributes, names: readonly string[]): Options {
  for (const name of MISSING)
    if (attributes[name]) throw new ApiError(501, `${name} of a build: not there yet in Drydock`);
  checkPlatform(attributes['platform']);
  const [target, networkMode] = [attributes['target'], attributes['force-network-mode']];
  if (networkMode && !['none', 'host', 'sandbox'].includes(networkMode))
    throw badParameter(`invalid network mode of a build: ${networkMode}`);
  return {
    dockerfile: attributes['filename'] || 'Dockerfile',
    tags: names.map(imageName),
    args: new Map(below(attributes, 'build-arg:')),
    labels: Object.fromEntries(below(attributes, 'label:')),
    noCache: attributes['no-cache'] === '',
    ...(attributes['no-cache'] && { noCacheStages: attributes['no-cache'].split(',') }),
    pull: attributes['image-resolve-mode'] === 'pull',
    keep: false,
    limits: limitsOfAttributes(attributes),
    inlineCache: isInline(attributes['build-arg:BUILDKIT_INLINE_CACHE']),
    ...(target && { target }),
    ...(networkMode && networkMode !== 'sandbox' && { networkMode }),
  };
}
