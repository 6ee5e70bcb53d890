/** Tags, removes and prunes images. Engine API, "Images". */
import type { Image } from '../../../runtime/image/manifest/image.ts';
import type { Removed } from '../../../runtime/engine/engine.ts';
import { familiarName, normalize } from '../../../runtime/image/manifest/reference.ts';
import { badParameter, ApiError } from '../../../runtime/errors/api-error.ts';
import { hasLabels, readFilters, truth, untilTime } from '../http/filters.ts';
import { the } from './images.ts';
import type { Exchange, Routes } from '../http/route.ts';

/**
 * Like dockerd, sends the image's labels unless the image is deleted. An untag event has the id as its name, not the
 * tag that was removed.
 */
function emit({ engine }: Exchange, action: 'tag' | 'untag' | 'delete', { id, config }: Image, name = id): void {
  engine.events.emit('image', action, id, { ...(action === 'delete' ? {} : config.config?.Labels), name });
}

async function tag(x: Exchange): Promise<number> {
  const image = the(x);
  const repo = x.query.text('repo');
  if (!repo) throw badParameter('repo must be the new name');
  const name = x.query.text('tag') ? `${repo}:${x.query.text('tag')}` : repo;
  const target = normalize(name);
  if (target.digest) throw badParameter(`refusing to create a tag with a digest reference: ${name}`);
  await x.engine.images.tag(image.id, familiarName(target));
  emit(x, 'tag', image, familiarName(target));
  return 201;
}

async function removeOne(x: Exchange, reference: string, image: Image, force: boolean): Promise<Removed[]> {
  const removed = await x.engine.images.remove(reference, { force });
  for (const line of removed) {
    if ('Untagged' in line) emit(x, 'untag', image);
    else if (line.Deleted === image.id) emit(x, 'delete', image);
  }
  return removed;
}

/**
 * Removes unused images: by default only those without a name, and with `dangling=false` all that no container uses.
 */
async function prune(x: Exchange): Promise<object> {
  const filters = readFilters(x.query, ['dangling', 'until', 'label', 'label!']);
  const onlyDangling = truth(filters, 'dangling') ?? true;
  const until = untilTime(filters) ?? Infinity;
  const used = new Set(x.engine.containers().map((c) => c.container.image?.id));
  const ImagesDeleted: Removed[] = [];
  let SpaceReclaimed = 0;
  for (const image of x.engine.images.list()) {
    const labels = image.config.config?.Labels;
    const spared = filters.get('label!');
    if (
      used.has(image.id) ||
      x.engine.images.leases.has(image.id) ||
      (!image.tags.length && x.engine.builds.cache.isParent(image.id)) ||
      (onlyDangling && image.tags.length) ||
      (Date.parse(image.config.created ?? '') || 0) >= until
    )
      continue;
    if (!hasLabels(filters.get('label'), labels) || (spared?.length && hasLabels(spared, labels))) continue;
    try {
      ImagesDeleted.push(...(await removeOne(x, image.id, image, true)));
      SpaceReclaimed += image.size;
    } catch (error) {
      // keep an image that a container has begun to use in the meantime
      if (!(error instanceof ApiError)) throw error;
    }
  }
  return { ImagesDeleted, SpaceReclaimed };
}

export const imagesChange: Routes = {
  'POST /images/*name/tag': tag,
  'POST /images/prune': prune,
  'DELETE /images/*name': (x) => removeOne(x, x.param('name'), the(x), x.query.flag('force')),
};
