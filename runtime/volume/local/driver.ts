/** local: a volume is a directory below the data root. */
import { badParameter } from '../../errors/api-error.ts';
import type { VolumeDriver } from '../driver.ts';
import { create, remove } from './steps.ts';

export const local: VolumeDriver = {
  name: 'local',
  create,
  remove,

  check(name, options) {
    const [option] = Object.keys(options);
    if (option !== undefined) throw badParameter(`create ${name}: invalid option: ${JSON.stringify(option)}`);
  },
};
