import type { Emit } from '../../runtime/image/layer/tar-writer.ts';

/** The parts of an archive, as they come. */
export async function collectTar(make: (emit: Emit) => Promise<void>): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  await make((part) => void parts.push(Buffer.from(part)));
  return parts;
}
