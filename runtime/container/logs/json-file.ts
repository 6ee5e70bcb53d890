/** json-file: keeps records in files of the container's directory, which `docker logs` reads. */
import type { LogDriver } from './driver.ts';
import { logLimits } from './json-file-options.ts';
import { readLog, recordsOf, replayLog } from './log-file.ts';

export const jsonFile: LogDriver = {
  name: 'json-file',
  check: (options) => void logLimits(options),
  target(path, options) {
    const limits = logLimits(options);
    return { path, ...(limits && { limits }) };
  },
  shownPath: (path) => path,
  read: readLog,
  replay: replayLog,
  records: recordsOf,
};
