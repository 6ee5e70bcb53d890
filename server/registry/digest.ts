/** The digests that the registry stores: sha256 and sha512. OCI image spec, "Registered algorithms". */
import { createHash } from 'node:crypto';
import { RegistryRefusal } from './error.ts';

export type Algorithm = 'sha256' | 'sha512';
const DIGEST = /^(?:sha256:([a-f0-9]{64})|sha512:([a-f0-9]{128}))$/;

export const isDigest = (text: unknown): text is string => typeof text === 'string' && DIGEST.test(text);

/** Throws RegistryRefusal DIGEST_INVALID. */
export function checkDigest(digest: string | null | undefined): string {
  if (!isDigest(digest))
    throw new RegistryRefusal(
      'DIGEST_INVALID',
      `invalid digest ${JSON.stringify((digest ?? '').slice(0, 140))}: give sha256: or sha512: and lower-case hex digits`,
    );
  return digest;
}

export const algorithmOf = (digest: string): Algorithm => (digest.startsWith('sha512:') ? 'sha512' : 'sha256');

/**
 * The hex digits, which are a safe file name. Their number tells the algorithm. Throws RegistryRefusal DIGEST_INVALID.
 */
export const hexOf = (digest: string): string => checkDigest(digest).slice('sha256:'.length);

/** The digest of a file name that hexOf() made; undefined for another file. */
export function digestOfHex(hex: string): string | undefined {
  const digest = `${hex.length === 128 ? 'sha512' : 'sha256'}:${hex}`;
  return isDigest(digest) ? digest : undefined;
}

export const digestOf = (algorithm: Algorithm, bytes: Buffer | string): string =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
