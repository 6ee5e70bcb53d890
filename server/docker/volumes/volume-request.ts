/** The body of POST /volumes/create. */
import type { VolumeRequest } from '../../../runtime/engine/volume-request.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import type { Json } from '../http/body.ts';
import { named } from '../../../runtime/request/request-shape.ts';

const FIELDS = new Set(['Name', 'Driver', 'DriverOpts', 'Labels', 'ClusterVolumeSpec']);
type Pairs = Record<string, string>;
const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');
const given = (value: unknown) => value !== undefined && value !== null;

function pairs(body: Json, field: string): Pairs | null {
  const value = body[field];
  if (!given(value)) return null;
  if (typeof value === 'object' && !Array.isArray(value) && Object.values(value as object).every(isText))
    return value as Pairs;
  throw badParameter(`invalid ${field}: it must be an object of strings`);
}

/** Throws ApiError 400 that names the field. */
export function volumeRequest(asked: Json): VolumeRequest {
  const body = named(asked, FIELDS);
  for (const field of ['Name', 'Driver'])
    if (given(body[field]) && !isText(body[field]))
      throw badParameter(`invalid ${field}: it must be a string without NUL bytes`);
  if (given(body['ClusterVolumeSpec']))
    throw badParameter('invalid ClusterVolumeSpec: cluster volumes need a swarm, and there is none');
  const [name, driver] = [body['Name'], body['Driver']] as [string | undefined, string | undefined];
  return {
    ...(name && { name }),
    ...(driver && { driver }),
    options: pairs(body, 'DriverOpts'),
    labels: pairs(body, 'Labels'),
  };
}
