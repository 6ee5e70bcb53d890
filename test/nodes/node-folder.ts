/** Another version of Node, from the npm registry, whose package holds its headers too. */
import { fetchedOnce, outside } from '../outside.ts';

/** bin/node and include/node in a folder; undefined where the npm registry cannot be reached. */
export async function nodeFolder(major: number): Promise<string | undefined> {
  const fetch = 'cd "$1" && npm pack --silent "$2" && tar -xzf ./*.tgz --strip-components=1 && rm ./*.tgz';
  return fetchedOnce(
    `node-${major}`,
    (dir) => void outside('sh', '-c', fetch, 'sh', dir, `node-linux-${process.arch}@${major}`),
  ).catch(() => undefined);
}
