import { createHash } from 'node:crypto';
import { hostPlatform } from '../image/manifest/platform.ts';
import type { Prepared } from './build.ts';
import { partOf, type KeyParts } from './cache/key-parts.ts';

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
          ...(run.insecure ? ['insecure'] : []),
        ]
      : null,
    copied ?? null,
    hostPlatform(),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** The same by name, for a reader. What follows from the parent alone is left out. */
export function partsOf({ text, createdBy, config, run, copy, files = [] }: Prepared): KeyParts {
  const settings = Object.entries(run || copy ? {} : config);
  const parts: [string, string][] = [
    ['the instruction', text ?? createdBy],
    ...(run?.args ?? []).map((arg): [string, string] => [`ARG ${nameOf(arg)}`, arg.slice(nameOf(arg).length + 1)]),
    ...(run?.hosts ?? []).map((host): [string, string] => ['--add-host', host]),
    ...(run?.network ? [['--network', run.network] as [string, string]] : []),
    ...(run?.insecure ? [['--security', 'insecure'] as [string, string]] : []),
    ...(run?.mounts ?? []).map((mount): [string, string] => [
      `mount ${mount.target ?? mount.id}`,
      JSON.stringify(mount),
    ]),
    ...settings.map(([name, value]): [string, string] => [`setting ${name}`, JSON.stringify(value)]),
    ...(copy ? [['the target', copy.target] as [string, string]] : []),
    ...files.map(([path, hash]): [string, string] => [`file ${path}`, hash]),
  ];
  return Object.fromEntries(parts.map(([name, value]) => [name, partOf(value)]));
}
const nameOf = (arg: string): string => arg.split('=', 1)[0]!;
