/**
 * The interface of storage drivers: the steps that put a container's writable layer over its image and remove it, and
 * questions about such a layer. Each driver has a directory; runtime/drivers/storage.ts lists them.
 */
import type { Image } from '../image/manifest/image.ts';
import type { InspectionSection } from '../journal/inspection-section.ts';
import type { LayerFile } from '../image/layer/layer-file.ts';
import type { Whiteouts } from '../image/layer/layer-writer.ts';
import type { Parts } from '../kernel/jobs.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Step } from '../operation/step.ts';

/** The preferred driver first. The drivers themselves are in runtime/drivers/storage.ts. */
export const storageDrivers = ['overlay2', 'vfs'] as const;
/** `bundle` is no choice of the daemon: it belongs to containers that were made from a bundle. */
export type DriverName = (typeof storageDrivers)[number] | 'bundle';

/** Absolute paths below the container's directory. The driver decides which of them it uses. */
export interface LayerPaths {
  readonly dir: string;
  readonly rootfs: string;
  readonly upper: string;
  readonly work: string;
}

/** The part of a container that a driver uses. */
export interface RwLayer {
  readonly id: string;
  readonly paths: LayerPaths;
  readonly image?: Image | undefined;
  /** the root of a container that has no image */
  readonly bundle?: { readonly root: string } | undefined;
  readonly spec: { readonly mounts?: readonly { readonly destination: string }[] };
  readonly live: { readonly pid?: number };
  /** aborts long work of a start that is given up */
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

/** The steps that a driver adds to a container's phases. */
export interface StorageSteps {
  /** Steps of the phase rw-layer, before and after the mounts of the container's namespace become private. */
  readonly prepare: readonly Step<RwLayer>[];
  readonly mount: readonly Step<RwLayer>[];
  /** Steps of the phase remove. */
  readonly remove: readonly Step<RwLayer>[];
}

/** An image that is mounted into a container, beside its root. */
export interface ImageMounts {
  /** Shows the image's layers as one tree at `dir`/tree, in the stage's mount namespace. `dir` exists. */
  mount(k: Kernel, image: Image, dir: string, signal?: AbortSignal): Promise<void>;
  /** Deletes what such a mount has left that did not end. What is whole stays for the next run. */
  undo(k: Kernel, dir: string): Promise<void>;
}

export interface StorageDriver extends StorageSteps {
  readonly name: DriverName;
  /** How the layers' trees mark what a layer removes. */
  readonly whiteouts: Whiteouts;
  readonly images: ImageMounts;
  /** Removes what a run leaves in addition to the container's own files. */
  afterRun(k: Kernel, layer: RwLayer): Promise<void>;
  /** The current content of the writable layer. */
  inspect(layer: RwLayer): InspectionSection[];
  /** Changes against the image, in parts. What was made only for mounting is left out. */
  changes(layer: RwLayer): AsyncIterable<readonly Change[]>;
  /** The changes as a layer's archive, in parts that the caller may keep. */
  diff(layer: RwLayer): AsyncIterable<Uint8Array>;
  /** Writes the same archive into a file that does not exist yet, outside the daemon's thread. */
  layerFile(k: Kernel, layer: RwLayer, path: string): Promise<LayerFile>;
  /** An archive of everything that the container sees, except the content of mounts in it. */
  exported(layer: RwLayer): Parts<Uint8Array>;
  /** Bytes of the files that the container has in addition to those of its image. */
  size(layer: RwLayer): Promise<number>;
  /** Part of a line of /proc/pid/mountinfo that identifies a process with this layer mounted. */
  mountMark(paths: LayerPaths): string;
  /** DriverStatus of docker info. */
  status(root: string): [name: string, value: string][] | null;
  graphData(layer: RwLayer): GraphDriver;
  imageGraphData(image: Image): GraphDriver;
}

/** Mount points in the writable layer. They were made only for mounting and are no change of the container. */
export const mountPoints = ({ spec }: Pick<RwLayer, 'spec'>): ReadonlySet<string> =>
  new Set(['/dev', '/proc', '/sys', ...(spec.mounts ?? []).map(({ destination }) => destination)]);
