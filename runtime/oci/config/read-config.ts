/**
 * Reads the config.json of a bundle, which is untrusted input: OCI runtime specification 1.x, "Configuration". Each
 * field is checked before it is used. Unknown fields are ignored, as the specification demands; known ones that Drydock
 * does not act on are refused.
 */
import { isAbsolute, resolve } from 'node:path';
import { Checked } from '../../json/checked.ts';
import { ApiError, badParameter } from '../../errors/api-error.ts';
import type { Spec } from '../spec.ts';
import { readLinux } from './read-linux.ts';
import { readMounts } from './read-mounts.ts';
import { readProcess } from './read-process.ts';
import { refuseSet } from './unsupported.ts';

const NAME = /^[^\0/]{1,64}$/;

function names(config: Checked, namespaces: Spec['linux']['namespaces']): Pick<Spec, 'hostname' | 'domainname'> {
  const [hostname, domainname] = [config.optional('hostname') ?? '', config.optional('domainname') ?? ''];
  for (const name of [hostname, domainname])
    if (name && !NAME.test(name))
      throw badParameter(`hostname ${JSON.stringify(name)} is longer than 64 or holds a NUL`);
  if ((hostname || domainname) && !namespaces.some(({ type, path }) => type === 'uts' && !path))
    throw badParameter('hostname needs a UTS namespace of its own');
  return { ...(hostname && { hostname }), ...(domainname && { domainname }) };
}

/** Annotations that begin with drydock. ask Drydock itself for something, and a bundle may not do that. */
function annotations(config: Checked): Record<string, string> {
  const given = Object.entries(config.map('annotations') ?? {});
  return Object.fromEntries(given.filter(([name]) => !name.startsWith('drydock.')));
}

function read(text: string, what: string, bundle: string): Spec {
  const config = Checked.parse(what, Buffer.from(text));
  const version = config.string('ociVersion');
  if (!/^1\.\d+\.\d+(?:[-+].*)?$/.test(version))
    throw badParameter(`ociVersion ${JSON.stringify(version)} is not supported: it is none of 1.x`);
  refuseSet(config, '', ['hooks', 'vm', 'zos', 'solaris']);
  const root = config.object('root');
  const path = root.string('path');
  if (!path || path.includes('\0')) throw badParameter(`root.path ${JSON.stringify(path)} is no path`);
  const linux = readLinux(config.object('linux'));
  const notes = annotations(config);
  return {
    ociVersion: version,
    ...names(config, linux.namespaces),
    process: readProcess(config.object('process'), what),
    root: { path: isAbsolute(path) ? path : resolve(bundle, path), ...(root.flag('readonly') && { readonly: true }) },
    mounts: readMounts(config, what, bundle),
    ...(Object.keys(notes).length > 0 && { annotations: notes }),
    linux,
  };
}

/**
 * `what` names the file in errors, `bundle` is its directory, in which relative paths begin. Throws ApiError 400 for
 * what is wrong and 501 for what is not supported.
 */
export function readConfig(text: string, what: string, bundle: string): Spec {
  try {
    return read(text, what, bundle);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { message } = error;
    throw new ApiError(
      error.status === 500 ? 400 : error.status,
      message.startsWith(what) ? message : `${what}: ${message}`,
    );
  }
}
