/** Digests: OCI image spec, "Digests". Only sha256 is supported; a digest with another algorithm is refused. */
import { createHash } from 'node:crypto';
import { badParameter } from '../../errors/api-error.ts';

const SHA256 = /^sha256:([a-f0-9]{64})$/;

export const isDigest = (text: unknown): text is string => typeof text === 'string' && SHA256.test(text);

/** The 64 hex digits of a sha256 digest, which are a safe file name. Throws ApiError 400. */
export function hexOf(digest: string): string {
  const hex = SHA256.exec(digest)?.[1];
  if (!hex)
    throw badParameter(
      `invalid digest ${JSON.stringify(digest.slice(0, 100))}: only sha256 with 64 lower-case hex digits is supported`,
    );
  return hex;
}

export const sha256 = (bytes: Buffer | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** The short id of a layer or image, as docker shows it: 12 hex digits. */
export const shortOf = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);

/** OCI image spec, "Layer ChainID". A chainID names a stack of layers; the chainID of the first layer is its diffID. */
export const chainIDs = (diffIDs: readonly string[]): string[] =>
  diffIDs.reduce<string[]>(
    (chain, diffID) => [...chain, chain.length ? sha256(`${chain.at(-1)} ${diffID}`) : diffID],
    [],
  );
