/**
 * Credentials in ~/.docker/config.json, where docker's client and the daemon look for them: docker login, "Credential
 * stores".
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeDirectories } from '../../kernel/make-directories.ts';
import { Failure } from '../failure/failure.ts';

/** docker stores docker.io's credentials under the address of its first registry. */
export const HUB = 'https://index.docker.io/v1/';

export interface Stored {
  username: string;
  password: string;
  identityToken?: string;
}
interface Config {
  auths?: Record<string, object>;
  credHelpers?: Record<string, string>;
  credsStore?: string;
}

const pathOf = (): string => join(process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json');

function read(path: string): Config {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  try {
    return JSON.parse(text) as Config;
  } catch (cause) {
    throw new Failure(`${path} is not JSON: ${(cause as Error).message}`, 1);
  }
}

/** Replaces the file by a rename, because other clients may read it at the same time. */
function write(path: string, config: Config): void {
  makeDirectories(dirname(path), 0o700);
  const beside = `${path}.${process.pid}`;
  writeFileSync(beside, `${JSON.stringify(config, null, '\t')}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(beside, path);
}

function helperOf({ credHelpers = {}, credsStore }: Config, server: string): string | undefined {
  const helper = Object.hasOwn(credHelpers, server) ? credHelpers[server] : credsStore;
  if (helper && !/^[A-Za-z0-9_.-]+$/.test(helper))
    throw new Failure(`${JSON.stringify(helper)} is no name of a credential helper`, 1);
  return helper;
}

function askHelper(helper: string, verb: 'store' | 'erase', input: string): void {
  const program = `docker-credential-${helper}`;
  const { status, stdout, error } = spawnSync(program, [verb], { input, encoding: 'utf8', timeout: 30_000 });
  if (status !== 0) throw new Failure(`${program} ${verb} failed: ${error?.message ?? stdout.trim()}`, 1);
}

/** Keeps them for `server`; in the credential helper, where one is configured. */
export function store(server: string, { username, password, identityToken }: Stored): void {
  const path = pathOf();
  const config = read(path);
  const helper = helperOf(config, server);
  if (helper) {
    const [Username, Secret] = identityToken ? ['<token>', identityToken] : [username, password];
    askHelper(helper, 'store', JSON.stringify({ ServerURL: server, Username, Secret }));
  }
  const auth = Buffer.from(`${username}:${identityToken ? '' : password}`).toString('base64');
  const entry = helper ? {} : { auth, ...(identityToken && { identitytoken: identityToken }) };
  write(path, { ...config, auths: { ...config.auths, [server]: entry } });
}

/** Returns whether there was something to remove. */
export function forget(server: string): boolean {
  const path = pathOf();
  const config = read(path);
  if (!Object.hasOwn(config.auths ?? {}, server)) return false;
  const helper = helperOf(config, server);
  if (helper) askHelper(helper, 'erase', server);
  const { [server]: _gone, ...auths } = config.auths!;
  write(path, { ...config, auths });
  return true;
}
