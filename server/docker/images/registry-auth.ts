/** X-Registry-Auth and X-Registry-Config: base64url of JSON, with or without padding. Engine API, "Authentication". */
import type { IncomingMessage } from 'node:http';
import type { RegistryAuth } from '../../../runtime/image/registry/auth.ts';
import { parseJson } from '../../../runtime/json/parse-json.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';

const FIELDS = ['username', 'password', 'identitytoken', 'registrytoken', 'serveraddress'] as const;

/** Keeps the known fields whose values are strings; undefined when there are none. */
export function authFrom(fields: Record<string, unknown>): RegistryAuth | undefined {
  const given = FIELDS.filter((field) => typeof fields[field] === 'string' && fields[field] !== '').map((field) => [
    field,
    fields[field],
  ]);
  return given.length ? (Object.fromEntries(given) as RegistryAuth) : undefined;
}

/** A header that cannot be parsed counts as no credentials, as in dockerd, because old clients send any text. */
export function registryAuth(req: IncomingMessage): RegistryAuth | undefined {
  try {
    const fields = fieldsOf(req, 'X-Registry-Auth');
    return fields && authFrom(fields);
  } catch {
    return undefined;
  }
}

/**
 * X-Registry-Config of a build: the credentials for each registry by its name in docker's config.json. The name of
 * Docker Hub is https://index.docker.io/v1/. Throws 400 when the header cannot be parsed.
 */
export function registryConfig(req: IncomingMessage): (domain: string) => RegistryAuth | undefined {
  const known = new Map<string, RegistryAuth>();
  for (const [name, fields] of Object.entries(fieldsOf(req, 'X-Registry-Config') ?? {})) {
    const auth = typeof fields === 'object' && fields ? authFrom(fields as Record<string, unknown>) : undefined;
    const domain = name.replace(/^https?:\/\//, '').split('/', 1)[0]!;
    if (auth) known.set(domain === 'index.docker.io' ? 'docker.io' : domain, auth);
  }
  return (domain) => known.get(domain);
}

/** `null` counts as absent: a Go client without credentials sends it for its nil map. */
function fieldsOf(req: IncomingMessage, name: string): Record<string, unknown> | undefined {
  const header = req.headers[name.toLowerCase()];
  if (typeof header !== 'string' || !header) return undefined;
  let value: unknown;
  try {
    // Buffer reads both base64 alphabets and needs no padding
    value = parseJson(Buffer.from(header, 'base64').toString('utf8'));
  } catch {
    throw badParameter(`invalid ${name} header: base64url of a JSON object is needed`);
  }
  if (value === null) return undefined;
  if (typeof value !== 'object') throw badParameter(`invalid ${name} header: a JSON object is needed`);
  return value as Record<string, unknown>;
}
