import * as assert from 'uvu/assert';
import { isOwnEtcFile, mountsOfUser, systemMount } from '../../runtime/oci/mounts.ts';
import { DEFAULT_SHM_SIZE, defaultMounts } from '../../runtime/oci/default-spec.ts';
import type { Mount, Spec } from '../../runtime/oci/spec.ts';
import { suite } from '../harness.ts';

const test = suite('whose mount is whose');
const DIR = '/lib/dd/containers/a';
const bind = (destination: string, source = '/host'): Mount => ({
  destination,
  type: 'bind',
  source,
  options: ['rbind'],
});
const tmpfs = (destination: string): Mount => ({ destination, type: 'tmpfs', source: 'tmpfs', options: [] });
const spec = (...mounts: Mount[]) => ({ mounts }) as unknown as Spec;
const etc = ['hosts', 'hostname', 'resolv.conf'].map((name) => bind(`/etc/${name}`, `${DIR}/${name}`));
const destinations = (mounts: Mount[]) => mounts.map((m) => m.destination);

test("the default mounts are all the kernel's own", () => {
  const s = spec(...defaultMounts(DEFAULT_SHM_SIZE), ...etc);
  for (const { destination } of defaultMounts(0)) assert.is(systemMount(s, destination)?.destination, destination);
  assert.equal([mountsOfUser(s, DIR, 'early'), mountsOfUser(s, DIR, 'late')], [[], []]);
});

test("a bind of the user takes the place of a mount of the kernel's, and is mounted as his", () => {
  const s = spec(bind('/dev/shm'), bind('/proc'));
  assert.equal([systemMount(s, '/dev/shm'), systemMount(s, '/proc')], [undefined, undefined]);
  assert.equal(destinations(mountsOfUser(s, DIR, 'late')).sort(), ['/dev/shm', '/proc']);
});

test("every mount of the user is mounted once: early on the image, late on the kernel's file systems", () => {
  const s = spec(
    bind('/data'),
    bind('/dev/snd'),
    bind('/proc/x'),
    bind('/sys'),
    bind('/devices'),
    bind('/process'),
    tmpfs('/dev/t'),
    tmpfs('/tmp'),
    bind('/system/proc'),
  );
  assert.equal(destinations(mountsOfUser(s, DIR, 'early')).sort(), [
    '/data',
    '/devices',
    '/process',
    '/system/proc',
    '/tmp',
  ]);
  assert.equal(destinations(mountsOfUser(s, DIR, 'late')).sort(), ['/dev/snd', '/dev/t', '/proc/x', '/sys']);
});

test('a shallow mount comes before one that lies on it, others keep their order', () => {
  assert.equal(destinations(mountsOfUser(spec(bind('/a/b/c'), bind('/z'), bind('/a'), bind('/a/b')), DIR, 'early')), [
    '/z',
    '/a',
    '/a/b',
    '/a/b/c',
  ]);
});

test("the three files of the network phase are the container's own, unless the user has his", () => {
  assert.equal(
    etc.map((m) => isOwnEtcFile(m, DIR)),
    [true, true, true],
  );
  assert.equal(
    [bind('/etc/hosts'), bind('/etc/hosts', `${DIR}2/hosts`), bind('/etc/passwd', `${DIR}/x`)].map((m) =>
      isOwnEtcFile(m, DIR),
    ),
    [false, false, false],
  );
  assert.equal(destinations(mountsOfUser(spec(bind('/etc/hosts')), DIR, 'early')), ['/etc/hosts']);
});

test.run();
