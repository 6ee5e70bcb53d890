/** docker history: Engine API, "Get the history of an image". */
import type { Image } from './image.ts';

export interface HistoryItem {
  Id: string;
  Created: number;
  CreatedBy: string;
  Tags: string[] | null;
  Size: number;
  Comment: string;
}

/** Newest first. `Created` is in seconds since 1970, `Size` in bytes of the layer's files. */
export function historyOf(image: Image): HistoryItem[] {
  const entries =
    image.config.history ?? image.layers.map(() => ({}) as NonNullable<Image['config']['history']>[number]);
  let next = 0;
  const items = entries.map(({ created, created_by, comment, empty_layer }): HistoryItem => ({
    Id: '<missing>',
    Created: Math.floor((Date.parse(created ?? '') || 0) / 1000),
    CreatedBy: created_by ?? '',
    Tags: null,
    Size: empty_layer ? 0 : (image.layers[next++]?.size ?? 0),
    Comment: comment ?? '',
  }));
  const newest = items.reverse()[0];
  if (newest) Object.assign(newest, { Id: image.id, Tags: image.tags.length ? image.tags : null });
  return items;
}
