/**
 * Plugins of docker's client as Debian 13 has them, and Debian 12's clients in Python: downloaded by apt with lists of
 * its own and unpacked into the cache, never installed.
 */
import { join } from 'node:path';
import { sh } from '../harness.ts';
import { fetchedOnce, outside } from '../outside.ts';

const FETCH = `
cd "$1"
mkdir -p lists/partial cache/archives/partial empty
echo "deb $2 $3 main" > sources.list
shift 3
OPTIONS="-qq -o APT::Sandbox::User=root -o Dir::State::Lists=$PWD/lists -o Dir::Cache=$PWD/cache \
  -o Dir::Etc::SourceList=$PWD/sources.list -o Dir::Etc::SourceParts=$PWD/empty"
apt-get $OPTIONS update
apt-get $OPTIONS download "$@"
for PACKAGE in ./*.deb; do dpkg-deb -x "$PACKAGE" .; done
rm -r ./*.deb lists cache sources.list empty`;

/** The machine's own mirror of Debian. */
const mirror = (): string =>
  sh('apt-get', 'indextargets', '--format', '$(SITE)', 'Created-By: Packages')
    .split('\n')
    .find((site) => /\/debian\/?$/.test(site)) ?? 'http://deb.debian.org/debian';

/** A directory with these packages of a release. Throws if they are neither in the cache nor available. */
export const packages = (name: string, release: string, list: readonly string[]): Promise<string> =>
  fetchedOnce(name, (into) => void outside('sh', '-ec', FETCH, 'sh', into, mirror(), release, ...list));

/** The path of the program. */
const plugin = async (name: string): Promise<string> =>
  join(await packages(name, 'trixie', [name]), 'usr/libexec/docker/cli-plugins', name);
export const composeClient = (): Promise<string> => plugin('docker-compose');
export const buildxClient = (): Promise<string> => plugin('docker-buildx');

/** docker-compose 1.29 and python3-docker, with what they require. */
const PYTHON = `docker-compose python3-attr python3-cached-property python3-certifi python3-chardet
  python3-charset-normalizer python3-distro python3-distutils python3-docker python3-dockerpty python3-docopt
  python3-dotenv python3-idna python3-jsonschema python3-lib2to3 python3-pkg-resources python3-pyrsistent
  python3-requests python3-six python3-texttable python3-urllib3 python3-websocket python3-yaml`.split(/\s+/);

export interface PythonClients {
  /** the path of docker-compose 1.29, a program for python3 */
  compose: string;
  env: { PYTHONPATH: string };
}

export async function pythonClients(): Promise<PythonClients> {
  const dir = await packages('python-clients', 'bookworm', PYTHON);
  const env = { PYTHONPATH: `${dir}/usr/lib/python3/dist-packages:${dir}/usr/lib/python3.11` };
  return { compose: join(dir, 'usr/bin/docker-compose'), env };
}
