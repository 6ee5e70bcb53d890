/** The client's API version, from a path such as '/v1.43/containers/json'. Engine API, "Versioning". */
import type { IncomingMessage } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { badParameter } from '../../../runtime/errors/api-error.ts';

export const API_VERSION = '1.50';
export const MIN_API_VERSION = '1.24';
const NEWEST = 50;
const OLDEST = 24;

const minors = new WeakMap<IncomingMessage, number>();

/** The version's minor number. A path without a version means the newest. */
export const apiMinor = (req: IncomingMessage): number => minors.get(req) ?? NEWEST;

const PREFIX = /^\/v(\d{1,4})\.(\d{1,4})(?=\/)/;

/** Removes the prefix from `req.url`. Throws 400 that names both versions when it is out of range. */
export function versionPrefix(req: Request, _res: Response, next: NextFunction): void {
  const [prefix, major, minor] = PREFIX.exec(req.url) ?? [];
  if (prefix) {
    const asked = Number(major) * 10_000 + Number(minor);
    if (asked < 10_000 + OLDEST)
      throw badParameter(
        `client version ${major}.${minor} is too old. Minimum supported API version is ${MIN_API_VERSION}, please upgrade your client to a newer version`,
      );
    if (asked > 10_000 + NEWEST)
      throw badParameter(
        `client version ${major}.${minor} is too new. Maximum supported API version is ${API_VERSION}`,
      );
    minors.set(req, Number(minor));
    req.url = req.url.slice(prefix.length);
  }
  next();
}
