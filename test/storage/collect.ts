import type { Emit } from '../../runtime/image/layer/tar-writer.ts';

/** Collects the chunks of an archive. */
export async function collectTar(make: (emit: Emit) => Promise<void>): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  await make((part) => void parts.push(Buffer.from(part)));
  return parts;
}
