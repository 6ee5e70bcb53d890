/** Makes a driver that keeps records in files of the container's directory. */
import type { LogDriver } from './driver.ts';
import { type FileDriver, isCompressed, logLimits } from './file-options.ts';
import { readLog, recordsOf, replayLog } from './log-file.ts';

export const fileDriver = (of: FileDriver & { shown: boolean }): LogDriver => ({
  name: of.name,
  check: (options) => void logLimits(of, options),
  target(path, options) {
    const limits = logLimits(of, options);
    return { path, ...(limits && { limits }), ...(isCompressed(options) && { compress: true }) };
  },
  shownPath: (path) => (of.shown ? path : ''),
  read: readLog,
  replay: replayLog,
  records: recordsOf,
});
