/**
 * Plugins of docker's client as Debian 13 has them: downloaded by apt with lists of its own and unpacked into the
 * cache, never installed.
 */
import { join } from 'node:path';
import { sh } from '../harness.ts';
import { fetchedOnce, outside } from '../outside.ts';

const FETCH = `
cd "$1"
mkdir -p lists/partial cache/archives/partial empty
PACKAGE=$3
echo "deb $2 trixie main" > sources.list
set -- -qq -o APT::Sandbox::User=root -o Dir::State::Lists="$PWD/lists" -o Dir::Cache="$PWD/cache" \
  -o Dir::Etc::SourceList="$PWD/sources.list" -o Dir::Etc::SourceParts="$PWD/empty"
apt-get "$@" update
apt-get "$@" download "$PACKAGE"
dpkg-deb -x ./*.deb .
rm -r ./*.deb lists cache sources.list empty`;

/** The machine's own mirror of Debian. */
const mirror = (): string =>
  sh('apt-get', 'indextargets', '--format', '$(SITE)', 'Created-By: Packages')
    .split('\n')
    .find((site) => /\/debian\/?$/.test(site)) ?? 'http://deb.debian.org/debian';

/** The path of the program. Throws if it is neither in the cache nor available from the mirror. */
async function plugin(name: string): Promise<string> {
  const dir = await fetchedOnce(name, (into) => void outside('sh', '-ec', FETCH, 'sh', into, mirror(), name));
  return join(dir, 'usr/libexec/docker/cli-plugins', name);
}
export const composeClient = (): Promise<string> => plugin('docker-compose');
export const buildxClient = (): Promise<string> => plugin('docker-buildx');
