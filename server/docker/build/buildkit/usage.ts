/** What builds keep, as Control.DiskUsage and Prune tell it. */
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { CacheUsage, PruneAsked } from '../../../../runtime/engine/build-usage.ts';
import { badParameter } from '../../../../runtime/errors/api-error.ts';
import { UsageRecordSchema, type PruneRequest, type UsageRecord } from './proto/usage_pb.ts';

export const recordOf = (usage: CacheUsage): UsageRecord =>
  create(UsageRecordSchema, {
    ID: usage.id,
    Mutable: usage.type !== 'regular',
    InUse: usage.inUse,
    Size: BigInt(usage.size),
    CreatedAt: timestampFromMs(usage.created),
    ...(usage.used !== undefined && { LastUsedAt: timestampFromMs(usage.used) }),
    UsageCount: BigInt(usage.uses ?? 0),
    Description: usage.description,
    RecordType: usage.type,
    Shared: usage.shared,
    Parents: usage.parent ? [usage.parent] : [],
  });

const FIELDS: Readonly<Record<string, (usage: CacheUsage) => string>> = {
  id: ({ id }) => id,
  type: ({ type }) => type,
  description: ({ description }) => description,
  inuse: ({ inUse }) => String(inUse),
  mutable: ({ type }) => String(type !== 'regular'),
  immutable: ({ type }) => String(type === 'regular'),
  shared: ({ shared }) => String(shared),
  private: ({ shared }) => String(!shared),
};

/**
 * containerd's filters: 'type==regular,inuse' is both, and of several filters one is enough. Throws ApiError 400 for a
 * field that is not known.
 */
export function filterOf(filters: readonly string[]): (usage: CacheUsage) => boolean {
  const all = filters.map((filter) => filter.split(',').filter(Boolean).map(termOf));
  return (usage) => !all.length || all.some((terms) => terms.every((term) => term(usage)));
}

function termOf(text: string): (usage: CacheUsage) => boolean {
  const [, name = '', operator = '', value = ''] = /^(\w+)(?:(==|!=|~=)"?([^"]*)"?)?$/.exec(text) ?? [];
  const field = Object.hasOwn(FIELDS, name) ? FIELDS[name]! : undefined;
  if (!field) throw badParameter(`invalid filter ${text}`);
  if (operator === '~=') return (usage) => field(usage).includes(value);
  const wanted = operator ? value : 'true';
  return (usage) => (field(usage) === wanted) === (operator !== '!=');
}

export function pruneOf({ filter, keepDuration, keepBytes }: PruneRequest): PruneAsked {
  const isWanted = filterOf(filter);
  const until = Date.now() - Number(keepDuration / 1_000_000n);
  const wants = (usage: CacheUsage) => isWanted(usage) && (usage.used ?? usage.created) <= until;
  return { wants, keepBytes: Number(keepBytes) };
}
