/** Which of an index's images runs here: OCI image spec, "Image Index", platform. */
import { badParameter, notFound } from '../machine/refusal.ts';
import type { Descriptor, Index, Platform } from './manifest.ts';

/** Names that others use, and the one that the specification has. */
const ARCHITECTURES: Record<string, string> = { x64: 'amd64', x86_64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64', ia32: '386', i386: '386', i686: '386', armhf: 'arm', armel: 'arm' };
/** The variant that is meant when none is named. */
const DEFAULT_VARIANT: Record<string, string> = { arm64: 'v8', arm: 'v7', amd64: 'v1' };
const ARM = ['v8', 'v7', 'v6', 'v5'];

export const hostPlatform = (): Platform => ({ os: 'linux', architecture: ARCHITECTURES[process.arch] ?? process.arch });

export const showPlatform = ({ os, architecture, variant }: Platform): string => [os, architecture, variant].filter(Boolean).join('/');

/** 'linux/arm64/v8', 'arm64', 'linux'. Throws Refusal 400. */
export function parsePlatform(text: string): Platform {
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || !parts.every((part) => /^[a-z0-9_.-]+$/.test(part))) {
    throw badParameter(`invalid platform ${JSON.stringify(text)}: give os/architecture[/variant], as linux/arm64`);
  }
  const [first = '', second, variant] = parts;
  if (parts.length === 1 && first === 'linux') return hostPlatform();
  const [os, architecture] = second === undefined ? ['linux', first] : [first, second];
  return { os, architecture: ARCHITECTURES[architecture] ?? architecture, ...(variant && { variant }) };
}

/** 0: not for this platform; the higher, the better. */
function score(wanted: Platform, offered: Platform): number {
  const architecture = ARCHITECTURES[offered.architecture] ?? offered.architecture;
  if (offered.os !== wanted.os || architecture !== wanted.architecture) return 0;
  const fallback = DEFAULT_VARIANT[architecture] ?? '';
  const want = wanted.variant ?? fallback;
  const have = offered.variant ?? fallback;
  if (want === have) return offered.variant === wanted.variant ? 100 : 90;
  // an older ARM's programs run on a newer one
  const older = architecture === 'arm' ? ARM.indexOf(have) - ARM.indexOf(want) : 0;
  return older > 0 && ARM.includes(want) ? 50 - older : 0;
}
export const matches = (wanted: Platform, offered: Platform): boolean => score(wanted, offered) > 0;

/** Throws Refusal 404 in docker's words. Entries without a platform, or for `unknown`, hold no image that runs. */
export function choosePlatform(index: Index, wanted: Platform): Descriptor {
  const scored = index.manifests.map((entry) => ({ entry, points: entry.platform ? score(wanted, entry.platform) : 0 }));
  const best = scored.reduce<(typeof scored)[number] | undefined>((a, b) => (b.points > (a?.points ?? 0) ? b : a), undefined);
  if (!best) throw notFound(`no matching manifest for ${showPlatform(wanted)} in the manifest list entries`);
  return best.entry;
}
