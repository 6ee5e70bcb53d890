/** local: the same files as json-file's with other limits, and no path that clients could read them by. */
import { fileDriver } from './file-driver.ts';

export const local = fileDriver({
  name: 'local',
  unknown: (option) => `unknown log opt '${option}' for log driver local`,
  limits: { size: 20 << 20, files: 5 },
  filesOfSize: 5,
  shown: false,
});
