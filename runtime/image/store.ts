/** What images and layers there are on this machine. (interface for now) */
import type { Image } from './image.ts';
export interface ImageStore {
  /** By name, name:tag, name@digest, id or id prefix; undefined when there is none. */
  find(reference: string): Image | undefined;
}
