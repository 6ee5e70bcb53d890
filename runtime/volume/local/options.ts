/**
 * The options of the driver local: `type`, `device` and `o` are those of mount(8). Such a volume is a file system that
 * is mounted while a container that has it runs.
 */
import { badParameter } from '../../errors/api-error.ts';
import { parseOptions } from '../../kernel/mount/options.ts';

type Options = Readonly<Record<string, string>>;

const KNOWN = ['type', 'o', 'device', 'size'];
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  device: ['type'],
  type: ['device'],
  o: ['device', 'type'],
};

/** Throws ApiError 400 in dockerd's words. */
export function checkOptions(name: string, options: Options): void {
  const wrong = (why: string) => badParameter(`create ${name}: ${why}`);
  for (const option of Object.keys(options))
    if (!KNOWN.includes(option)) throw wrong(`invalid option: ${JSON.stringify(option)}`);
  for (const [option, value] of Object.entries(options))
    if (value.includes('\0')) throw wrong(`invalid option: ${option} holds a NUL`);
  const { type, device = '', size } = options;
  if (type === 'cifs' && /^[^/]*\/\/[^/]*:\d+(\/|$)/.test(device))
    throw wrong("port not allowed in CIFS device URL, include 'port' in 'o='");
  if (size !== undefined && !/^\d+(\.\d+)? ?([kmgtp]i?)?b?$/i.test(size)) throw wrong(`invalid size: '${size}'`);
  if (size !== undefined && Number.parseFloat(size) > 0) throw wrong('quota size requested but no quota support');
  for (const [option, others] of Object.entries(REQUIRED))
    for (const other of options[option] === undefined ? [] : others)
      if (options[other] === undefined) throw wrong(`missing required option: ${JSON.stringify(other)}`);
}

export interface VolumeMount {
  type: string;
  device: string;
  flags: number;
  propagation: number;
  data: string;
}

/** What is to be mounted; undefined for a volume that is a directory. */
export function mountOf(options: Options | null): VolumeMount | undefined {
  const { type = '', device = '', o = '' } = options ?? {};
  if (!type && !device) return undefined;
  const { flags, propagation, data } = parseOptions(o.split(',').filter(Boolean));
  return { type, device, flags, propagation, data };
}

/** The server in `addr=`, when it is a name: the kernel takes only an address. See nfs(5). */
export function serverName({ type, data }: VolumeMount): string | undefined {
  if (type !== 'nfs' && type !== 'nfs4' && type !== 'cifs') return undefined;
  const addr = data.split(',').find((option) => option.startsWith('addr='));
  const value = addr?.slice('addr='.length);
  return value && !/^[\d.]+$/.test(value) && !value.includes(':') ? value : undefined;
}
export const withAddress = (mount: VolumeMount, name: string, address: string): VolumeMount => ({
  ...mount,
  data: mount.data
    .split(',')
    .map((option) => (option === `addr=${name}` ? `addr=${address}` : option))
    .join(','),
});

/** A password of `o` is not for error messages. */
export const hidden = (data: string): string =>
  data
    .split(',')
    .map((option) => (option.startsWith('password=') ? 'password=********' : option))
    .join(',');
