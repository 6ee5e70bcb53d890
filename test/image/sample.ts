/** A small image in memory, and a pull of it with the machine's real steps. */
import { gzipSync } from 'node:zlib';
import { ImageStore } from '../../runtime/image/store/store.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../runtime/image/manifest/media-types.ts';
import type { Pull, PullContext, PullProgress } from '../../runtime/image/pull.ts';
import type { PracticeServer } from '../../runtime/image/practice/practice-server.ts';
import { daemonKernel } from '../../runtime/kernel/linux/linux.ts';
import type { Kernel } from '../../runtime/kernel/kernel.ts';
import type { Settings } from '../../runtime/data-root/settings.ts';
import { pull } from '../../runtime/steps/image/pull.ts';
import { archive, digestOf, type Made } from './tarball.ts';

export interface Sample {
  /** digest → bytes, for all blobs */
  blobs: Map<string, Buffer>;
  manifests: Map<string, { bytes: Buffer; mediaType: string }>;
  index: string;
  manifest: string;
  config: string;
  layers: string[];
}

interface More {
  architecture?: string;
  labels?: Record<string, string>;
  diffIDs?: string[];
  /** merged into the config; undefined removes a key */
  config?: object;
  compress?: { pack(tar: Buffer): Buffer; type: string };
}

/** One manifest for this machine, in an index that also names another platform. */
export function sample(layers: Made[][], more: More = {}): Sample {
  const blobs = new Map<string, Buffer>();
  const manifests: Sample['manifests'] = new Map();
  const blob = (bytes: Buffer, mediaType: string) => {
    blobs.set(digestOf(bytes), bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const document = (value: object, mediaType: string) => {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...value }));
    manifests.set(digestOf(bytes), { bytes, mediaType });
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const architecture = more.architecture ?? (process.arch === 'arm64' ? 'arm64' : 'amd64');
  const tars = layers.map((entries) => archive(...entries));
  const config = blob(
    Buffer.from(
      JSON.stringify({
        architecture,
        os: 'linux',
        config: { Cmd: ['/bin/sh'], Env: ['A=b'], Labels: more.labels ?? {} },
        rootfs: { type: 'layers', diff_ids: more.diffIDs ?? tars.map(digestOf) },
        history: layers.map((_, j) => ({ created: '2024-01-01T00:00:00Z', created_by: `step ${j}` })),
        ...more.config,
      }),
    ),
    OCI_CONFIG,
  );
  const descriptors = tars.map((tar) =>
    blob((more.compress?.pack ?? gzipSync)(tar), `${OCI_LAYER}${more.compress?.type ?? '+gzip'}`),
  );
  const manifest = document({ config, layers: descriptors }, OCI_MANIFEST);
  const index = document(
    {
      manifests: [
        { ...manifest, platform: { os: 'linux', architecture } },
        { ...manifest, digest: `sha256:${'0'.repeat(64)}`, platform: { os: 'linux', architecture: 's390x' } },
      ],
    },
    OCI_INDEX,
  );
  return {
    blobs,
    manifests,
    index: index.digest,
    manifest: manifest.digest,
    config: config.digest,
    layers: descriptors.map(({ digest }) => digest),
  };
}

export interface Context extends PullContext {
  lines: PullProgress[];
}
interface Wanted extends Partial<Omit<Pull, 'state' | 'progress'>> {
  reference: string;
  settings?: Partial<Settings>;
  root?: string;
  images?: ImageStore;
  startRegistry?: PracticeServer;
}

export function context({ settings, root, images, startRegistry, ...wanted }: Wanted): Context {
  const lines: PullProgress[] = [];
  return {
    settings: {
      root: root ?? '',
      registryMirrors: [],
      insecureRegistries: [],
      practice: false,
      ...settings,
    } as Settings,
    images: images ?? new ImageStore({ root: root!, ...(startRegistry && { startRegistry }) }),
    pull: { policy: 'missing', ...wanted, state: {}, progress: (line) => void lines.push(line) },
    lines,
  };
}

/** Returns the ids of the steps that ran. A failure undoes them in reverse order and is thrown. */
export async function runPull(c: PullContext, k: Kernel = daemonKernel()): Promise<string[]> {
  const ran: string[] = [];
  try {
    for (const step of pull.steps) {
      if (step.when && !step.when(c)) continue;
      ran.push(step.id);
      await step.do(k, c);
    }
  } catch (error) {
    for (const step of [...pull.steps].reverse()) await step.undo?.(k, c);
    throw error;
  }
  return ran;
}
export const failure = (promise: Promise<unknown>): Promise<Error & { status?: number }> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error as Error,
  );
