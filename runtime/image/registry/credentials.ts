/** Credentials that `docker login` stored in ~/.docker/config.json: auths, credHelpers and credsStore. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '../../kernel/errors.ts';
import { ApiError } from '../../errors/api-error.ts';
import type { RegistryAuth } from './auth.ts';
import { Checked } from '../../json/checked.ts';

/** docker stores docker.io's credentials under the address of its first registry. */
const HUB_KEY = 'https://index.docker.io/v1/';
const HELPER_MS = 30_000;

const configPath = (env: NodeJS.ProcessEnv) =>
  join(env['DOCKER_CONFIG'] ?? join(env['HOME'] ?? homedir(), '.docker'), 'config.json');

function readConfigFile(path: string): Checked | undefined {
  try {
    return Checked.parse(path, readFileSync(path));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined;
    throw error;
  }
}

/** The keys that may name a registry: newer clients write the host, older ones a URL. */
const keysOf = (domain: string): string[] =>
  domain === 'docker.io'
    ? [HUB_KEY, 'docker.io', 'index.docker.io', 'registry-1.docker.io']
    : [domain, `https://${domain}`, `http://${domain}`, `https://${domain}/v1/`, `https://${domain}/v2/`];

/** docker-credential-helpers: the name on stdin, {"Username", "Secret"} on stdout. It runs without a shell. */
async function askHelper(helper: string, key: string): Promise<RegistryAuth | undefined> {
  if (!/^[A-Za-z0-9_.-]+$/.test(helper))
    throw new ApiError(500, `${JSON.stringify(helper)} is no name of a credential helper`);
  const program = `docker-credential-${helper}`;
  const { error, stdout } = await new Promise<{ error: Error | null; stdout: string }>((resolve) => {
    const child = execFile(program, ['get'], { timeout: HELPER_MS, maxBuffer: 1 << 20 }, (error, stdout) =>
      resolve({ error, stdout }),
    );
    child.stdin?.on('error', () => undefined).end(key);
  });
  // the helper prints "credentials not found in native keychain" on stdout and exits with 1
  if (error && /not found/i.test(stdout)) return undefined;
  if (error)
    throw new ApiError(
      500,
      `${program} get failed: ${hasCode(error, 'ENOENT') ? 'it is not installed' : stdout.trim().slice(0, 300) || error.message}`,
      { cause: error },
    );
  const from = Checked.parse(`the answer of ${program}`, Buffer.from(stdout));
  const username = from.string('Username');
  const secret = from.string('Secret');
  return username === '<token>' ? { identitytoken: secret } : { username, password: secret };
}

function inFile(config: Checked, keys: readonly string[]): RegistryAuth | undefined {
  const auths = config.has('auths') ? config.object('auths') : undefined;
  const key = keys.find((one) => auths?.has(one));
  if (!auths || !key) return undefined;
  const entry = auths.object(key);
  const identitytoken = entry.optional('identitytoken');
  if (identitytoken) return { identitytoken };
  const pair = Buffer.from(entry.optional('auth') ?? '', 'base64').toString();
  const colon = pair.indexOf(':');
  const username = colon > 0 ? pair.slice(0, colon) : entry.optional('username');
  const password = colon > 0 ? pair.slice(colon + 1).replace(/\0+$/, '') : entry.optional('password');
  return username ? { username, password: password ?? '' } : undefined;
}

/**
 * The stored credentials for a registry ('docker.io', 'localhost:5000'); undefined when there are none. `env` selects
 * the user by DOCKER_CONFIG and HOME. Throws ApiError 500 when the file is damaged or a helper fails.
 */
export async function storedCredentials(
  domain: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<RegistryAuth | undefined> {
  const config = readConfigFile(configPath(env));
  if (!config) return undefined;
  const keys = keysOf(domain);
  const helpers = config.map('credHelpers') ?? {};
  const helper =
    keys
      .filter((key) => Object.hasOwn(helpers, key))
      .map((key) => helpers[key])
      .find(Boolean) ?? config.optional('credsStore');
  if (!helper) return inFile(config, keys);
  return (await askHelper(helper, keys[0]!)) ?? inFile(config, keys);
}
