/** Downloads another version of Node from the npm registry; its package includes the headers. */
import { fetchedOnce, outside } from '../outside.ts';

/** A directory with bin/node and include/node; undefined if the npm registry cannot be reached. */
export async function nodeFolder(major: number): Promise<string | undefined> {
  const fetch = 'cd "$1" && npm pack --silent "$2" && tar -xzf ./*.tgz --strip-components=1 && rm ./*.tgz';
  return fetchedOnce(
    `node-${major}`,
    (dir) => void outside('sh', '-c', fetch, 'sh', dir, `node-linux-${process.arch}@${major}`),
  ).catch(() => undefined);
}
