/** The config of an image that is made here from another one, or from nothing. */
import type { ImageConfig } from './image.ts';
import { hostPlatform } from './platform.ts';

export interface Child {
  config: NonNullable<ImageConfig['config']>;
  /** the diffID of the new layer; absent: only the config differs */
  diffID?: string | undefined;
  /** RFC 3339 */
  created: string;
  createdBy: string;
  author?: string | undefined;
  comment?: string | undefined;
}

/** Without a parent the image stands on nothing. */
export function childConfig(parent: ImageConfig | undefined, child: Child): ImageConfig {
  const { config, diffID, created, createdBy, author, comment } = child;
  const { os, architecture, variant } = parent ?? hostPlatform();
  const told = { ...(author && { author }), ...(comment && { comment }) };
  return {
    architecture,
    os,
    ...(variant && { variant }),
    ...told,
    created,
    config,
    rootfs: { type: 'layers', diff_ids: [...(parent?.rootfs.diff_ids ?? []), ...(diffID ? [diffID] : [])] },
    history: [
      ...(parent?.history ?? []),
      { created, ...(createdBy && { created_by: createdBy }), ...told, ...(!diffID && { empty_layer: true }) },
    ],
  };
}
