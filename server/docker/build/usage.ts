/** POST /build/prune, and the build cache in GET /system/df. Engine API, "Delete builder cache". */
import type { CacheUsage } from '../../../runtime/engine/build-usage.ts';
import { matching, readFilters, truth, untilTime, type Filters } from '../http/filters.ts';
import type { Exchange } from '../http/route.ts';

const FILTERS = ['until', 'id', 'parent', 'type', 'description', 'inuse', 'shared', 'private', 'label', 'label!'];
const time = (ms: number): string => new Date(ms).toISOString();

export const cacheView = ({ id, type, description, inUse, shared, size, created, used, uses, parent }: CacheUsage) => ({
  ID: id,
  Type: type,
  Description: description,
  InUse: inUse,
  Shared: shared,
  Size: size,
  CreatedAt: time(created),
  LastUsedAt: used === undefined ? null : time(used),
  UsageCount: uses ?? 0,
  ...(parent && { Parents: [parent] }),
});

/** Which records the filters name; labels no record has. */
export function wantedBy(filters: Filters): (usage: CacheUsage) => boolean {
  const until = untilTime(filters);
  const [inUse, shared, isPrivate] = ['inuse', 'shared', 'private'].map((name) => truth(filters, name));
  const is = (name: string, text: string | undefined) =>
    !filters.get(name)?.length || filters.get(name)!.some((value) => text?.startsWith(value));
  return (usage) =>
    (until === undefined || (usage.used ?? usage.created) < until) &&
    is('id', usage.id) &&
    is('parent', usage.parent) &&
    is('type', usage.type) &&
    (matching(filters, 'description', [usage.description])?.size ?? 1) > 0 &&
    (inUse ?? usage.inUse) === usage.inUse &&
    (shared ?? usage.shared) === usage.shared &&
    (isPrivate ?? !usage.shared) === !usage.shared &&
    !filters.get('label')?.length;
}

export async function prune(x: Exchange): Promise<object> {
  const wants = wantedBy(readFilters(x.query, FILTERS));
  const keepBytes = x.query.integer('keep-storage') ?? x.query.integer('reserved-space') ?? 0;
  const removed = await x.engine.builds.usage.prune({ wants, keepBytes });
  return {
    CachesDeleted: removed.length ? removed.map(({ id }) => id) : null,
    SpaceReclaimed: removed.reduce((sum, { size }) => sum + size, 0),
  };
}
