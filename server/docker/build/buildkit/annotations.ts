/** `--annotation` of a build, as its exporter gets it: 'annotation-manifest[linux/amd64].KEY' → VALUE. */
import { ApiError, badParameter } from '../../../../runtime/errors/api-error.ts';
import { hostPlatform, parsePlatform, showPlatform } from '../../../../runtime/image/manifest/platform.ts';

type Annotations = Record<string, string>;

const KEY = /^annotation(?:-(manifest|manifest-descriptor|index|index-descriptor))?(?:\[([^\]]*)\])?\.(.+)$/s;

export const isAnnotation = (key: string): boolean => key.startsWith('annotation');

/** Those of the manifest, and of its entry in the index. Throws ApiError 400. */
export function annotationsIn(attributes: Readonly<Record<string, string>>): {
  annotations: Annotations;
  descriptor: Annotations;
} {
  // a key may be '__proto__'
  const annotations = Object.create(null) as Annotations;
  const descriptor = Object.create(null) as Annotations;
  for (const [name, value] of Object.entries(attributes).filter(([key]) => isAnnotation(key))) {
    const [, level = 'manifest', platform, key] = KEY.exec(name) ?? [];
    if (key === undefined) throw badParameter(`invalid annotation ${JSON.stringify(name.slice(0, 200))}`);
    // in BuildKit's words
    if (level.startsWith('index'))
      throw new ApiError(400, 'index annotations not supported for single platform export');
    if (platform && showPlatform(parsePlatform(platform)) !== showPlatform(hostPlatform())) continue;
    (level === 'manifest' ? annotations : descriptor)[key] = value;
  }
  return { annotations, descriptor };
}
