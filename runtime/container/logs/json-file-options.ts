/**
 * `--log-opt` of the driver json-file: the size of a log file, and the number of files. The shim enforces both
 * (native/shim-log.h). dockerd finds a wrong value only at start; here create rejects it, with dockerd's message.
 */
import { badParameter, ApiError } from '../../errors/api-error.ts';
import type { LogLimits, LogOpts } from './driver.ts';

/** A limit, because each rotation renames all files. */
const FILES_MOST = 1000;
const SUFFIXES = ['', 'k', 'm', 'g', 't', 'p'];
/** Options of dockerd's json-file driver that are not supported here. */
const UNSUPPORTED = ['compress', 'labels', 'labels-regex', 'env', 'env-regex', 'tag', 'mode', 'max-buffer-size'];
/** The values of those options that have no effect. */
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  compress: ['false', '0', 'f', 'F', 'FALSE', 'False'],
  mode: ['blocking', ''],
};

const wrong = (message: string) => badParameter(`failed to initialize logging driver: ${message}`);

/** '10m' → 10,000,000 bytes: powers of a thousand, as FromHumanSize of go-units. */
function humanSize(text: string): number {
  const [, number, suffix] = /^(\d+(?:\.\d*)?|\.\d+) ?([a-z]*)$/i.exec(text) ?? [];
  const power =
    suffix === undefined
      ? -1
      : SUFFIXES.indexOf(
          suffix
            .toLowerCase()
            .replace(/^([kmgtp])i?b$/, '$1')
            .replace(/^b$/, ''),
        );
  if (number === undefined || power < 0) throw wrong(`invalid size: '${text}'`);
  return Math.min(Number.MAX_SAFE_INTEGER, Math.floor(Number(number) * 1000 ** power));
}

/**
 * The limits of the log; undefined when it may grow without a limit. Throws ApiError 400 for a wrong option, 501 for
 * one that is not supported.
 */
export function logLimits(options: LogOpts): LogLimits | undefined {
  for (const [name, value] of Object.entries(options)) {
    if (UNSUPPORTED.includes(name) && !HARMLESS[name]?.includes(value))
      throw new ApiError(501, `--log-opt ${name}=${value} is not supported yet`);
    if (!UNSUPPORTED.includes(name) && name !== 'max-size' && name !== 'max-file')
      throw badParameter(`unknown log opt '${name}' for json-file log driver`);
  }
  const { 'max-size': most, 'max-file': count } = options;
  if (count !== undefined && !/^[+-]?\d+$/.test(count))
    throw wrong(`strconv.Atoi: parsing ${JSON.stringify(count)}: invalid syntax`);
  const files = Number(count ?? 1);
  if (most !== undefined && humanSize(most) <= 0) throw wrong('max-size must be a positive number');
  if (files < 1) throw wrong('max-file cannot be less than 1');
  if (files > FILES_MOST)
    throw wrong(`max-file ${count} is more than ${FILES_MOST}, all of which would be renamed when one is full`);
  return most === undefined ? undefined : { size: humanSize(most), files };
}
