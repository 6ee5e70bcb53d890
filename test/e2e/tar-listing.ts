/** The entries of an archive, as bsdtar's and GNU tar's reader would give them. */
import { TarReader, type Entry } from '../../runtime/image/layer/tar-reader.ts';

export interface Listed {
  name: string;
  type: string;
  mode: number;
  uid: number;
  gid: number;
  linkname: string;
  content: string;
}

export function listing(bytes: Buffer): Listed[] {
  const found: Listed[] = [];
  const reader = new TarReader({
    entry: ({ name, type, mode, uid, gid, linkname }: Entry) =>
      void found.push({ name, type, mode, uid, gid, linkname, content: '' }),
    data: (part) => void (found.at(-1)!.content += part.toString('latin1')),
    close: () => undefined,
  });
  reader.write(bytes);
  reader.end();
  return found;
}
