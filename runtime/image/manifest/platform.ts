/**
 * Which of an index's images runs here: OCI image spec, "Image Index", platform; containerd's `platforms.Only`, which
 * dockerd asks.
 */
import { badParameter, Refusal } from '../../errors/api-error.ts';
import type { Descriptor, Index, Platform } from './manifest.ts';

/** Names that others use, and the one that the specification has; armhf and armel say a variant as well. */
const architectures = new Map<string, [architecture: string, variant?: string]>([
  ['x64', ['amd64']],
  ['x86_64', ['amd64']],
  ['x86-64', ['amd64']],
  ['aarch64', ['arm64']],
  ['ia32', ['386']],
  ['i386', ['386']],
  ['i686', ['386']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
]);
/** The variant that is meant when none is named. */
const defaultVariants = new Map([
  ['arm64', 'v8'],
  ['arm', 'v7'],
  ['amd64', 'v1'],
]);
const KNOWN_OS = [
  'aix',
  'android',
  'darwin',
  'dragonfly',
  'freebsd',
  'hurd',
  'illumos',
  'ios',
  'js',
  'linux',
  'nacl',
  'netbsd',
  'openbsd',
  'plan9',
  'solaris',
  'windows',
  'zos',
];
const KNOWN_ARCHITECTURES = [
  '386',
  'amd64',
  'amd64p32',
  'arm',
  'armbe',
  'arm64',
  'arm64be',
  'ppc64',
  'ppc64le',
  'loong64',
  'mips',
  'mipsle',
  'mips64',
  'mips64le',
  'mips64p32',
  'mips64p32le',
  'ppc',
  'riscv',
  'riscv64',
  's390',
  's390x',
  'sparc',
  'sparc64',
  'wasm',
];
const COMPONENT = /^[A-Za-z0-9_-]+$/;

function normal({ os, architecture, variant }: Platform): Required<Platform> {
  const [name, own] = architectures.get(architecture.toLowerCase()) ?? [architecture.toLowerCase()];
  // containerd takes '7' for 'v7' and '8' for 'v8'
  const given = (variant ?? '').toLowerCase().replace(/^(?=\d)/, 'v');
  return {
    os: os.toLowerCase() === 'macos' ? 'darwin' : os.toLowerCase(),
    architecture: name,
    variant: given || own || (defaultVariants.get(name) ?? ''),
  };
}

export const hostPlatform = (): Platform => ({
  os: 'linux',
  architecture: normal({ os: 'linux', architecture: process.arch }).architecture,
});

export const showPlatform = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, variant].filter(Boolean).join('/');

/** 'linux/arm64/v8', 'arm64', 'linux'. Throws Refusal 400 in the words of containerd, which are dockerd's. */
export function parsePlatform(text: string): Platform {
  const quoted = JSON.stringify(text);
  if (text.includes('*')) throw badParameter(`${quoted}: wildcards not yet supported: invalid argument`);
  const parts = text.split('/');
  for (const part of parts) {
    if (!COMPONENT.test(part))
      throw badParameter(
        `${JSON.stringify(part)} is an invalid component of ${quoted}: platform specifier component must match "${COMPONENT.source}": invalid argument`,
      );
  }
  if (parts.length > 3) throw badParameter(`${quoted}: cannot parse platform specifier: invalid argument`);
  const [first = '', second, variant] = parts;
  const host = hostPlatform();
  if (second === undefined && KNOWN_OS.includes(normal({ os: first, architecture: '' }).os))
    return { os: normal({ os: first, architecture: '' }).os, architecture: host.architecture };
  const wanted = second === undefined ? { os: host.os, architecture: first } : { os: first, architecture: second };
  const { os, architecture } = normal(wanted);
  if (second === undefined && !KNOWN_ARCHITECTURES.includes(architecture))
    throw badParameter(`${quoted}: unknown operating system or architecture: invalid argument`);
  const own = variant?.toLowerCase() ?? architectures.get(wanted.architecture.toLowerCase())?.[1];
  return { os, architecture, ...(own && { variant: own }) };
}

const older = (architecture: string, variant: string, oldest: number): Omit<Platform, 'os'>[] => {
  const newest = Number(/^v(\d)$/.exec(variant)?.[1] ?? 0);
  return Array.from({ length: Math.max(newest - oldest, 0) }, (_, j) => ({
    architecture,
    variant: `v${newest - 1 - j}`,
  }));
};
/** What else a processor runs, best first. */
const fallbacks: Record<string, (variant: string) => Omit<Platform, 'os'>[]> = {
  amd64: (variant) => [...older('amd64', variant, 1), { architecture: '386', variant: '' }],
  arm: (variant) => older('arm', variant, 5),
  arm64: (variant) => [...older('arm64', variant, 8), { architecture: 'arm', variant: 'v8' }, ...older('arm', 'v8', 5)],
};

/** 0: not for this platform; the higher, the better. */
function score(wanted: Platform, offered: Platform): number {
  const [want, have] = [normal(wanted), normal(offered)];
  if (want.os !== have.os) return 0;
  const runs = [
    want,
    ...(Object.hasOwn(fallbacks, want.architecture) ? fallbacks[want.architecture]!(want.variant) : []),
  ];
  const at = runs.findIndex(
    ({ architecture, variant }) => architecture === have.architecture && variant === have.variant,
  );
  // of two that mean the same the one that is written as it was asked for
  return at < 0 ? 0 : 100 - 2 * at + (offered.variant === wanted.variant ? 1 : 0);
}

/**
 * Whether a config is of this platform. Many configs name no variant, since the specification was late with it: they
 * are of each (dockerd's OnlyPlatformWithFallback). One without an architecture is taken for this machine's.
 */
export function matches(wanted: Platform, offered: Platform): boolean {
  if (!offered.architecture) return matches(wanted, { ...offered, architecture: hostPlatform().architecture });
  if (score(wanted, offered) > 0) return true;
  const [want, have] = [normal(wanted), normal(offered)];
  return !offered.variant && want.os === have.os && want.architecture === have.architecture;
}

/** The entries that may be meant, best first; behind them those that do not say for what they are. */
export function candidates(index: Index, wanted: Platform): Descriptor[] {
  const scored = index.manifests.map((entry) => ({
    entry,
    points: entry.platform ? score(wanted, entry.platform) : 0.5,
  }));
  return scored
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
    .map(({ entry }) => entry);
}

/** In docker's words. The index has a digest: no other registry has another one under it. */
export class NoMatch extends Refusal {
  constructor(wanted: Platform) {
    super(404, `no matching manifest for ${showPlatform(wanted)} in the manifest list entries`);
  }
}
