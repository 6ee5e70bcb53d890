/** The options and the result of a pull without a container. */
import type { RegistryAuth } from '../image/registry/auth.ts';
import type { Image } from '../image/manifest/image.ts';
import type { Pull } from '../image/pull.ts';
import type { Walking } from '../operation/walking.ts';

export interface PullOptions extends Walking {
  reference: string;
  platform?: string;
  auth?: RegistryAuth;
  progress?: Pull['progress'];
}
export interface Pulled {
  image: Image;
  fresh: boolean;
  digest?: string;
  notice?: string;
}
