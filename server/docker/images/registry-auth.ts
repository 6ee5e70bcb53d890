/** X-Registry-Auth: base64url of JSON, with or without padding. Engine API, "Authentication". */
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

/** Throws 400 when the header cannot be parsed. */
export function registryAuth(req: IncomingMessage): RegistryAuth | undefined {
  const header = req.headers['x-registry-auth'];
  if (typeof header !== 'string' || !header) return undefined;
  let value: unknown;
  try {
    // Buffer reads both base64 alphabets and needs no padding
    value = parseJson(Buffer.from(header, 'base64').toString('utf8'));
  } catch {
    throw badParameter('invalid X-Registry-Auth header: base64url of a JSON object is needed');
  }
  if (typeof value !== 'object' || value === null)
    throw badParameter('invalid X-Registry-Auth header: a JSON object is needed');
  return authFrom(value as Record<string, unknown>);
}
