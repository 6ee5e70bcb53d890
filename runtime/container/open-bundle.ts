/** Opens a bundle of the OCI runtime specification: a directory with config.json and the files of the root. */
import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError, badParameter } from '../errors/api-error.ts';
import { readConfig } from '../oci/config/read-config.ts';
import type { Spec } from '../oci/spec.ts';
import type { Bundle } from './container.ts';

/** Bytes of config.json. That of a container of Docker has about 30,000. */
export const CONFIG_MOST = 1 << 20;

/** Throws Error when it is no file or is too large. A named pipe must not block the daemon. */
async function readText(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size } = await file.stat();
    if (!(await file.stat()).isFile()) throw new Error('it is no file');
    if (size > CONFIG_MOST) throw new Error(`it is larger than ${CONFIG_MOST} bytes`);
    const bytes = Buffer.alloc(CONFIG_MOST + 1);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    if (bytesRead > CONFIG_MOST) throw new Error(`it is larger than ${CONFIG_MOST} bytes`);
    return bytes.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

const wrong = (what: string, error: unknown): ApiError =>
  badParameter(`${what}: ${error instanceof Error ? error.message : String(error)}`);

/**
 * The paths are real ones, without symbolic links. `text` is config.json as it is now: later changes of the file have
 * no effect (OCI runtime specification, "Lifecycle"). Throws ApiError 400 for what is wrong with the bundle, 501 for
 * what is not supported.
 */
export async function openBundle(path: string): Promise<{ bundle: Bundle; text: string; spec: Spec }> {
  if (!path.startsWith('/') || path.includes('\0'))
    throw badParameter(`the bundle ${JSON.stringify(path)} is not an absolute path`);
  const dir = await realpath(path).catch((error: unknown) => {
    throw wrong(`bundle ${path}`, error);
  });
  const config = join(dir, 'config.json');
  const text = await readText(config).catch((error: unknown) => {
    throw wrong(config, error);
  });
  const spec = readConfig(text, config, dir);
  const root = await realpath(spec.root.path).catch((error: unknown) => {
    throw wrong(`${config}: root.path`, error);
  });
  if (!(await stat(root)).isDirectory()) throw badParameter(`${config}: root.path ${root} is no directory`);
  if (root === '/') throw badParameter(`${config}: root.path is the root of the host`);
  return { bundle: { dir, root }, text, spec };
}
