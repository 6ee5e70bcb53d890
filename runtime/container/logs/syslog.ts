/**
 * syslog: the shim sends each line to a syslog server (native/shim-syslog.h), also while no daemon runs, and keeps a
 * copy in files for `docker logs`, as dockerd's dual logging does. The options and their errors are dockerd's.
 */
import { existsSync } from 'node:fs';
import { badParameter, ApiError } from '../../errors/api-error.ts';
import { checkTag } from './attributes.ts';
import type { LogDriver, LogOpts } from './driver.ts';
import { fileDriver } from './file-driver.ts';
import { checkMode } from './file-options.ts';
import { checkPattern } from './name-pattern.ts';
import { none } from './none.ts';
import { formats, type SyslogAddress, type SyslogTarget } from './syslog-target.ts';

const SYSLOG_PORT = 514;
/** unix(7) */
const PATH_MOST = 107;

/** syslog(3); 12 to 15 have no names here, as in dockerd. */
const FACILITIES = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['', '', '', '', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];

function facilityOf(text: string | undefined): number {
  if (!text) return FACILITIES.indexOf('daemon');
  const number = /^\d{1,2}$/.test(text) ? Number(text) : FACILITIES.indexOf(text);
  if (number < 0 || number >= FACILITIES.length) throw badParameter('invalid syslog facility');
  return number;
}

function formatOf(text = ''): SyslogTarget['format'] {
  const found = formats.find((format) => format === text);
  if (found === undefined) throw badParameter('Invalid syslog format');
  return found;
}

function pathOf(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  if (Buffer.byteLength(path) > PATH_MOST)
    throw badParameter(`syslog-address: the path has more than ${PATH_MOST} bytes`);
  return path;
}

function addressOf(text: string | undefined): SyslogAddress {
  if (!text) return { network: 'local' };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const network = url?.protocol.slice(0, -1) ?? '';
  if (network === 'unix' || network === 'unixgram') return { network, path: pathOf(url!) };
  if (network === 'tcp+tls') throw new ApiError(501, 'syslog over tcp+tls is not supported yet');
  if (network !== 'udp' && network !== 'tcp') throw badParameter(`unsupported scheme: '${network}'`);
  const host = url!.hostname.replace(/^\[(.*)\]$/, '$1');
  return { network, host, port: Number(url!.port) || SYSLOG_PORT };
}

const OWN = ['syslog-address', 'syslog-facility', 'syslog-format', 'tag', 'env', 'labels', 'mode', 'max-buffer-size'];
const TLS = ['ca-cert', 'cert', 'key', 'skip-verify'].map((name) => `syslog-tls-${name}`);
const CACHE = ['cache-disabled', 'cache-max-size', 'cache-max-file', 'cache-compress'];
const PATTERNS = ['env-regex', 'labels-regex'];

/** The options of the files beside it: 'cache-max-size' is their 'max-size'. */
const cacheOptions = (options: LogOpts): LogOpts =>
  Object.fromEntries(
    CACHE.slice(1).flatMap((name) =>
      options[name] === undefined ? [] : [[name.slice('cache-'.length), options[name]]],
    ),
  );

const cache = fileDriver({
  name: 'syslog',
  unknown: (option) => `unknown log opt '${option}' for syslog log driver`,
  limits: { size: 20 << 20, files: 5 },
  filesOfSize: 5,
  shown: false,
});

function targetOf(options: LogOpts): SyslogTarget {
  return {
    address: addressOf(options['syslog-address']),
    facility: facilityOf(options['syslog-facility']),
    format: formatOf(options['syslog-format']),
    tag: options['tag'] || '{{.ID}}',
  };
}

function check(options: LogOpts): void {
  for (const [name, value] of Object.entries(options)) {
    if (PATTERNS.includes(name)) checkPattern(value);
    else if (![...OWN, ...TLS, ...CACHE].includes(name))
      throw badParameter(`unknown log opt '${name}' for syslog log driver`);
  }
  checkMode(options['mode'], options['max-buffer-size']);
  checkTag(options['tag']);
  cache.check(cacheOptions(options));
  const { address } = targetOf(options);
  if ('path' in address && !existsSync(address.path))
    throw badParameter(`stat ${address.path}: no such file or directory`);
}

export const syslog: LogDriver = {
  ...cache,
  check,
  target: (file, options) => ({ ...cache.target(file, cacheOptions(options)), syslog: targetOf(options) }),
};

/** With cache-disabled nothing is kept. */
export const syslogAlone: LogDriver = {
  ...none,
  name: syslog.name,
  check,
  target: (file, options) => ({ ...none.target(file, options), syslog: targetOf(options) }),
};
export const isUncached = ({ 'cache-disabled': value = '' }: LogOpts): boolean =>
  /^(1|t|T|true|TRUE|True)$/.test(value);
