/**
 * Matches platforms: which image of an index runs here. OCI image spec, "Image Index", platform; containerd's
 * `platforms.Only`, which dockerd uses.
 */
import { badParameter, ApiError } from '../../errors/api-error.ts';
import type { Descriptor, Index, Platform } from './manifest.ts';

/** Other names of architectures, and the specification's name for each. armhf and armel imply a variant too. */
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
/** The variant that an architecture has when none is named. */
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
  // containerd reads '7' as 'v7' and '8' as 'v8'
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

/**
 * Parses 'linux/arm64/v8', 'arm64' or 'linux'. Throws ApiError 400 in the words of containerd, which dockerd repeats.
 */
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
/** The other platforms that a processor runs, the best first. */
const fallbacks: Record<string, (variant: string) => Omit<Platform, 'os'>[]> = {
  amd64: (variant) => [...older('amd64', variant, 1), { architecture: '386', variant: '' }],
  arm: (variant) => older('arm', variant, 5),
  arm64: (variant) => [...older('arm64', variant, 8), { architecture: 'arm', variant: 'v8' }, ...older('arm', 'v8', 5)],
};

/** 0 when it does not run on the wanted platform; a higher score is better. */
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
  // of two equal platforms, prefer the one with the same spelling as the request
  return at < 0 ? 0 : 100 - 2 * at + (offered.variant === wanted.variant ? 1 : 0);
}

/**
 * Whether a config is for this platform. Many configs name no variant, because the specification added it late: they
 * match each variant (dockerd's OnlyPlatformWithFallback). A config without an architecture counts as one for this
 * machine.
 */
export function matches(wanted: Platform, offered: Platform): boolean {
  if (!offered.architecture) return matches(wanted, { ...offered, architecture: hostPlatform().architecture });
  if (score(wanted, offered) > 0) return true;
  const [want, have] = [normal(wanted), normal(offered)];
  return !offered.variant && want.os === have.os && want.architecture === have.architecture;
}

/** The entries that match, the best first, followed by the entries that state no platform. */
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

/**
 * The error in docker's words. It is final: the index has a digest, so no other registry has different content for it.
 */
export class NoMatch extends ApiError {
  constructor(wanted: Platform) {
    super(404, `no matching manifest for ${showPlatform(wanted)} in the manifest list entries`);
  }
}
