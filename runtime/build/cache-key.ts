import { createHash } from 'node:crypto';
import { hostPlatform } from '../image/manifest/platform.ts';
import type { Prepared } from './build.ts';

/**
 * The key of an instruction in the cache. The history's text alone is ambiguous: `ENV A="b C=d"` and `ENV A=b C=d` have
 * the same one. Added hosts are a part of it, because a command that asks one has another result; limits are not. Of a
 * mount what was asked for is in it, and for a bind its files; the content of a cache or secret is not.
 */
export function keyOf({ createdBy, config, run, copy }: Prepared): string {
  const copied = copy && [
    copy.target,
    copy.slash,
    copy.owner ?? '',
    ...(copy.permissions === undefined ? [] : [copy.permissions]),
  ];
  const parts = [
    createdBy,
    config,
    run
      ? [
          run.command,
          run.args,
          ...(run.hosts?.length ? [run.hosts] : []),
          ...(run.network ? [run.network] : []),
          ...(run.mounts?.length ? [run.mounts] : []),
        ]
      : null,
    copied ?? null,
    hostPlatform(),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
