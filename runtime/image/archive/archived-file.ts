/** The files of a received archive, by their names in it. */
import { readFileSync } from 'node:fs';
import { badParameter } from '../../errors/api-error.ts';
import { Checked } from '../../json/checked.ts';
import { cleanPath } from '../layer/layer-root.ts';
import { hexOf } from '../manifest/digest.ts';
import type { ArchiveFile, Received } from './receive.ts';

const MOST_LINKS = 8;
/** In bytes, for one document of an archive. */
const MOST_DOCUMENT = 8 << 20;
/** For all documents of an archive, because the daemon holds them in its memory. */
const MOST_DOCUMENTS = 64 << 20;
const cut = (name: string): string => name.slice(0, 200);

export class ArchivedFiles {
  #read = 0;
  constructor(private readonly received: Received) {}

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** Follows links. Throws ApiError 400 when there is no such file. */
  file(name: string): ArchiveFile {
    const found = this.#find(clean(name));
    if (!found) throw badParameter(`the archive has no file ${cut(name)}`);
    return found;
  }

  #find(name: string): ArchiveFile | undefined {
    const { files, links } = this.received;
    let at = name;
    for (let hops = 0; hops < MOST_LINKS && links.has(at); hops++) at = links.get(at)!;
    return files.get(at);
  }

  /** A file that names its own digest: OCI image layout, "Blobs". Throws ApiError 400 when its bytes have another. */
  blob(digest: string): ArchiveFile {
    const name = `blobs/sha256/${hexOf(digest)}`;
    const found = this.#find(name);
    if (!found) throw badParameter(`the archive lacks the blob ${digest}`);
    if (found.digest !== digest) throw badParameter(`${name} of the archive has the digest ${found.digest}`);
    return found;
  }

  bytes(file: ArchiveFile, what: string): Buffer {
    if (file.size > MOST_DOCUMENT)
      throw badParameter(`${what} has ${file.size} bytes; at most ${MOST_DOCUMENT} are taken`);
    this.#read += file.size;
    if (this.#read > MOST_DOCUMENTS)
      throw badParameter(`the documents of the archive have more than ${MOST_DOCUMENTS} bytes`);
    return readFileSync(file.path);
  }

  json(name: string): Checked {
    return Checked.parse(name, this.bytes(this.file(name), name));
  }
}

function clean(name: string): string {
  try {
    return cleanPath(name);
  } catch (cause) {
    throw badParameter((cause as Error).message);
  }
}
