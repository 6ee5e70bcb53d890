/** local: a volume is a directory below the data root, or a file system that is mounted there. */
import type { VolumeDriver } from '../driver.ts';
import { checkOptions } from './options.ts';
import { create, remove } from './steps.ts';

export const local: VolumeDriver = { name: 'local', create, remove, check: checkOptions };
