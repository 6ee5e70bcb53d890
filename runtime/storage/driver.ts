/**
 * What a storage driver gives: the steps that lay a container's writable layer over its image and take it away again,
 * and what there is to ask of such a layer. One folder per driver; `drivers.ts` is their list.
 */
import type { Image } from '../image/manifest/image.ts';
import type { Evidence } from '../journal/inspection-section.ts';
import type { Whiteouts } from '../image/layer/layer-writer.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Step } from '../operation/step.ts';

/** The preferred one first; what they are is in runtime/drivers/storage.ts. */
export const storageDrivers = ['overlay2', 'vfs'] as const;
export type DriverName = (typeof storageDrivers)[number];

/** Absolute paths below the container's directory. Which of them are used is the driver's choice. */
export interface LayerPaths {
  readonly dir: string;
  readonly rootfs: string;
  readonly upper: string;
  readonly work: string;
}

/** The part of a container that a driver works on. */
export interface RwLayer {
  readonly id: string;
  readonly paths: LayerPaths;
  readonly image?: Image | undefined;
  readonly spec: { readonly mounts?: readonly { readonly destination: string }[] };
  readonly live: { readonly pid?: number };
  /** cuts what takes long of a start that is no longer wanted */
  readonly pull: { readonly signal?: AbortSignal };
}

/** As in Docker's API: 0 modified, 1 added, 2 deleted. */
export type ChangeKind = 0 | 1 | 2;
export type Change = [path: string, kind: ChangeKind];

/** GraphDriver of docker inspect. */
export interface GraphDriver {
  Name: DriverName;
  Data: Readonly<Record<string, string>> | null;
}

/** What a driver puts into the phases of a container. */
export interface StorageSteps {
  /** Steps of the phase rw-layer: before mounts of the container's namespace are private, and after. */
  readonly prepare: readonly Step<RwLayer>[];
  readonly mount: readonly Step<RwLayer>[];
  /** Steps of the phase remove. */
  readonly remove: readonly Step<RwLayer>[];
}

export interface StorageDriver extends StorageSteps {
  readonly name: DriverName;
  /** How the trees of its layers keep what a layer takes away. */
  readonly whiteouts: Whiteouts;
  /** Removes what a run leaves beside the container's own files. */
  afterRun(k: Kernel, layer: RwLayer): Promise<void>;
  /** What the writable layer holds now. */
  inspect(layer: RwLayer): Evidence[];
  /** Against the image, in parts; what mounting made for its own sake is left out. */
  changes(layer: RwLayer): AsyncIterable<readonly Change[]>;
  /** The same as a layer's archive, in parts that are the taker's. */
  diff(layer: RwLayer): AsyncIterable<Uint8Array>;
  /** An archive of all that the container sees, but for what is mounted in it. */
  exported(layer: RwLayer): AsyncIterable<Uint8Array>;
  /** Bytes of the files that the container has beyond those of its image. */
  size(layer: RwLayer): Promise<number>;
  /** Part of a line of /proc/pid/mountinfo by which a process that has this layer mounted is known. */
  mountMark(paths: LayerPaths): string;
  /** DriverStatus of docker info. */
  status(root: string): [name: string, value: string][] | null;
  graphData(layer: RwLayer): GraphDriver;
  imageGraphData(image: Image): GraphDriver;
}

/** Mount points are made in the writable layer for the sake of mounting: they are no change of the container. */
export const mountPoints = ({ spec }: Pick<RwLayer, 'spec'>): ReadonlySet<string> =>
  new Set(['/dev', '/proc', '/sys', ...(spec.mounts ?? []).map(({ destination }) => destination)]);
