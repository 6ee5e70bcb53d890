/**
 * `--log-opt` of the drivers that keep files, json-file and local: the size and the number of files, which the shim
 * enforces (native/shim-log.h), and the attributes that `docker logs --details` shows (attributes.ts). dockerd finds a
 * wrong value only at start; here create rejects it, with dockerd's message.
 */
import { badParameter } from '../../errors/api-error.ts';
import { checkTag } from './attributes.ts';
import type { LogLimits, LogOpts } from './driver.ts';
import { checkPattern } from './name-pattern.ts';

/** A limit, because each rotation renames all files. */
const FILES_MOST = 1000;
const SUFFIXES = ['', 'k', 'm', 'g', 't', 'p'];
/** As for dockerd, a log without limits; our default has limits, so that no container fills the disk. */
const UNLIMITED = '-1';
/** `mode`: a record waits for the file only, so nothing needs a buffer that drops what does not fit. */
const KNOWN = ['max-size', 'max-file', 'labels', 'env', 'tag', 'mode', 'max-buffer-size', 'compress'];
const PATTERNS = ['labels-regex', 'env-regex'];
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False'];
const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];

export interface FileDriver {
  name: string;
  /** the message about an unknown option */
  unknown(option: string): string;
  /** without max-size and max-file */
  limits: LogLimits;
  /** with max-size alone */
  filesOfSize: number;
}

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

/** Whether rotated files are compressed. Throws ApiError 400 for a value that Go's ParseBool rejects. */
export function isCompressed({ compress: value }: LogOpts): boolean {
  if (value === undefined || FALSE.includes(value)) return false;
  if (TRUE.includes(value)) return true;
  throw wrong(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
}

export function checkMode(mode: string | undefined, buffer: string | undefined): void {
  if (!['', 'blocking', 'non-blocking'].includes(mode ?? ''))
    throw badParameter(`logger: logging mode not supported: ${mode}`);
  if (buffer === undefined) return;
  if (mode !== 'non-blocking')
    throw badParameter("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  humanSize(buffer);
}

/** The limits of the log; undefined when it may grow without a limit. Throws ApiError 400 for a wrong option. */
export function logLimits(driver: FileDriver, options: LogOpts): LogLimits | undefined {
  for (const [name, value] of Object.entries(options)) {
    if (PATTERNS.includes(name)) checkPattern(value);
    else if (!KNOWN.includes(name)) throw badParameter(driver.unknown(name));
  }
  const { 'max-size': most, 'max-file': count, 'max-buffer-size': buffer, mode, tag } = options;
  checkMode(mode, buffer);
  checkTag(tag);
  if (count !== undefined && !/^[+-]?\d+$/.test(count))
    throw wrong(`strconv.Atoi: parsing ${JSON.stringify(count)}: invalid syntax`);
  const files = Number(count ?? (most === undefined ? driver.limits.files : driver.filesOfSize));
  const unlimited = most === UNLIMITED;
  const size = most === undefined || unlimited ? driver.limits.size : humanSize(most);
  if (size <= 0) throw wrong('max-size must be a positive number');
  if (files < 1) throw wrong('max-file cannot be less than 1');
  if (files > FILES_MOST)
    throw wrong(`max-file ${count} is more than ${FILES_MOST}, all of which would be renamed when one is full`);
  if (isCompressed(options) && (files < 2 || unlimited))
    throw wrong('compress cannot be true when max-file is less than 2 or max-size is not set');
  return unlimited ? undefined : { size, files };
}
