/** none: the shim sends the output to attached clients and keeps nothing. */
import { ApiError } from '../../errors/api-error.ts';
import type { LogDriver } from './driver.ts';

export const none: LogDriver = {
  name: 'none',
  // like dockerd, accepts any option of a log that is not kept
  check: () => undefined,
  target: () => ({ path: '/dev/null' }),
  shownPath: () => '',
  read() {
    throw new ApiError(501, 'configured logging driver does not support reading');
  },
  replay: async () => undefined,
  async *records() {
    yield* [];
  },
};
